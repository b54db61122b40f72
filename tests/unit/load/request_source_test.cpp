#include "tools/load/request_source.hpp"

#include "protocol/coap/codec.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/request.hpp"

#include <gtest/gtest.h>

namespace tocsin::tools::load {

namespace {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

coap::message parsed(byte_view octets) {
  auto x = coap::parse(octets);
  EXPECT_TRUE(x);
  return x ? *x : coap::message{};
}

sig::mitigate_path path_of(const coap::message& x) {
  std::vector<std::string> texts;
  for (auto option : x.options)
    if (option.number == coap::option::uri_path)
      texts.emplace_back(option.text());
  std::vector<std::string_view> segments{texts.begin(), texts.end()};
  auto path = sig::parse_path(segments);
  EXPECT_TRUE(path);
  return path ? std::get<sig::mitigate_path>(*path) : sig::mitigate_path{};
}

bytes answer_of(coap::type type, coap::code code, std::uint8_t last) {
  coap::message x;
  x.type = type;
  x.code = code;
  x.token = coap::token{bytes{0, 0, 0, last}};
  bytes out;
  EXPECT_TRUE(coap::serialise(x, out));
  return out;
}

} // namespace

TEST(request_source, names_the_client_and_the_mitigation) {
  request_source uut{"x"};
  for (auto [kind, code] : {std::pair{request_kind::get, coap::code::get},
                            std::pair{request_kind::put, coap::code::put},
                            std::pair{request_kind::del, coap::code::del}}) {
    const auto x = parsed(uut.make({kind, 7, 1, 42}));
    EXPECT_EQ(x.code, code);
    EXPECT_EQ(x.type, coap::type::non);
    EXPECT_EQ(path_of(x).cuid, "x-7");
    EXPECT_EQ(path_of(x).mid, 42U);
  }
}

TEST(request_source, gives_each_mitigation_a_target_of_its_own) {
  request_source uut{"x"};
  const auto one = parsed(uut.make({request_kind::put, 0, 1, 1})).payload;
  const auto two = parsed(uut.make({request_kind::put, 0, 2, 2})).payload;
  EXPECT_NE(one, two);
}

TEST(request_source, observes_all_mitigations_of_a_client) {
  request_source uut{"x"};
  const auto octets = uut.observe(3);
  const auto x = parsed(octets);
  EXPECT_EQ(x.code, coap::code::get);
  EXPECT_EQ(x.options.find_uint(coap::option::observe), 0U);
  EXPECT_EQ(path_of(x).cuid, "x-3");
  EXPECT_FALSE(path_of(x).mid);
}

TEST(request_source, reads_the_number_of_an_answer) {
  const auto x =
      read_answer(answer_of(coap::type::non, coap::code::changed, 9));
  ASSERT_TRUE(x);
  EXPECT_EQ(x->number, 9U);
  EXPECT_EQ(x->code, coap::code::changed);
  EXPECT_FALSE(x->confirmable);
}

TEST(request_source, replies_to_requests_and_confirmable_answers_only) {
  const auto request = answer_of(coap::type::con, coap::code::put, 1);
  auto reply = reply_to(request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(parsed(*reply).type, coap::type::ack);
  EXPECT_EQ(parsed(*reply).code, coap::code::changed);
  reply = reply_to(answer_of(coap::type::con, coap::code::content, 1));
  ASSERT_TRUE(reply);
  EXPECT_EQ(parsed(*reply).code, coap::code::empty);
  EXPECT_FALSE(reply_to(answer_of(coap::type::non, coap::code::content, 1)));
  EXPECT_FALSE(reply_to(bytes{1, 2, 3}));
}

} // namespace tocsin::tools::load
