#include "harness.hpp"

#include "protocol/coap/option_rules.hpp"

namespace tocsin::protocol::coap {

namespace {

struct option_case {
  option_number number;
  std::string_view value;
  coap::code verdict; ///< empty: accepted
};

coap::code verdict(message x) {
  const auto why = check_request(x);
  return why ? why->code : code::empty;
}

message with(option_number number, byte_view value) {
  auto x = request(type::con, 1);
  x.options.add(number, value);
  return x;
}

} // namespace

// COAP-040, COAP-041, COAP-043, COAP-045, COAP-046, COAP-047, COAP-053,
// COAP-083
TEST(coap_option_rules, each_option_of_a_put_gets_its_verdict) {
  const bytes long_value(256, 'a');
  const bytes nine(9, 1);
  const option_case cases[]{
      {option::if_match, "", code::empty},
      {option::if_match, "12345678", code::empty},
      {option::if_match, as_text(nine), code::bad_option},
      {option::uri_host, "dots.example", code::empty},
      {option::uri_host, "", code::bad_option},
      {option::uri_port, "ab", code::empty},
      {option::uri_port, "abc", code::bad_option},
      {option::if_none_match, "", code::empty},
      {option::if_none_match, "a", code::bad_option},
      {option::uri_path, "", code::empty},
      {option::uri_path, as_text(long_value), code::bad_option},
      {option::uri_path, "..", code::bad_option},
      {option::uri_path, "cuid=..", code::empty},
      {option::uri_query, "c=a", code::empty},
      {option::uri_query, "", code::empty},
      {option::accept, "\x01\x0f", code::empty},
      {option::accept, "abc", code::bad_option},
      {option::proxy_uri, "coap://x", code::proxying_not_supported},
      {option::proxy_scheme, "coap", code::proxying_not_supported},
      {option::block1, "", code::empty},
      {option::block1, "\x17", code::empty},
      {option::block1, "1234", code::bad_option},
      {option::block2, "\x01\x02\x0e", code::empty},
      {option::block2, "1234", code::bad_option},
      {option::observe, "\x01", code::empty},
      {option::size2, "", code::empty},
      {option::q_block1, "", code::bad_option},
      {option::q_block2, "", code::bad_option},
      {option::size1, "a", code::empty},
      {9, "", code::bad_option},
      {2000, "", code::empty},
      {2001, "", code::bad_option},
      {65535, "", code::bad_option},
  };
  for (const auto& x : cases)
    EXPECT_EQ(verdict(with(x.number, as_octets(x.value))), x.verdict)
        << x.number << " of " << x.value.size() << " octets";
}

// COAP-041
TEST(coap_option_rules, the_refusal_names_the_option) {
  auto unknown = with(2001, {});
  EXPECT_NE(check_request(unknown)->detail.find("2001"), std::string::npos);
}

// COAP-043
TEST(coap_option_rules, surplus_and_misshapen_elective_options_are_ignored) {
  auto x = request(type::con, 1);
  x.options.add_uint(option::content_format, dots_cbor);
  x.options.add_uint(option::content_format, 60);
  x.options.add(option::observe, "1234");
  x.options.add(option::max_age, "12345");
  EXPECT_FALSE(check_request(x));
  EXPECT_EQ(x.options.count(option::content_format), 1u);
  EXPECT_EQ(x.options.find_uint(option::content_format), dots_cbor);
  EXPECT_FALSE(x.options.contains(option::observe));
  EXPECT_FALSE(x.options.contains(option::max_age));
}

// COAP-043
TEST(coap_option_rules, a_second_critical_option_is_refused) {
  auto x = request(type::con, 1, code::get);
  x.options.add_uint(option::accept, dots_cbor);
  x.options.add_uint(option::accept, dots_cbor);
  EXPECT_EQ(verdict(x), code::bad_option);
}

// COAP-051, COAP-052
TEST(coap_option_rules, if_match_and_etag_may_be_repeated_in_requests) {
  auto x = request(type::con, 1, code::get);
  x.options.add(option::if_match, "a");
  x.options.add(option::if_match, "b");
  x.options.add(option::etag, "a");
  x.options.add(option::etag, "b");
  EXPECT_FALSE(check_request(x));
  EXPECT_EQ(x.options.count(option::etag), 2u);
}

// COAP-083
TEST(coap_option_rules, a_second_block_option_is_refused) {
  for (const auto number : {option::block1, option::block2}) {
    auto x = with(number, hex("06"));
    x.options.add(number, hex("06"));
    EXPECT_EQ(verdict(x), code::bad_option) << number;
  }
}

TEST(coap_option_rules, an_empty_q_block2_passes_in_a_greeting_only) {
  message greeting{type::con, code::get, 1, token{hex("01")}, {}, {}};
  greeting.options.add(option::q_block2);
  EXPECT_EQ(verdict(greeting), code::empty);
  auto non = greeting;
  non.type = type::non;
  EXPECT_EQ(verdict(non), code::bad_option);
  auto elsewhere = greeting;
  elsewhere.options.add(option::uri_path, "x");
  EXPECT_EQ(verdict(elsewhere), code::bad_option);
  message filled{type::con, code::get, 1, token{hex("01")}, {}, {}};
  filled.options.add(option::q_block2, "1");
  EXPECT_EQ(verdict(filled), code::bad_option);
}

// COAP-113, COAP-114
TEST(coap_option_rules, hop_limit_must_lie_between_1_and_255) {
  EXPECT_EQ(verdict(with(option::hop_limit, hex("10"))), code::empty);
  EXPECT_EQ(verdict(with(option::hop_limit, hex("ff"))), code::empty);
  EXPECT_EQ(verdict(with(option::hop_limit, hex("00"))), code::bad_request);
  EXPECT_EQ(verdict(with(option::hop_limit, {})), code::bad_request);
  EXPECT_EQ(verdict(with(option::hop_limit, hex("0100"))), code::bad_request);
}

// COAP-055
TEST(coap_option_rules, the_body_of_get_and_delete_is_ignored) {
  for (const auto method : {code::get, code::del, code::put, code::post}) {
    auto x = request(type::con, 1, method);
    x.payload = {1};
    EXPECT_FALSE(check_request(x));
    const auto kept = method == code::put || method == code::post;
    EXPECT_EQ(x.payload.size(), kept ? 1u : 0u);
  }
}

// COAP-056
TEST(coap_option_rules, unknown_methods_are_not_allowed) {
  for (const unsigned detail : {5u, 6u, 7u, 31u})
    EXPECT_EQ(verdict(request(type::con, 1, make_code(0, detail))),
              code::method_not_allowed);
}

// COAP-042, COAP-043, COAP-083
TEST(coap_option_rules, responses_are_rejected_for_critical_options_alone) {
  const auto accepted = [](option_number number, std::string_view value,
                           coap::code result = code::content) {
    message x{type::con, result, 1, token{hex("01")}, {}, {}};
    x.options.add(number, value);
    return check_response(x);
  };
  EXPECT_TRUE(accepted(2000, ""));
  EXPECT_FALSE(accepted(2001, ""));
  EXPECT_TRUE(accepted(option::max_age, "12345"));
  EXPECT_TRUE(accepted(option::uri_path, "mitigate"));
  EXPECT_TRUE(accepted(option::block2, "\x16"));
  EXPECT_FALSE(accepted(option::block2, "1234"));
  EXPECT_TRUE(accepted(option::block1, "\x0e", code::too_large));
  EXPECT_FALSE(accepted(option::q_block2, "\x0e"));
}

// COAP-051
TEST(coap_option_rules, a_response_has_one_etag_at_most) {
  message x{type::con, code::content, 1, token{hex("01")}, {}, {}};
  x.options.add(option::etag, "a");
  x.options.add(option::etag, "b");
  EXPECT_TRUE(check_response(x));
  EXPECT_EQ(x.options.count(option::etag), 1u);
}

} // namespace tocsin::protocol::coap
