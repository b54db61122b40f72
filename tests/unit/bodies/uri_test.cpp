#include "protocol/signal/uri.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

using protocol_list = std::vector<std::uint8_t>;

const protocol_list tcp{6};
const protocol_list udp{17};
const protocol_list both{6, 17};

} // namespace

// SIG-086
TEST(uri, maps_scheme_and_port_to_protocol_and_port) {
  struct {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
    protocol_list protocols;
  } rows[]{
      {"https://www.example.net/", "www.example.net", 443, tcp},
      {"HTTPS://WWW.Example.NET", "www.example.net", 443, tcp},
      {"http://a.example:8080/x?y#z", "a.example", 8080, tcp},
      {"http://a.example:/", "a.example", 80, tcp},
      {"http://user:pass%40@a.example:81", "a.example", 81, tcp},
      {"coap://a.example/.well-known/dots", "a.example", 5683, udp},
      {"coaps://a.example", "a.example", 5684, udp},
      {"coaps+tcp://a.example:4646", "a.example", 4646, tcp},
      {"ftp://a.example", "a.example", 21, tcp},
      {"dns://ns.example/b.example?type=A", "ns.example", 53, both},
      {"sip:alice@a.example;transport=udp", "a.example", 5060, both},
      {"sips:a.example:5070", "a.example", 5070, tcp},
      {"stun:s.example", "s.example", 3478, both},
      {"wss://a.example?x=//y:1", "a.example", 443, tcp},
      {"mqtts://a.example", "a.example", 8883, tcp},
      {"made-up.x+1://a.example:99", "a.example", 99, both},
      {"http://a.example?q", "a.example", 80, tcp},
  };
  for (const auto& row : rows) {
    auto r = map_uri(row.text);
    ASSERT_TRUE(r) << row.text << to_string(r.error());
    EXPECT_EQ(*r, (uri_target{std::string{row.host}, std::nullopt, row.port,
                              row.protocols}))
        << row.text;
  }
}

TEST(uri, takes_addresses_for_hosts) {
  auto four = map_uri("http://192.0.2.1:8080/");
  ASSERT_TRUE(four);
  EXPECT_EQ(four->address, *prefix::parse("192.0.2.1/32"));
  EXPECT_EQ(four->port, 8080);
  auto six = map_uri("https://[2001:DB8::1]/x");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->address, *prefix::parse("2001:db8::1/128"));
  EXPECT_EQ(six->host, "2001:db8::1");
  EXPECT_EQ(six->port, 443);
}

// SIG-085, SIG-077
TEST(uri, checks_hosts_as_names_and_prefixes_are_checked) {
  for (auto text : {"http://127.0.0.1/", "http://[::1]/", "http://[ff02::1]/",
                    "http://224.0.0.1/", "http://[::ffff:127.0.0.1]/"})
    EXPECT_EQ(map_uri(text).error().code, ec::out_of_range) << text;
  for (auto text : {"http://-a.example/", "http://a..example/",
                    "http://a%2eexample/", "http://1.2.3/", "http://a_!.b/"})
    EXPECT_EQ(map_uri(text).error().code, ec::malformed) << text;
}

// SIG-084
TEST(uri, refuses_what_breaks_the_grammar_or_cannot_be_mapped) {
  for (std::string_view text : {"",
                                "a",
                                "a.example",
                                "//a.example/",
                                "://a.example",
                                "1http://a",
                                "ht_tp://a.example",
                                "http:",
                                "http:/",
                                "http://",
                                "http:///x",
                                "http://:80/",
                                "http://user@/",
                                "http://a.example:x",
                                "http://a.example:-1",
                                "http://a.example:8 0",
                                "http://a b/",
                                "http://a.example/\xC3\xA4",
                                "http://a.example/%",
                                "http://a/%2",
                                "http://a/%zz",
                                "http://a.example/x\n",
                                "http://a.example/<x>",
                                "http://a.example/[x]",
                                "http://a.example/x#y#z",
                                "http://[::1",
                                "http://::1/",
                                "http://2001:db8::1/",
                                "http://[192.0.2.1]/",
                                "http://[v1.x]/",
                                "http://[2001:db8::1%25eth0]/",
                                "http://[]/",
                                "http://[2001:db8::1]x/",
                                "http://a@b@c.example/",
                                "http://[2001:db8::/32]/",
                                "mailto:a@b.example",
                                "urn:isbn:1",
                                "made-up://a.example",
                                "file:///etc/passwd"}) {
    auto r = map_uri(text);
    ASSERT_FALSE(r) << text;
    EXPECT_EQ(r.error().code, ec::malformed) << text;
    EXPECT_EQ(r.error().where, "target-uri") << text;
  }
  for (auto text : {"http://a.example:0", "http://a.example:65536",
                    "http://a.example:99999999999999999999"})
    EXPECT_EQ(map_uri(text).error().code, ec::out_of_range) << text;
  EXPECT_FALSE(map_uri("http://a.example/" + std::string(max_uri_length, 'a')));
}

} // namespace tocsin::protocol::signal
