#include "transports/dns_query.hpp"

#include "transports/descriptor.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

namespace tocsin::transports {

namespace {

using protocol::signal::prefix;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* host = "dots.north.example";

prefix of(const char* text) {
  return *prefix::parse(text);
}

/// The answer to a question: `code`, and a record with these octets for each,
/// of the name that was asked for.
bytes answer_to(byte_view question, std::vector<bytes> records,
                std::uint8_t code = 0) {
  bytes out{question.begin(), question.end()};
  out[2] |= 0x80;
  out[3] = 0x80 | code;
  out[7] = static_cast<std::uint8_t>(records.size());
  auto type = out[out.size() - 3];
  for (const auto& data : records) {
    bytes head{0xC0, 12, 0, type, 0, 1,
               0,    0,  0, 60,   0, static_cast<std::uint8_t>(data.size())};
    out.insert(out.end(), head.begin(), head.end());
    out.insert(out.end(), data.begin(), data.end());
  }
  return out;
}

/// A DNS server on the loopback; what it says to a question is up to the test.
class fake_server {
public:
  using reply = std::function<std::vector<bytes>(byte_view)>;

  explicit fake_server(reply say) : say_{std::move(say)} {
    sockaddr_storage native{};
    auto size = socket_address::parse("127.0.0.1:0")->to_native(native);
    bind(socket_.get(), reinterpret_cast<sockaddr*>(&native), size);
    size = sizeof native;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&native), &size);
    at = socket_address::from_native(native);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~fake_server() {
    over_ = true;
    thread_.join();
  }

  socket_address at;
  std::atomic<int> questions = 0;

private:
  void serve() {
    while (!over_) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) != 1)
        continue;
      std::array<std::uint8_t, 512> in{};
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      auto got = ::recvfrom(socket_.get(), in.data(), in.size(), 0,
                            reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0)
        continue;
      ++questions;
      for (const auto& x : say_({in.data(), static_cast<std::size_t>(got)}))
        ::sendto(socket_.get(), x.data(), x.size(), 0,
                 reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  reply say_;
  descriptor socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

bool asks_for_ipv4(byte_view question) {
  return question[question.size() - 3] == 1;
}

std::vector<bytes> both_families(byte_view question) {
  bytes ipv6(16);
  ipv6[0] = 0x20, ipv6[1] = 0x01, ipv6[15] = 9;
  if (asks_for_ipv4(question))
    return {answer_to(question, {{192, 0, 2, 7}, {192, 0, 2, 8}})};
  return {answer_to(question, {ipv6})};
}

} // namespace

// MULTI-014
TEST(dns_query, a_name_is_asked_of_the_servers_that_are_told) {
  fake_server north{both_families};
  auto found = ask_name_servers({{north.at}, "lo"}, host);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_THAT(*found,
              UnorderedElementsAre(of("192.0.2.7/32"), of("192.0.2.8/32"),
                                   of("2001::9/128")));
  EXPECT_EQ(north.questions, 2);
}

// MULTI-014
TEST(dns_query, a_lookup_with_servers_does_not_ask_the_system) {
  fake_server north{both_families};
  std::promise<result<name_lookup::addresses>> heard;
  name_lookup uut{{{north.at}, {}}};
  uut.lookup("localhost", [&heard](auto x) { heard.set_value(std::move(x)); });
  auto found = heard.get_future().get();
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_THAT(*found,
              UnorderedElementsAre(of("192.0.2.7/32"), of("192.0.2.8/32"),
                                   of("2001::9/128")));
}

TEST(dns_query, the_next_server_is_asked_where_one_refuses) {
  fake_server bad{
      [](byte_view x) -> std::vector<bytes> { return {answer_to(x, {}, 5)}; }};
  fake_server good{both_families};
  auto found = ask_name_servers({{bad.at, good.at}, {}}, host);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->size(), 3u);
}

TEST(dns_query, a_name_that_does_not_exist_is_not_asked_for_again) {
  fake_server first{
      [](byte_view x) -> std::vector<bytes> { return {answer_to(x, {}, 3)}; }};
  fake_server second{both_families};
  auto found = ask_name_servers({{first.at, second.at}, {}}, host);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ec::not_found);
  EXPECT_EQ(second.questions, 0);
}

TEST(dns_query, answers_to_other_questions_do_not_count) {
  fake_server forged{[](byte_view x) -> std::vector<bytes> {
    auto other_id = answer_to(x, {{203, 0, 113, 1}});
    other_id[1] ^= 1;
    auto other_name = answer_to(x, {{203, 0, 113, 2}});
    other_name[13] ^= 1;
    auto out = both_families(x);
    out.insert(out.begin(), {bytes{1, 2, 3}, other_id, other_name,
                             bytes{x.begin(), x.end()}});
    return out;
  }};
  auto found = ask_name_servers({{forged.at}, {}}, host);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->size(), 3u);
}

TEST(dns_query, no_part_of_an_answer_is_read_as_another) {
  auto question = *make_dns_question(host, dns_type::a, 77);
  auto whole = answer_to(question, {{192, 0, 2, 7}});
  for (std::size_t n = 0; n < whole.size(); ++n) {
    auto read = read_dns_answer({whole.data(), n}, host, dns_type::a, 77);
    ASSERT_FALSE(read) << n;
    EXPECT_EQ(read.error().code, ec::malformed);
  }
  for (std::size_t n = 0; n < whole.size(); ++n) { // must not crash
    auto bent = whole;
    bent[n] ^= 0xFF;
    (void)read_dns_answer(bent, host, dns_type::a, 77);
  }
  EXPECT_TRUE(read_dns_answer(whole, host, dns_type::a, 77));
}

TEST(dns_query, records_of_another_kind_are_passed_over) {
  auto question = *make_dns_question(host, dns_type::a, 77);
  auto read =
      read_dns_answer(answer_to(question, {{1, 2, 3}}), host, dns_type::a, 77);
  ASSERT_TRUE(read);
  EXPECT_THAT(*read, IsEmpty());
}

TEST(dns_query, what_is_no_name_is_not_asked_for) {
  auto question = make_dns_question(std::string(300, 'x'), dns_type::a, 1);
  ASSERT_FALSE(question);
  EXPECT_EQ(question.error().code, ec::malformed);
}

} // namespace tocsin::transports
