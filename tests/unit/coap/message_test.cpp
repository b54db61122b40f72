#include "harness.hpp"

namespace tocsin::protocol::coap {

TEST(coap_message, codes_are_written_with_class_and_two_digits) {
  EXPECT_EQ(code_string(code::not_found), "4.04");
  EXPECT_EQ(code_string(code::get), "0.01");
  EXPECT_EQ(code_string(make_code(7, 31)), "7.31");
}

TEST(coap_message, named_codes_have_the_octets_of_the_registry) {
  EXPECT_EQ(make_code(2, 1), code::created);
  EXPECT_EQ(make_code(2, 5), code::content);
  EXPECT_EQ(make_code(4, 13), code::too_large);
  EXPECT_EQ(make_code(4, 22), code::unprocessable);
  EXPECT_EQ(make_code(4, 29), code::too_many_requests);
  EXPECT_EQ(make_code(5, 8), code::hop_limit);
}

// COAP-058
TEST(coap_message, an_unknown_code_still_tells_its_class) {
  EXPECT_TRUE(is_success(make_code(2, 30)));
  EXPECT_FALSE(is_success(make_code(4, 30)));
  EXPECT_TRUE(is_response(make_code(5, 30)));
  EXPECT_FALSE(is_response(make_code(3, 0)));
  EXPECT_FALSE(is_response(make_code(7, 1)));
  EXPECT_FALSE(is_request(code::empty));
  EXPECT_TRUE(is_request(make_code(0, 31)));
}

TEST(coap_message, tokens_keep_their_length_and_cut_what_is_too_long) {
  const token zero{hex("00")};
  EXPECT_NE(zero, token{});
  EXPECT_EQ(zero.size(), 1u);
  EXPECT_EQ(token{hex("000102030405060708")}.size(), 8u);
  EXPECT_EQ(token{0x1122334455667788u}.key(), 0x1122334455667788u);
}

TEST(coap_message, options_are_ordered_and_equal_numbers_keep_their_order) {
  option_list x;
  x.add(option::uri_path, "a");
  x.add_uint(option::content_format, dots_cbor);
  x.add(option::uri_path, "b");
  x.add(option::if_match);
  std::string seen;
  for (const auto& each : x)
    seen += std::to_string(each.number) + std::string{each.text()} + ' ';
  EXPECT_EQ(seen, "1 11a 11b 12\x01\x0f ");
  EXPECT_EQ(x.count(option::uri_path), 2u);
  EXPECT_TRUE(x.contains(option::if_match));
  EXPECT_FALSE(x.contains(option::observe));
  x.erase(1);
  EXPECT_EQ(as_text(*x.find(option::uri_path)), "b");
}

// COAP-005
TEST(coap_message, numbers_take_the_fewest_octets_and_leading_zeros_are_read) {
  option_list x;
  x.add_uint(option::observe, 0);
  x.add_uint(option::content_format, 271);
  x.add_uint(option::max_age, 0xffffffff);
  EXPECT_EQ(x.find(option::observe)->size(), 0u);
  EXPECT_EQ(x.find(option::content_format)->size(), 2u);
  EXPECT_EQ(x.find_uint(option::max_age), 0xffffffffu);
  EXPECT_EQ(read_uint(hex("0000")), 0u);
  EXPECT_EQ(read_uint(hex("000000000000000000000110")), 0x110u);
  EXPECT_EQ(read_uint(hex("010000000000000000")), std::nullopt);
}

// COAP-044, COAP-050
TEST(coap_message, max_age_of_no_octets_is_zero_not_the_default) {
  option_list x;
  EXPECT_EQ(x.find_uint(option::max_age).value_or(default_max_age), 60u);
  x.add(option::max_age);
  EXPECT_EQ(x.find_uint(option::max_age).value_or(default_max_age), 0u);
}

} // namespace tocsin::protocol::coap
