#include "harness.hpp"

namespace tocsin::protocol::coap {

namespace {

ec parse_error(std::string_view text) {
  const auto x = parse(hex(text));
  return x ? ec::none : x.error().code;
}

bytes options_after_header(const option_list& options) {
  message x{type::non, code::put, 1, {}, options, {}};
  auto octets = wire(x);
  octets.erase(octets.begin(), octets.begin() + 4);
  return octets;
}

constexpr auto heartbeat =
    "54031235CAFEBABFBB2E77656C6C2D6B6E6F776E04646F747302686212010FFFA11831A1"
    "1833F5";

} // namespace

// COAP-001, COAP-004, COAP-045, COAP-048
TEST(coap_codec, the_reference_heartbeat_is_written_octet_by_octet) {
  auto x = request(type::non, 0x1235);
  x.options.add_uint(option::content_format, dots_cbor);
  x.payload = hex("A11831A11833F5");
  EXPECT_EQ(wire(x), hex(heartbeat));
  EXPECT_EQ(wire(x).size(), 39u);
}

TEST(coap_codec, the_reference_heartbeat_is_read) {
  const auto x = parse(hex(heartbeat));
  ASSERT_TRUE(x);
  EXPECT_EQ(x->type, type::non);
  EXPECT_EQ(x->code, code::put);
  EXPECT_EQ(x->mid, 0x1235);
  EXPECT_EQ(x->token, token{hex("cafebabf")});
  EXPECT_EQ(x->options.size(), 4u);
  EXPECT_EQ(x->options[2].text(), "hb");
  EXPECT_EQ(x->options.find_uint(option::content_format), dots_cbor);
  EXPECT_EQ(x->payload, hex("A11831A11833F5"));
}

TEST(coap_codec, the_reference_mitigation_options_are_written) {
  option_list x;
  x.add(option::uri_path, ".well-known");
  x.add(option::uri_path, "dots");
  x.add(option::uri_path, "mitigate");
  x.add(option::uri_path, "cuid=dz6pHjaADkaFTbjr0JGBpw");
  x.add(option::uri_path, "mid=123");
  x.add_uint(option::content_format, 271);
  EXPECT_EQ(options_after_header(x),
            hex("BB 2E77656C6C2D6B6E6F776E 04 646F7473 08 6D69746967617465 "
                "0D 0E 637569643D647A3670486A6141446B614654626A72304A47427077 "
                "07 6D69643D313233 12 01 0F"));
}

// COAP-005, COAP-066
TEST(coap_codec, observe_if_match_and_hop_limit_are_written_as_in_the_table) {
  option_list observe;
  observe.add(option::uri_path, ".well-known");
  observe.add_uint(option::observe, 0);
  EXPECT_EQ(options_after_header(observe), hex("60 5B 2E77656C6C2D6B6E6F776E"));
  option_list cancel;
  cancel.add_uint(option::observe, 1);
  cancel.add(option::uri_path, ".well-known");
  EXPECT_EQ(options_after_header(cancel),
            hex("61 01 5B 2E77656C6C2D6B6E6F776E"));
  option_list update;
  update.add(option::if_match);
  update.add(option::uri_path, ".well-known");
  EXPECT_EQ(options_after_header(update), hex("10 AB 2E77656C6C2D6B6E6F776E"));
  option_list hops;
  hops.add_uint(option::content_format, dots_cbor);
  hops.add_uint(option::hop_limit, 16);
  EXPECT_EQ(options_after_header(hops), hex("C2 01 0F 41 10"));
}

// COAP-004
TEST(coap_codec, long_deltas_and_lengths_survive_the_round_trip) {
  message x{type::con, code::get, 0xffff, token{hex("0102030405060708")},
            {},        {}};
  for (const auto length : {0, 12, 13, 268, 269, 1034})
    x.options.add(option::uri_path, bytes(static_cast<std::size_t>(length), 7));
  for (const auto number : {12, 13, 24, 268, 281, 282, 551, 65535})
    x.options.add(static_cast<option_number>(number), "v");
  x.payload = {0xff, 0xff};
  const auto y = parse(wire(x));
  ASSERT_TRUE(y);
  EXPECT_EQ(*y, x);
}

// COAP-001
TEST(coap_codec, another_version_is_told_apart_from_a_broken_message) {
  EXPECT_EQ(parse_error("80010001"), ec::unsupported);
  EXPECT_EQ(parse_error("400100"), ec::truncated);
  EXPECT_EQ(parse_error(""), ec::truncated);
  EXPECT_EQ(peek_header(hex("80010001"))->version, 2);
  EXPECT_FALSE(peek_header(hex("400100")));
}

// COAP-002, COAP-003, COAP-004, COAP-006
TEST(coap_codec, breaks_of_the_grammar_are_malformed) {
  for (const auto* text : {
           "49010001 000000000000000000", // token of 9 octets
           "4F010001 00",                 // token of 15 octets
           "44010001 000000",             // token cut short
           "40010001 FF",                 // marker without payload
           "40010001 B161 FF",            // the same after an option
           "40010001 F0",                 // delta 15
           "40010001 F1FF",               // delta 15
           "40010001 1F",                 // length 15
           "40010001 B3616263 13",        // value cut short
           "40010001 D0",                 // extended delta missing
           "40010001 E000",               // extended delta cut short
           "40010001 0D",                 // extended length missing
           "40010001 0E00",               // extended length cut short
           "40010001 E0FFFF",             // option number above 65535
           "40010001 E0FEFF",             // the same, just about
           "40010001 E0FEF2 10",          // 65535 and one more
           "40000001 00",                 // empty message with an option
           "41000001 00",                 // empty message with a token
           "40000001 FF00",               // empty message with a payload
       })
    EXPECT_EQ(parse_error(text), ec::malformed) << text;
}

TEST(coap_codec, the_largest_option_number_is_read) {
  const auto x = parse(hex("40010001 E0FEF2"));
  ASSERT_TRUE(x);
  EXPECT_EQ(x->options[0].number, 65535);
}

// COAP-043: libcoap's whole-message parser would refuse these.
TEST(coap_codec, options_of_wrong_length_are_well_formed) {
  for (const auto* text : {"40010001 C3000000", "40010001 49010203040506070809",
                           "40010001 5101", "40010001 D203 0101"})
    EXPECT_EQ(parse_error(text), ec::none) << text;
}

// COAP-025
TEST(coap_codec, messages_beyond_a_record_are_refused) {
  auto x = request(type::non, 1);
  x.payload.assign(max_datagram_size, 0);
  const auto y = parse(wire(x));
  ASSERT_FALSE(y);
  EXPECT_EQ(y.error().code, ec::too_large);
}

TEST(coap_codec, what_the_format_cannot_express_is_not_written) {
  bytes out = hex("aa");
  message x{type::con, code::empty, 1, {}, {}, {1}};
  EXPECT_FALSE(serialise(x, out));
  message y{type::con, code::get, 1, {}, {}, {}};
  y.options.add(option::uri_path, bytes(65535 + 270, 0));
  EXPECT_FALSE(serialise(y, out));
  EXPECT_EQ(out, hex("aa"));
}

TEST(coap_codec, serialising_appends_and_empty_messages_have_four_octets) {
  bytes out = hex("aa");
  serialise_empty(type::rst, 0x1234, out);
  EXPECT_EQ(out, hex("aa70001234"));
  set_mid(std::span{out}.subspan(1), 0xbeef);
  EXPECT_EQ(out, hex("aa7000beef"));
}

} // namespace tocsin::protocol::coap
