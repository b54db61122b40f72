#include "transports/tcp_admission.hpp"
#include "transports/tcp_socket.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tocsin::transports {
namespace {

// SIG-342
TEST(tcp_socket_test, sockets_ask_for_fast_open_and_send_without_delay) {
  auto option = [](const descriptor& socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket.get(), IPPROTO_TCP, name, &value, &size), 0);
    return value;
  };
  auto listener = open_tcp_listener(*socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(listener);
  EXPECT_GT(option(*listener, TCP_FASTOPEN), 0);
  auto client = open_tcp_client(*socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(client);
  EXPECT_EQ(option(*client, TCP_FASTOPEN_CONNECT), 1);
  EXPECT_EQ(option(*client, TCP_NODELAY), 1);
  ASSERT_EQ(connect_tcp(*client, local_address_of(*listener)), 0);
  auto newcomer = accept_tcp(*listener);
  ASSERT_EQ(newcomer.error, 0);
  EXPECT_EQ(option(newcomer.socket, TCP_NODELAY), 1);
  EXPECT_EQ(accept_tcp(*listener).error, EAGAIN);
}

TEST(tcp_socket_test, only_errors_of_one_connection_let_accept_go_on) {
  for (auto x : {EINTR, ECONNABORTED, EPROTO, EPERM})
    EXPECT_TRUE(concerns_one_connection(x)) << x;
  for (auto x : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL})
    EXPECT_FALSE(concerns_one_connection(x)) << x;
}

TEST(tcp_admission_test, a_source_is_an_ipv4_address_or_an_ipv6_prefix) {
  tcp_admission uut{1000};
  auto peer = [](const std::string& text) {
    return *socket_address::parse(text);
  };
  for (std::uint32_t i = 0; i < tcp_admission::max_per_source; ++i) {
    auto n = std::to_string(i + 1);
    EXPECT_TRUE(uut.enter(peer("[2001:db8:0:1::" + n + "]:" + n)));
    EXPECT_TRUE(uut.enter(peer("192.0.2.1:" + n)));
  }
  EXPECT_FALSE(uut.enter(peer("[2001:db8:0:1:ffff::1]:99")));
  EXPECT_FALSE(uut.enter(peer("192.0.2.1:99")));
  EXPECT_TRUE(uut.enter(peer("[2001:db8:0:2::1]:99")));
  EXPECT_TRUE(uut.enter(peer("192.0.2.2:99")));
  EXPECT_EQ(uut.size(), 2 * tcp_admission::max_per_source + 2);
  uut.leave(peer("192.0.2.1:5"));
  EXPECT_TRUE(uut.enter(peer("192.0.2.1:99")));
  uut.leave(peer("198.51.100.1:1")); // was never here
  EXPECT_EQ(uut.size(), 2 * tcp_admission::max_per_source + 2);
}

TEST(tcp_admission_test, it_is_full_at_its_limit) {
  tcp_admission uut{2};
  auto a = *socket_address::parse("192.0.2.1:1");
  EXPECT_TRUE(uut.enter(a));
  EXPECT_FALSE(uut.full());
  EXPECT_TRUE(uut.enter(a));
  EXPECT_TRUE(uut.full());
  EXPECT_FALSE(uut.enter(*socket_address::parse("192.0.2.2:1")));
  uut.leave(a);
  EXPECT_FALSE(uut.full());
}

} // namespace
} // namespace tocsin::transports
