#include "actors/heartbeat_requests.hpp"

#include "protocol/coap/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

namespace coap = protocol::coap;

const bytes seen{0xA1, 0x18, 0x31, 0xA1, 0x18, 0x33, 0xF5};
const bytes unseen{0xA1, 0x18, 0x31, 0xA1, 0x18, 0x33, 0xF4};

coap::message heartbeat(bytes payload) {
  coap::message x;
  x.code = coap::code::put;
  for (std::string_view segment : {".well-known", "dots", "hb"})
    x.options.add(coap::option::uri_path, segment);
  x.options.add_uint(coap::option::content_format, coap::dots_cbor);
  x.payload = std::move(payload);
  return x;
}

bytes content_of(const coap::message& x) {
  bytes out;
  EXPECT_TRUE(coap::serialise(x, out));
  out.erase(out.begin(), out.begin() + 4); // the header; there is no token
  return out;
}

coap::message with(coap::option_number number, std::uint64_t value) {
  auto x = heartbeat(seen);
  x.options.add_uint(number, value);
  return x;
}

} // namespace

// SIG-287, SIG-318
TEST(heartbeat_requests, tells_what_the_peer_hears_at_first_and_ever_after) {
  heartbeat_requests uut;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(uut.find(content_of(heartbeat(seen))), true);
    EXPECT_EQ(uut.find(content_of(heartbeat(unseen))), false);
    EXPECT_EQ(uut.find(content_of(with(coap::option::hop_limit, 16))), true);
  }
}

TEST(heartbeat_requests, knows_the_latest_of_ever_new_contents) {
  heartbeat_requests uut;
  for (std::uint64_t hops = 255; hops > 0; --hops)
    EXPECT_EQ(uut.find(content_of(with(coap::option::hop_limit, hops))), true);
  EXPECT_EQ(uut.find(content_of(heartbeat(unseen))), false);
}

// RFC 7252, Section 5.4.5: elective options in surplus are ignored.
TEST(heartbeat_requests, a_second_content_format_means_nothing) {
  heartbeat_requests uut;
  EXPECT_EQ(uut.find(content_of(with(coap::option::content_format, 0))), true);
  auto other = heartbeat(seen);
  other.options = {};
  for (std::string_view segment : {".well-known", "dots", "hb"})
    other.options.add(coap::option::uri_path, segment);
  other.options.add_uint(coap::option::content_format, 60);
  EXPECT_EQ(uut.find(content_of(other)), std::nullopt);
}

// COAP-049, SIG-025: what is to be refused, or is the business of a layer
// below, goes the long way.
TEST(heartbeat_requests, finds_nothing_in_what_needs_a_closer_look) {
  heartbeat_requests uut;
  EXPECT_EQ(uut.find({}), std::nullopt);
  for (auto number :
       {coap::option::accept, coap::option::block1, coap::option::block2,
        coap::option::observe, coap::option::if_match, coap::option::size1,
        coap::option::uri_query, coap::option::proxy_uri,
        coap::option_number{2049}, coap::option_number{2050}})
    EXPECT_EQ(uut.find(content_of(with(number, 1))), std::nullopt) << number;
  EXPECT_EQ(uut.find(content_of(with(coap::option::hop_limit, 0))),
            std::nullopt);
  auto other_path = heartbeat(seen);
  other_path.options.add(coap::option::uri_path, "more");
  EXPECT_EQ(uut.find(content_of(other_path)), std::nullopt);
  EXPECT_EQ(uut.find(content_of(heartbeat({}))), std::nullopt);
  EXPECT_EQ(uut.find(content_of(heartbeat({0xA1, 0x18, 0x31, 0xA0}))),
            std::nullopt);
  EXPECT_EQ(uut.find(content_of(heartbeat(bytes(100, 0x18)))), std::nullopt);
}

TEST(heartbeat_requests, finds_nothing_in_any_part_of_a_heartbeat) {
  heartbeat_requests uut;
  auto whole = content_of(heartbeat(seen));
  EXPECT_TRUE(uut.find(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(uut.find(byte_view{whole}.first(size)), std::nullopt) << size;
  for (auto& octet : whole) {
    octet ^= 0x20;
    (void)uut.find(whole); // whatever it is: no access beyond it
    octet ^= 0x20;
  }
  EXPECT_EQ(uut.find(whole), true);
}

} // namespace tocsin::actors
