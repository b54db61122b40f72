#include "transports/socket_address.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

#include <netinet/in.h>
#include <sys/socket.h>

namespace tocsin::transports {
namespace {

TEST(socket_address, literals_are_read_and_written_back) {
  for (auto text : {"192.0.2.1:4646", "0.0.0.0:0", "255.255.255.255:65535",
                    "[2001:db8::1]:4646", "[::]:0", "[::1]:1"}) {
    auto x = socket_address::parse(text);
    ASSERT_TRUE(x) << text;
    EXPECT_EQ(x->to_string(), text);
  }
}

TEST(socket_address, what_is_not_a_literal_with_a_port_is_refused) {
  for (auto text :
       {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1",
        "192.0.2.1: 1", "192.0.2:1", "2001:db8::1:4646", "[2001:db8::1]",
        "[2001:db8::1:4646", "[192.0.2.1]x:1", "example.net:4646",
        "[::1%nowhere0]:1", "1.2.3.4.5:1"})
    EXPECT_FALSE(socket_address::parse(text)) << text;
  EXPECT_FALSE(socket_address::parse(std::string_view{"::1\0:5", 6}));
}

TEST(socket_address, a_mapped_address_is_the_ipv4_address) {
  auto mapped = socket_address::parse("[::ffff:192.0.2.1]:4646");
  auto plain = socket_address::parse("192.0.2.1:4646");
  ASSERT_TRUE(mapped && plain);
  EXPECT_EQ(*mapped, *plain);
  EXPECT_EQ(mapped->family(), ip_family::v4);
}

TEST(socket_address, the_kernels_form_is_taken_and_given) {
  for (auto text : {"192.0.2.1:4646", "[2001:db8::1]:4646"}) {
    auto x = socket_address::parse(text);
    ASSERT_TRUE(x);
    sockaddr_storage native{};
    auto size = x->to_native(native);
    EXPECT_EQ(size, x->family() == ip_family::v4 ? sizeof(sockaddr_in)
                                                 : sizeof(sockaddr_in6));
    EXPECT_EQ(socket_address::from_native(native), *x);
  }
  EXPECT_EQ(socket_address::from_native({}), socket_address{});
}

TEST(socket_address, each_part_distinguishes) {
  std::unordered_set<socket_address> all;
  for (auto text : {"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1",
                    "[c000:201::]:1", "[2001:db8::1]:1", "[2001:db8::2]:1"})
    all.insert(*socket_address::parse(text));
  EXPECT_EQ(all.size(), 6u);
  EXPECT_TRUE(all.contains(*socket_address::parse("192.0.2.2:1")));
  EXPECT_NE(socket_address::v6({0xfe, 0x80}, 1, 1),
            socket_address::v6({0xfe, 0x80}, 1, 2));
}

TEST(socket_address, wildcards_are_known) {
  EXPECT_TRUE(socket_address::parse("0.0.0.0:4646")->is_any());
  EXPECT_TRUE(socket_address::parse("[::]:4646")->is_any());
  EXPECT_FALSE(socket_address::parse("127.0.0.1:4646")->is_any());
  EXPECT_FALSE(socket_address::parse("[::1]:4646")->is_any());
}

} // namespace
} // namespace tocsin::transports
