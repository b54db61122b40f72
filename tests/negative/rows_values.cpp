// Values that no request may have: out of range, empty, special, malformed.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

struct value_case {
  std::string_view name;
  std::string_view pairs;
  coap::code expected = coap::code::bad_request;
};

constexpr value_case cases[]{
    // SIG-074: no target
    {"no target at all", "0e 01"},
    {"protocols are no target", "0a 81 11; 0e 01"},
    {"ports are no target", "07 81 a1 081850; 0e 01"},
    {"ports and protocols are no target", "07 81 a1 081850; 0a 81 11; 0e 01"},
    // SIG-088, SIG-090, SIG-121, SIG-317: lifetime
    {"no lifetime", "06 81 '192.0.2.80/32'"},
    {"lifetime 0", "06 81 '192.0.2.80/32'; 0e 00"},
    {"lifetime -2", "06 81 '192.0.2.80/32'; 0e 21"},
    {"lifetime of -2^64", "06 81 '192.0.2.80/32'; 0e 3b ffffffffffffffff"},
    {"lifetime of 2^32", "06 81 '192.0.2.80/32'; 0e 1b 0000000100000000"},
    {"lifetime of 2^64 - 1", "06 81 '192.0.2.80/32'; 0e 1b ffffffffffffffff"},
    {"lifetime as a bignum", "06 81 '192.0.2.80/32'; 0e c2 41 01"},
    // SIG-075: empty values
    {"an empty list of prefixes", "06 80; 0e 01"},
    {"an empty prefix", "06 81 ''; 0e 01"},
    {"an empty prefix behind a good one", "06 82 '192.0.2.80/32' ''; 0e 01"},
    {"an empty list of ports", "06 81 '192.0.2.80/32'; 07 80; 0e 01"},
    {"an empty port range", "06 81 '192.0.2.80/32'; 07 81 a0; 0e 01"},
    {"an empty list of protocols", "06 81 '192.0.2.80/32'; 0a 80; 0e 01"},
    {"an empty list of names", "0b 80; 0e 01"},
    {"an empty name", "0b 81 ''; 0e 01"},
    {"an empty list of URIs", "0c 80; 0e 01"},
    {"an empty URI", "0c 81 ''; 0e 01"},
    {"an empty list of aliases", "0d 80; 0e 01"},
    {"an empty alias", "0d 81 ''; 0e 01"},
    {"a good prefix and an empty list of names",
     "06 81 '192.0.2.80/32'; 0b 80; 0e 01"},
    // SIG-076: the form of prefixes
    {"a prefix length of 33", "06 81 '192.0.2.0/33'; 0e 01"},
    {"a prefix length of 129", "06 81 '2001:db8::/129'; 0e 01"},
    {"a prefix length of 4294967296", "06 81 '192.0.2.0/4294967296'; 0e 01"},
    {"a negative prefix length", "06 81 '192.0.2.0/-1'; 0e 01"},
    {"no prefix length behind the slash", "06 81 '192.0.2.0/'; 0e 01"},
    {"two prefix lengths", "06 81 '192.0.2.0/24/24'; 0e 01"},
    {"a netmask", "06 81 '192.0.2.0/255.255.255.0'; 0e 01"},
    {"three octets of an address", "06 81 '192.0.2/24'; 0e 01"},
    {"five octets of an address", "06 81 '192.0.2.0.0/24'; 0e 01"},
    {"an octet of 256", "06 81 '192.0.2.256/32'; 0e 01"},
    {"an octet with leading zeros", "06 81 '192.0.02.80/32'; 0e 01"},
    {"an octet in hexadecimal", "06 81 '192.0.0x2.80/32'; 0e 01"},
    {"an address with a blank", "06 81 ' 192.0.2.80/32'; 0e 01"},
    {"an address with a zone", "06 81 'fe80::1%eth0/128'; 0e 01"},
    {"two double colons", "06 81 '2001::db8::1/128'; 0e 01"},
    {"nine groups of an address", "06 81 '1:2:3:4:5:6:7:8:9/128'; 0e 01"},
    {"a group of five digits", "06 81 '2001:0db80::/32'; 0e 01"},
    {"a name among the prefixes", "06 81 'www.example.com'; 0e 01"},
    {"a prefix of 65 octets",
     "06 81 '0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:/32'"
     "; 0e 01"},
    // SIG-077: addresses that cannot be protected
    {"loopback", "06 81 '127.0.0.1/32'; 0e 01"},
    {"all of loopback", "06 81 '127.0.0.0/8'; 0e 01"},
    {"loopback of IPv6", "06 81 '::1/128'; 0e 01"},
    {"multicast", "06 81 '224.0.0.1/32'; 0e 01"},
    {"the last of multicast", "06 81 '239.255.255.255/32'; 0e 01"},
    {"multicast of IPv6", "06 81 'ff02::1/128'; 0e 01"},
    {"all of multicast of IPv6", "06 81 'ff00::/8'; 0e 01"},
    {"broadcast", "06 81 '255.255.255.255/32'; 0e 01"},
    {"unspecified", "06 81 '0.0.0.0/32'; 0e 01"},
    {"unspecified of IPv6", "06 81 '::/128'; 0e 01"},
    {"everything", "06 81 '0.0.0.0/0'; 0e 01"},
    {"everything of IPv6", "06 81 '::/0'; 0e 01"},
    {"half of everything, with loopback", "06 81 '0.0.0.0/1'; 0e 01"},
    {"loopback behind a good prefix",
     "06 82 '192.0.2.80/32' '127.0.0.1/32'; 0e 01"},
    {"loopback as IPv4 in IPv6", "06 81 '::ffff:127.0.0.1/128'; 0e 01"},
    // SIG-079: ports
    {"upper-port below lower-port",
     "06 81 '192.0.2.80/32'; 07 81 a2 081850 0901; 0e 01"},
    {"no lower-port", "06 81 '192.0.2.80/32'; 07 81 a1 091850; 0e 01"},
    {"the same lower-port twice",
     "06 81 '192.0.2.80/32'; 07 82 a1 081850 a1 081850; 0e 01"},
    {"the same lower-port with another upper-port",
     "06 81 '192.0.2.80/32'; 07 82 a1 081850 a2 081850 091851; 0e 01"},
    {"lower-port 65536",
     "06 81 '192.0.2.80/32'; 07 81 a1 08 1a00010000; 0e 01"},
    {"upper-port 65536",
     "06 81 '192.0.2.80/32'; 07 81 a2 0801 09 1a00010000; 0e 01"},
    {"a negative port", "06 81 '192.0.2.80/32'; 07 81 a1 08 20; 0e 01"},
    // SIG-080: protocols
    {"protocol 256", "06 81 '192.0.2.80/32'; 0a 81 190100; 0e 01"},
    {"protocol 2^64 - 1",
     "06 81 '192.0.2.80/32'; 0a 81 1bffffffffffffffff; 0e 01"},
    {"a negative protocol", "06 81 '192.0.2.80/32'; 0a 81 20; 0e 01"},
    {"protocol 256 behind a good one",
     "06 81 '192.0.2.80/32'; 0a 82 11 190100; 0e 01"},
    // SIG-081: names
    {"a name with a blank", "0b 81 'www example.com'; 0e 01"},
    {"a name with an empty label", "0b 81 'www..example.com'; 0e 01"},
    {"a name that begins with a dot", "0b 81 '.example.com'; 0e 01"},
    {"a name with a hyphen in front", "0b 81 '-www.example.com'; 0e 01"},
    {"a wildcard", "0b 81 '*.example.com'; 0e 01"},
    {"a name with a slash", "0b 81 'www.example.com/x'; 0e 01"},
    {"an address as name", "0b 81 '192.0.2.80'; 0e 01"},
    {"an address of IPv6 as name", "0b 81 '2001:db8::1'; 0e 01"},
    {"a name that ends in a number", "0b 81 'www.example.1'; 0e 01"},
    {"a dot alone", "0b 81 '.'; 0e 01"},
    {"a label of 64 letters",
     "0b 81 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com'; 0e 01"},
    // SIG-084, SIG-085: URIs
    {"a URI without scheme", "0c 81 'www.example.com/'; 0e 01"},
    {"a URI without host", "0c 81 'https:///x'; 0e 01"},
    {"a URI of a path", "0c 81 'https:/x'; 0e 01"},
    {"a URI without colon", "0c 81 'https'; 0e 01"},
    {"a URI with a blank", "0c 81 'https://www.example.com/a b'; 0e 01"},
    {"a URI with a broken escape",
     "0c 81 'https://www.example.com/%zz'; 0e 01"},
    {"a URI with a port that is text",
     "0c 81 'https://www.example.com:x/'; 0e 01"},
    {"a URI with port 0", "0c 81 'https://www.example.com:0/'; 0e 01"},
    {"a URI with port 65536", "0c 81 'https://www.example.com:65536/'; 0e 01"},
    {"a URI of loopback", "0c 81 'https://127.0.0.1/'; 0e 01"},
    {"a URI of loopback of IPv6", "0c 81 'https://[::1]/'; 0e 01"},
    {"a URI with an unfinished address",
     "0c 81 'https://[2001:db8::1/'; 0e 01"},
    {"a URI of an unknown scheme without port",
     "0c 81 'foo://www.example.com/'; 0e 01"},
    {"a URI with two fragments", "0c 81 'https://www.example.com/#a#b'; 0e 01"},
    // SIG-112: an alias that nobody made
    {"an unknown alias", "0d 81 'nobody'; 0e 01"},
    {"an unknown alias beside a good prefix",
     "06 81 '192.0.2.80/32'; 0d 81 'nobody'; 0e 01"},
    // SIG-070, SIG-071, SIG-312, SIG-315: not in the body of a request
    {"cdid in the body", "06 81 '192.0.2.80/32'; 0e 01; 03 'x'"},
    {"cuid in the body", "06 81 '192.0.2.80/32'; 0e 01; 04 'neg'"},
    {"mid in the body", "06 81 '192.0.2.80/32'; 0e 01; 05 1901f4"},
    {"sid in the body", "06 81 '192.0.2.80/32'; 0e 01; 181f 01"},
    {"mitigation-start", "06 81 '192.0.2.80/32'; 0e 01; 0f 1a00000001"},
    {"status", "06 81 '192.0.2.80/32'; 0e 01; 10 02"},
    {"conflict-information", "06 81 '192.0.2.80/32'; 0e 01; 11 a1 1301"},
    {"conflict-status", "06 81 '192.0.2.80/32'; 0e 01; 12 01"},
    {"conflict-cause", "06 81 '192.0.2.80/32'; 0e 01; 13 01"},
    {"retry-timer", "06 81 '192.0.2.80/32'; 0e 01; 14 01"},
    {"conflict-scope", "06 81 '192.0.2.80/32'; 0e 01; 15 a1 0501"},
    {"acl-list", "06 81 '192.0.2.80/32'; 0e 01; 16 81 a1 17 'x'"},
    {"acl-name", "06 81 '192.0.2.80/32'; 0e 01; 17 'x'"},
    {"acl-type", "06 81 '192.0.2.80/32'; 0e 01; 1818 'x'"},
    {"bytes-dropped", "06 81 '192.0.2.80/32'; 0e 01; 1819 01"},
    {"bps-dropped", "06 81 '192.0.2.80/32'; 0e 01; 181a 01"},
    {"pkts-dropped", "06 81 '192.0.2.80/32'; 0e 01; 181b 01"},
    {"pps-dropped", "06 81 '192.0.2.80/32'; 0e 01; 181c 01"},
    // SIG-197: attack-status belongs to an efficacy update
    {"attack-status without If-Match", "06 81 '192.0.2.80/32'; 0e 01; 181d 01"},
};

