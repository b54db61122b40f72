// Bodies of mitigate which are no CBOR, or not the CBOR of RFC 9132, Section 6.
#include "tests/negative/octets.hpp"

#include <array>

namespace tocsin::test::negative {

namespace {

constexpr auto bad_request = coap::code::bad_request;

struct body_case {
  std::string_view name;
  std::string_view body;
  coap::code expected = bad_request;
};

// SIG-399, SIG-119, SIG-311: whole bodies
constexpr body_case bodies[]{
    {"an unsigned integer", "00"},
    {"a negative integer", "20"},
    {"text", "'hello'"},
    {"an octet string", "4101"},
    {"an array", "80"},
    {"null", "f6"},
    {"a boolean", "f5"},
    {"a break alone", "ff"},
    {"a reserved initial octet", "1c"},
    {"JSON", "7b2269657466223a7b7d7d"},
    {"an empty map", "a0"},
    {"two empty maps", "a0a0"},
    {"a map of a map", "a101a0"},
    {"a scope that is a map", "a101 a102 a0"},
    {"a scope that is a number", "a101 a102 01"},
    {"an empty scope", "a101 a102 80"},
    {"an empty entry", "a101 a102 81 a0"},
    {"an entry that is an array", "a101 a102 81 80"},
    {"an entry that is a number", "a101 a102 81 01"},
    {"two empty entries", "a101 a102 82 a0 a0"},
    {"mitigation-scope that is an array", "a101 80"},
    {"mitigation-scope that is text", "a101 'x'"},
    {"another message, a heartbeat", "a11831 a11833 f5"},
    {"another message, a configuration", "a1181e a11820 a11821 a11824 181e"},
    {"another message, a redirect", "a1182e a1182f 'a.example'"},
    {"scope without mitigation-scope", "a102 81 a2 06 81 '192.0.2.80/32' 0e01"},
    // SIG-382, SIG-383: tags
    {"a tag that is not 271", "d90110 a101 a102 81 a0"},
    {"tag 271 twice", "d9010f d9010f a101 a102 81 a0"},
    {"tag 271 and nothing behind", "d9010f"},
    {"tag 271 before a number", "d9010f 00"},
    {"tag 271 within", "a101 d9010f a102 81 a0"},
    // SIG-384: keys
    {"a text key at the top",
     "a1 'ietf-dots-signal-channel:mitigation-scope' a0"},
    {"a negative key at the top", "a1 20 a0"},
    {"an octet string as key", "a1 4101 a0"},
    {"a boolean as key", "a1 f5 a0"},
    {"a float as key", "a1 f93c00 a0"},
    {"an array as key", "a1 8101 a0"},
    {"key 0 at the top", "a1 00 a0"},
    {"key 65536 at the top", "a1 1a00010000 a0"},
    {"key of 64 bits at the top", "a1 1bffffffffffffffff a0"},
    // SIG-321, SIG-385: required keys that nobody knows
    {"key 54 at the top", "a1 1836 a0"},
    {"key 127 at the top", "a1 187f a0"},
    {"key 256 at the top", "a1 190100 a0"},
    {"key 16383 at the top", "a1 193fff a0"},
    {"only a key that may be skipped", "a1 1880 a0"},
    // huge claims: each item takes an octet, so none can be true
    {"an array of 2^32 elements", "a101 a102 9a ffffffff"},
    {"an array of 2^64 elements", "a101 a102 9b ffffffffffffffff"},
    {"a map of 2^32 pairs", "ba ffffffff"},
    {"a map of 2^63 pairs", "bb 8000000000000000"},
    {"a text of 2^32 octets", "a101 a102 81 a1 06 81 7a ffffffff 78"},
    {"a text of 2^64 octets", "a101 a102 81 a1 06 81 7b ffffffffffffffff 78"},
    {"an octet string of 2^64 octets", "5b ffffffffffffffff 00"},
    {"a skipped array of 2^64 elements", "a1 1880 9b ffffffffffffffff 00"},
    {"a skipped map of 2^63 pairs", "a1 1880 bb 8000000000000000 00"},
    // indefinite lengths that do not end, or not well
    {"an indefinite map without end", "bf01"},
    {"an indefinite map with half a pair", "bf01ff"},
    {"an indefinite array without end", "a101 a102 9f a0"},
    {"an indefinite text without end", "a101 a102 81 a1 06 81 7f 6131"},
    {"an indefinite text of octet strings", "a101 a102 81 a1 06 81 7f 4131 ff"},
    {"indefinite within indefinite text",
     "a101 a102 81 a1 06 81 7f 7f 6131 ff ff"},
    {"a break in a definite array", "a101 a102 82 a0 ff"},
    {"a break in a definite map", "a2 01 a0 ff"},
    {"a break as value", "bf 01 ff"},
};

// Pairs of the one entry.
constexpr body_case entries[]{
    // a key twice, wherever it stands
    {"a key twice", "06 81 '192.0.2.80/32'; 0e 01; 0e 01"},
    {"target-prefix twice",
     "06 81 '192.0.2.80/32'; 06 81 '192.0.2.80/32'; 0e 01"},
    {"lower-port twice", "06 81 '192.0.2.80/32'; 0e 01; 07 81 a2 0801 0801"},
    {"a skipped key twice", "06 81 '192.0.2.80/32'; 0e 01; 18c801; 18c801"},
    // SIG-384, SIG-321, SIG-385: keys within
    {"key 0 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 0001"},
    {"a negative key in an entry", "06 81 '192.0.2.80/32'; 0e 01; 2001"},
    {"a text key in an entry", "06 81 '192.0.2.80/32'; 0e 01; 'mid' 01"},
    {"key 65536 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 1a00010000 01"},
    {"key 54 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 183601"},
    {"key 127 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 187f01"},
    {"key 256 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 19010001"},
    {"key 16383 in an entry", "06 81 '192.0.2.80/32'; 0e 01; 193fff01"},
    {"key 54 in a port range",
     "06 81 '192.0.2.80/32'; 0e 01; 07 81 a2 0801 183601"},
    {"an unknown key before an unknown value",
     "06 81 '192.0.2.80/32'; 0e 01; 1836 1c"},
    {"a skipped value that is no CBOR",
     "06 81 '192.0.2.80/32'; 0e 01; 18c8 1c"},
    {"a skipped text that is no UTF-8",
     "06 81 '192.0.2.80/32'; 0e 01; 18c8 61ff"},
    // FILT-036, FILT-015, FILT-017, FILT-014: filter control
    {"filter control without a data channel",
     "06 81 '192.0.2.80/32'; 0e 01; 1835 81 a2 17 'acl' 183402"},
    {"filter control without a name",
     "06 81 '192.0.2.80/32'; 0e 01; 1835 81 a1 183402"},
    {"filter control with an activation-type of 4",
     "06 81 '192.0.2.80/32'; 0e 01; 1835 81 a2 17 'acl' 183404"},
    {"filter control twice for one name",
     "06 81 '192.0.2.80/32'; 0e 01; 1835 82 a1 17 'acl' a1 17 'acl'"},
    {"the acl-list of a conflict in an entry",
     "06 81 '192.0.2.80/32'; 0e 01; 16 81 a1 17 'acl'"},
    // SIG-311, SIG-314: known keys where they do not belong
    {"heartbeat within an entry", "06 81 '192.0.2.80/32'; 0e 01; 1831 a0"},
    {"mitigation-scope within an entry", "06 81 '192.0.2.80/32'; 0e 01; 01 a0"},
    {"lower-port within an entry", "06 81 '192.0.2.80/32'; 0e 01; 08 01"},
    {"peer-hb-status within an entry", "06 81 '192.0.2.80/32'; 0e 01; 1833 f5"},
    {"lifetime within a port range",
     "06 81 '192.0.2.80/32'; 0e 01; 07 81 a2 0801 0e01"},
    // text
    {"text that is no UTF-8", "06 81 63c328ff; 0e 01"},
    {"text with a NUL", "06 81 6f3139322e302e322e38302f333200; 0e 01"},
    {"an overlong encoding", "06 81 62c0af; 0e 01"},
    {"a surrogate", "0d 81 63eda080; 0e 01"},
};

/// A body of the entry behind `known_path`, with a pair that may be skipped.
row skipping(std::string name, std::string pair) {
  return request(
      "control: " + std::move(name), coap::code::put, known_path,
      entry("06 81 '192.0.2.80/32'; 0a 81 11; 0e 19 0e10; " + std::move(pair)),
      answered(coap::code::changed));
}

void add_controls(table& to) {
  // SIG-120, SIG-022, SIG-385: what may be skipped, is
  to.push_back(skipping("key 128", "1880 01"));
  to.push_back(skipping("key 255", "18ff 01"));
  to.push_back(skipping("key 16384", "194000 01"));
  to.push_back(skipping("key 49152", "19c000 01"));
  to.push_back(skipping("key 65535", "19ffff 01"));
  to.push_back(skipping("a skipped map", "18c8 a2 01 80 'x' f6"));
  to.push_back(skipping("a skipped float", "18c8 fb 3ff0000000000000"));
  to.push_back(skipping("a skipped tag", "18c8 c1 1a 00000000"));
  to.push_back(skipping("a skipped indefinite array", "18c8 9f 01 02 ff"));
  // SIG-382
  auto tagged = octets("d9010f");
  const auto good = good_body();
  tagged.insert(tagged.end(), good.begin(), good.end());
  to.push_back(request("control: tag 271 in front", coap::code::put, known_path,
                       tagged, answered(coap::code::changed)));
  // RFC 8949: indefinite lengths and long forms mean the same
  to.push_back(request(
      "control: indefinite lengths", coap::code::put, known_path,
      octets("bf 01 bf 02 9f bf 06 9f 7f 67 3139322e302e32 66 2e38302f3332 ff"
             "ff 0a 9f 11 ff 0e 190e10 ff ff ff ff"),
      answered(coap::code::changed)));
  to.push_back(request("control: numbers longer than they need be",
                       coap::code::put, known_path,
                       octets("a1 1801 a1 190002 9a00000001 b8 03 1806 81"
                              "'192.0.2.80/32' 0a 81 1811 0e 1a 00000e10"),
                       answered(coap::code::changed)));
}

/// Nested one in another, as deep as a datagram allows, and never ended.
void add_bombs(table& to) {
  struct bomb {
    std::string_view name;
    std::string_view opening;
  };
  constexpr std::array bombs{
      bomb{"arrays", "81"}, bomb{"maps", "a101"}, bomb{"tags", "c1"},
      bomb{"indefinite arrays", "9f"}, bomb{"indefinite maps", "bf01"}};
  for (const auto& x : bombs) {
    const auto deep = times(400, x.opening);
    to.push_back(request("400 nested " + std::string{x.name}, coap::code::put,
                         unborn_path, octets(deep + "00"),
                         answered(bad_request)));
    // What may be skipped is no error; that it is too deep is a limit of ours.
    constexpr auto too_large = coap::code::too_large;
    to.push_back(request("400 skipped nested " + std::string{x.name},
                         coap::code::put, unborn_path,
                         octets("a1 1880" + deep + "00"), answered(too_large)));
    to.push_back(request(
        "400 nested " + std::string{x.name} + " in an entry", coap::code::put,
        unborn_path, entry("06 81 '192.0.2.80/32'; 0e 01; 18c8" + deep + "00"),
        answered(too_large)));
  }
}

} // namespace

void add_cbor(table& to) {
  for (const auto& x : bodies)
    to.push_back(request("body: " + std::string{x.name}, coap::code::put,
                         unborn_path, octets(x.body), answered(x.expected)));
  for (const auto& x : entries)
    to.push_back(request("entry: " + std::string{x.name}, coap::code::put,
                         unborn_path, entry(x.body), answered(x.expected)));
  auto none = request("no body", coap::code::put, unborn_path, {},
                      answered(bad_request));
  none.options = path_options(unborn_path);
  to.push_back(none);
  // cut off behind each octet, and with one too many
  const auto good = good_body();
  for (std::size_t size = 1; size < good.size(); ++size)
    to.push_back(request(
        "cut off behind octet " + std::to_string(size), coap::code::put,
        unborn_path,
        {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)},
        answered(bad_request)));
  auto more = good;
  more.push_back(0);
  to.push_back(request("an octet behind the end", coap::code::put, unborn_path,
                       more, answered(bad_request)));
  add_bombs(to);
  add_controls(to);
}

} // namespace tocsin::test::negative
