// Messages that break the rules of RFC 7252, Sections 3 and 4, as datagrams,
// and of RFC 8323, Sections 3 and 5, as frames of a stream.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

/// Octets 2 and 3, the message id, are made anew each time.
struct message_case {
  std::string_view name;
  std::string_view datagram;
  outcome expected;
};

// Behind a header with a token of one octet: the path /x, which is not found.
constexpr message_case messages[]{
    // COAP-001: another version, or no header
    {"version 0", "0001 0000", silence},
    {"version 2", "8001 0000", silence},
    {"version 3", "c001 0000", silence},
    {"version 2 of a whole request", "9101 0000 61 b178", silence},
    {"one octet", "40", silence},
    {"two octets", "4001", silence},
    {"three octets", "400100", silence},
    // COAP-002: reserved token lengths
    {"CON with a token length of 9", "4901 0000 010203040506070809", reset},
    {"CON with a token length of 12", "4c01 0000 0102030405060708090a0b0c",
     reset},
    {"CON with a token length of 15",
     "4f01 0000 0102030405060708090a0b0c0d0e0f", reset},
    {"NON with a token length of 9", "5901 0000 010203040506070809", silence},
    {"NON with a token length of 15",
     "5f01 0000 0102030405060708090a0b0c0d0e0f", silence},
    {"a token that is cut off", "4401 0000 0102", reset},
    {"NON whose token is cut off", "5801 0000 0102", silence},
    // COAP-003: a marker without payload
    {"CON that ends in the payload marker", "4101 0000 61 b178 ff", reset},
    {"NON that ends in the payload marker", "5101 0000 61 b178 ff", silence},
    {"CON that is a payload marker", "4001 0000 ff", reset},
    // COAP-004: options
    {"option delta 15", "4101 0000 61 f178", reset},
    {"option length 15", "4101 0000 61 bf78", reset},
    {"NON with option delta 15", "5101 0000 61 f178", silence},
    {"NON with option length 15", "5101 0000 61 bf78", silence},
    {"an option whose extended delta is missing", "4101 0000 61 d0", reset},
    {"an option whose extended delta is cut off", "4101 0000 61 e0 00", reset},
    {"an option whose extended length is missing", "4101 0000 61 bd", reset},
    {"an option that is cut off", "4101 0000 61 b5 7878", reset},
    {"an option longer than the message", "4101 0000 61 be ffff 78", reset},
    {"option numbers beyond 65535", "4101 0000 61 e0 fff0 e0 fff0", reset},
    // COAP-006, COAP-016: empty messages that are not
    {"an empty CON with a token", "4100 0000 61", reset},
    {"an empty CON with an option", "4000 0000 b178", reset},
    {"an empty CON with a payload", "4000 0000 ff 78", reset},
    {"an empty CON with an octet behind", "4000 0000 00", reset},
    {"an empty NON", "5000 0000", silence},
    {"an empty NON with a token", "5100 0000 61", silence},
    // COAP-010: ping
    {"control: a CoAP ping", "4000 0000", reset},
    // COAP-009: ACK and RST are never answered
    {"an ACK of nothing", "6000 0000", silence},
    {"a RST of nothing", "7000 0000", silence},
    {"an ACK with a token only", "6100 0000 61", silence},
    {"a RST with a token", "7100 0000 61", silence},
    {"an ACK that is malformed", "6101 0000 61 f178", silence},
    {"a RST that is malformed", "7f01 0000 61", silence},
    {"a request in an ACK", "6101 0000 61 b178", silence},
    {"a request in a RST", "7101 0000 61 b178", silence},
    {"a response in a RST", "7145 0000 61", silence},
    // COAP-007, COAP-017: reserved classes
    {"CON of class 1", "4121 0000 61", reset},
    {"CON of class 3", "4161 0000 61", reset},
    {"CON of class 6", "41c1 0000 61", reset},
    {"CON of class 7, a CSM", "41e1 0000 61", reset},
    {"CON of class 7, a ping of streams", "41e2 0000 61", reset},
    {"NON of class 1", "5121 0000 61", silence},
    {"NON of class 3", "5161 0000 61", silence},
    {"NON of class 6", "51df 0000 61", silence},
    {"NON of class 7, an Abort", "51e5 0000 61", silence},
    {"an ACK of class 1", "6121 0000 61", silence},
    // COAP-039, COAP-078: responses out of the blue
    {"CON response nobody waits for", "4145 0000 61 ff 78", reset},
    {"NON response nobody waits for", "5145 0000 61 ff 78", reset},
    {"CON error nobody waits for", "4184 0000 61", reset},
    {"CON response without a token", "4045 0000", reset},
    {"ACK with a response nobody waits for", "6145 0000 61 ff 78", silence},
    {"a notification of nothing", "5145 0000 61 6101 ff 78", reset},
    {"CON 2.31 out of the blue", "415f 0000 61", reset},
    {"CON 5.31 out of the blue", "41bf 0000 61", reset},
};

/// An octet in front counts what follows the code and the token.
struct frame_case {
  std::string_view name;
  std::string_view frame;
  outcome expected;
  bool first = false; ///< before any CSM
};

