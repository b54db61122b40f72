#include "tests/unit/transports/reactor_fixture.hpp"
#include "transports/udp_socket.hpp"

#include <fstream>
#include <unistd.h>

namespace tocsin::transports {
namespace {

class reactor_flood_test : public reactor_fixture {
protected:
  static std::size_t resident_octets() {
    std::size_t total = 0, resident = 0;
    std::ifstream{"/proc/self/statm"} >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

  static bytes first_hello(reactor_fixture& x) {
    auto made = dtls_association::client(client_credentials(), "dots.example",
                                         {}, time_point{});
    EXPECT_TRUE(made);
    bytes hello;
    EXPECT_TRUE((*made)->next_datagram(hello));
    static_cast<void>(x);
    return hello;
  }

  // Sends `count` hellos, each from another address of 127/8, serving them as
  // they come, and takes away the answers.
  void flood(udp_socket& from, const socket_address& to, const bytes& hello,
             std::uint32_t begin, std::uint32_t count) {
    for (std::uint32_t i = begin; i < begin + count; ++i) {
      std::array<std::uint8_t, 4> source{
          127, static_cast<std::uint8_t>(1 + (i >> 16)),
          static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
      from.queue(to, socket_address::v4(source, 0), hello);
      if (i % 64 == 63) {
        from.flush();
        server->turn(std::chrono::milliseconds{0});
        bool more = true;
        while (more)
          from.receive(more);
      }
    }
    from.flush();
    server->turn(std::chrono::milliseconds{0});
  }
};

// ARCH-208, ARCH-227
TEST_F(reactor_flood_test, first_hellos_cost_no_memory_and_no_association) {
  auto to = listen("127.0.0.1:0");
  auto x = connect(open_client("127.0.0.1:0"), to);
  ASSERT_TRUE(turn_until([&] { return x->ready(); }));
  auto from = udp_socket::open(*socket_address::parse("0.0.0.0:0"), {true});
  ASSERT_TRUE(from);
  auto hello = first_hello(*this);
  flood(**from, to, hello, 0, 1000); // whatever is allocated but once
  [[maybe_unused]] auto before = resident_octets();
  auto answered = server->stats().cookies_sent;
  for (std::uint32_t round = 0; round < 50; ++round) {
    flood(**from, to, hello, 1000 + round * 1000, 1000);
    x->heard.clear();
    ASSERT_TRUE(x->say("still here"));
    ASSERT_TRUE(turn_until([&] { return !x->heard.empty(); }));
  }
  auto stats = server->stats();
  EXPECT_GE(stats.cookies_sent + stats.cookies_throttled, 51000u);
  EXPECT_GT(stats.cookies_sent, answered);
  EXPECT_EQ(stats.associations, 1u);
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(accepted.size(), 1u);
#ifndef __SANITIZE_ADDRESS__ // which keeps what is freed for a while
  EXPECT_LT(resident_octets(), before + (2u << 20));
#endif
}

} // namespace
} // namespace tocsin::transports