/// Lists longer than any request may have.
row too_many(std::string name, std::string pairs) {
  return request("too many " + std::move(name), coap::code::put, unborn_path,
                 entry(pairs), answered(coap::code::too_large));
}

} // namespace

void add_values(table& to) {
  for (const auto& x : cases)
    to.push_back(request(std::string{x.name}, coap::code::put, unborn_path,
                         entry(x.pairs), answered(x.expected)));
  // SIG-073, SIG-119
  to.push_back(request("two entries", coap::code::put, unborn_path,
                       octets("a101 a102 82 a2 06 81 '192.0.2.80/32' 0e01"
                              "a2 06 81 '192.0.2.81/32' 0e01"),
                       answered(coap::code::bad_request)));
  to.push_back(too_many("protocols", "06 81 '192.0.2.80/32'; 0e 01; 0a 990101"
                                         + times(257, "11")));
  std::string ports;
  for (unsigned i = 0; i < 65; ++i)
    ports += "a1 08 18" + std::string{"0123456789abcdef"[(24 + i) / 16]}
             + "0123456789abcdef"[(24 + i) % 16];
  to.push_back(
      too_many("ports", "06 81 '192.0.2.80/32'; 0e 01; 07 98 41" + ports));
  to.push_back(too_many("names", "0e 01; 0b 98 41" + times(65, "'a.b'")));
  to.push_back(too_many("URIs", "0e 01; 0c 98 41" + times(65, "'ws://a.b'")));
  to.push_back(too_many("aliases", "0e 01; 0d 98 41" + times(65, "'a'")));
}

} // namespace tocsin::test::negative