constexpr auto pong = answered(coap::make_code(7, 3));

constexpr frame_case frames[]{
    // COAP-002, COAP-106: a format error ends the connection
    {"a frame with a token length of 9", "0901 010203040506070809", aborted},
    {"a frame with a token length of 15", "0f01 0102030405060708090a0b0c0d0e0f",
     aborted},
    // COAP-003
    {"a frame that ends in the payload marker", "3101 61 b178 ff", aborted},
    {"a frame that is a payload marker", "1001 ff", aborted},
    // COAP-004
    {"a frame with option delta 15", "2101 61 f178", aborted},
    {"a frame with option length 15", "2101 61 bf78", aborted},
    {"a frame whose option is cut off", "2101 61 b578", aborted},
    {"a frame whose extended delta is cut off", "1101 61 e0", aborted},
    {"a frame with option numbers beyond 65535", "6101 61 e0fff0 e0fff0",
     aborted},
    // COAP-099, COAP-101: longer than we said that we take
    {"a frame of 4 GiB", "f1 ffffffff 01 61", aborted},
    {"a frame of 16 MiB", "f0 00ffffff 01", aborted},
    // COAP-007: reserved classes
    {"a frame of class 1", "0121 61", aborted},
    {"a frame of class 3", "0161 61", aborted},
    {"a frame of class 6", "01c1 61", aborted},
    // COAP-104: keep-alive
    {"control: an empty frame", "0000", silence},
    {"an empty frame with a payload", "2000 ff78", silence},
    // COAP-102: signaling options that are critical and unknown
    {"a CSM with an unknown critical option", "20e1 91 78", aborted},
    {"a ping with an unknown critical option", "21e2 61 91 78", aborted},
    {"a Release with an unknown critical option", "20e4 91 78", aborted},
    {"control: a CSM with an unknown elective option", "20e1 81 78", silence},
    {"an unknown signal", "01e6 61", silence},
    {"a pong nobody waits for", "01e3 61", silence},
    // COAP-103
    {"control: a ping", "01e2 61", pong},
    {"control: a ping with Custody", "11e2 61 20", pong},
    // COAP-038: responses out of the blue
    {"a frame with a response nobody waits for", "2145 61 ff78", silence},
    {"a frame with an error nobody waits for", "0184 61", silence},
    // COAP-100: what is not a CSM comes first
    {"a request before the CSM", "2101 61 b178", aborted, true},
    {"a response before the CSM", "0145 61", aborted, true},
    {"a ping before the CSM", "01e2 61", aborted, true},
    {"a Release before the CSM", "00e4", aborted, true},
    {"a CSM with an unknown critical option, first", "20e1 91 78", aborted,
     true},
    {"octets of HTTP", "47455420 2f20 48545450 2f31 2e31 0d0a 0d0a", aborted,
     true},
};

/// The same request, Confirmable: the answer has to come in the ACK.
row confirmable(row x, std::string name) {
  x.type = coap::type::con;
  x.name = std::move(name);
  x.on_stream = skipped;
  return x;
}

} // namespace

void add_messages(table& to) {
  for (const auto& x : messages) {
    row one;
    one.name = x.name;
    one.raw_datagram = octets(x.datagram);
    one.on_datagram = x.expected;
    one.on_stream = skipped;
    to.push_back(one);
  }
  // SIG-225, COAP-008, COAP-036: refusals of Confirmable requests
  using coap::code;
  const auto add = [&to](std::string name, code method, std::string_view path,
                         bytes body, code expected) {
    to.push_back(confirmable(
        request({}, method, path, std::move(body), answered(expected)),
        std::move(name)));
  };
  add("CON of an unknown resource", code::get, "nonsense", {}, code::not_found);
  add("CON without cuid", code::get, "mitigate", {}, code::bad_request);
  add("CON with an unknown method", coap::make_code(0, 5), "hb", {},
      code::method_not_allowed);
  add("CON with a body that is no CBOR", code::put, unborn_path, octets("ff"),
      code::bad_request);
  add("CON heartbeat without a body", code::put, "hb", {}, code::bad_request);
  add("control: CON with a refresh", code::put, known_path, good_body(),
      code::changed);
  auto strange =
      request({}, code::get, client_path, {}, answered(code::bad_option));
  strange.options.add(coap::option_number{2049}, "x");
  to.push_back(confirmable(strange, "CON with an unknown critical option"));
}

void add_frames(table& to) {
  for (const auto& x : frames) {
    row one;
    one.name = x.name;
    one.raw_stream = octets(x.frame);
    one.on_datagram = skipped;
    one.on_stream = x.expected;
    one.instead_of_csm = x.first;
    to.push_back(one);
  }
  row many; // more than any request has
  many.name = "a frame of 300 options";
  many.raw_stream = octets("e1 001f 01 61" + times(300, "00")); // 269 + 31
  many.on_datagram = skipped;
  many.on_stream = aborted;
  to.push_back(many);
}

} // namespace tocsin::test::negative
