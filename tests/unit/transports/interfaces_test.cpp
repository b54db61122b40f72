#include "transports/interfaces.hpp"

#include "transports/descriptor.hpp"
#include "transports/reactor.hpp"

#include <gmock/gmock.h>

#include <array>

#include <sys/socket.h>

namespace tocsin::transports {

using ::testing::HasSubstr;

namespace {

std::string interface_of(int socket) {
  std::array<char, 64> name{};
  socklen_t size = name.size();
  EXPECT_EQ(getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size),
            0);
  return name.data();
}

} // namespace

TEST(interfaces, names_are_those_that_linux_allows) {
  EXPECT_TRUE(is_interface_name("eth1"));
  EXPECT_TRUE(is_interface_name("wwan0.100"));
  EXPECT_TRUE(is_interface_name("fifteen-octets1"));
  EXPECT_FALSE(is_interface_name("sixteen-octets-1"));
  EXPECT_FALSE(is_interface_name(""));
  EXPECT_FALSE(is_interface_name(".."));
  EXPECT_FALSE(is_interface_name("eth 1"));
  EXPECT_FALSE(is_interface_name("eth/1"));
  EXPECT_FALSE(is_interface_name("eth0:1"));
}

// MULTI-025
TEST(interfaces, a_socket_is_bound_to_the_one_that_is_named) {
  descriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
  ASSERT_TRUE(bind_to_interface(socket.get(), "lo"));
  EXPECT_EQ(interface_of(socket.get()), "lo");
  EXPECT_TRUE(check_interface("lo"));
}

TEST(interfaces, without_a_name_a_socket_is_bound_to_none) {
  descriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
  ASSERT_TRUE(bind_to_interface(socket.get(), ""));
  EXPECT_EQ(interface_of(socket.get()), "");
}

TEST(interfaces, one_that_is_missing_is_named_with_those_that_there_are) {
  auto missing = check_interface("nosuch0");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ec::not_found);
  EXPECT_EQ(missing.error().where, "nosuch0");
  EXPECT_THAT(missing.error().detail, HasSubstr("this machine has"));
  EXPECT_THAT(missing.error().detail, HasSubstr("lo"));
}

TEST(interfaces, a_reactor_opens_no_socket_elsewhere_instead) {
  reactor here;
  auto any = socket_address::v4({}, 0);
  auto peer = *socket_address::parse("127.0.0.1:9");
  EXPECT_TRUE(here.open(any, "lo"));
  EXPECT_FALSE(here.open(any, "nosuch0"));
  struct nobody : stream_handler {
    void on_octets(byte_view) override {}
    void on_closed(const std::string&) override {}
  };
  auto opened =
      here.connect_stream(any, peer, std::make_shared<nobody>(), "nosuch0");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ec::not_found);
}

} // namespace tocsin::transports
