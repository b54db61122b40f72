#include "transports/default_routers.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <fstream>
#include <net/if.h>

namespace tocsin::transports {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<socket_address>& all) {
  std::vector<std::string> out;
  for (const auto& x : all)
    out.push_back(x.with_port(4646).to_string());
  return out;
}

std::vector<std::string> routers(std::string_view ipv4, std::string_view ipv6) {
  return texts(parse_default_routers(ipv4, ipv6));
}

constexpr std::string_view heading =
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\t"
    "Window\tIRTT\n";

/// A line of /proc/net/route of a little-endian machine.
std::string ipv4(std::string_view destination, std::string_view gateway,
                 std::string_view flags, std::string_view metric,
                 std::string_view mask = "00000000") {
  std::string out{"lo\t"};
  for (auto word : {destination, gateway, flags, std::string_view{"0"},
                    std::string_view{"0"}, metric, mask})
    out += std::string{word} + '\t';
  return out + "0\t0\t0\n";
}

std::string ipv6(std::string_view gateway, std::string_view metric,
                 std::string_view flags, std::string_view interface = "lo",
                 std::string_view length = "00") {
  const std::string zeros(32, '0');
  return zeros + ' ' + std::string{length} + ' ' + zeros + " 00 "
         + std::string{gateway} + ' ' + std::string{metric}
         + " 00000001 00000000 " + std::string{flags} + "     "
         + std::string{interface} + '\n';
}

} // namespace

// SIG-027
TEST(default_routers, the_next_hops_of_both_families_are_found) {
  static_assert(std::endian::native == std::endian::little);
  EXPECT_THAT(
      routers(std::string{heading} + ipv4("00000000", "017100CB", "0003", "100")
                  + ipv4("007100CB", "00000000", "0001", "100", "00FFFFFF"),
              ipv6("20010db8000000000000000000000001", "00000400", "00450003")),
      ElementsAre("203.0.113.1:4646", "[2001:db8::1]:4646"));
}

TEST(default_routers, the_best_route_comes_first_and_each_router_once) {
  EXPECT_THAT(routers(ipv4("00000000", "017100CB", "0003", "600")
                          + ipv4("00000000", "027100CB", "0003", "100")
                          + ipv4("00000000", "017100CB", "0003", "700"),
                      {}),
              ElementsAre("203.0.113.2:4646", "203.0.113.1:4646"));
}

TEST(default_routers, a_link_local_router_has_its_interface) {
  EXPECT_THAT(routers({}, ipv6("fe800000000000000000000000000001", "00000400",
                               "00450003")),
              ElementsAre("[fe80::1%" + std::to_string(::if_nametoindex("lo"))
                          + "]:4646"));
  EXPECT_THAT(routers({}, ipv6("fe800000000000000000000000000001", "00000400",
                               "00450003", "no-such-link")),
              IsEmpty());
}

TEST(default_routers, other_routes_are_none_of_them) {
  EXPECT_THAT(
      routers(ipv4("00000000", "017100CB", "0002", "0")       // down
                  + ipv4("00000000", "00000000", "0001", "0") // on link
                  + ipv4("00000000", "017100CB", "0203", "0") // reject
                  + ipv4("0000000A", "017100CB", "0003", "0", "000000FF")
                  + ipv4("00000000", "017100CB", "0003", "0",
                         "00000080"), // half of all
              ipv6("20010db8000000000000000000000001", "00000400", "00450003",
                   "lo", "01")
                  + ipv6(std::string(32, '0'), "ffffffff", "00200200")),
      IsEmpty());
}

TEST(default_routers, what_cannot_be_read_is_left_out) {
  EXPECT_THAT(routers(heading, {}), IsEmpty());
  EXPECT_THAT(routers("lo\t00000000\n\n \t\nlo x y z 0 0 0 0\n",
                      "00 00\n" + std::string(32, 'g') + "\n"),
              IsEmpty());
  auto whole = ipv4("00000000", "017100CB", "0003", "100");
  auto six = ipv6("20010db8000000000000000000000001", "00000400", "00450003");
  for (std::size_t i = 0; i < whole.size(); ++i)
    routers(std::string_view{whole}.substr(0, i), {});
  for (std::size_t i = 0; i < six.size(); ++i)
    routers({}, std::string_view{six}.substr(0, i));
}

TEST(default_routers, the_tables_are_read_when_they_are_asked_for) {
  test::temporary_directory here;
  route_files where{here.path() / "route", here.path() / "ipv6_route"};
  EXPECT_THAT(default_routers(where), IsEmpty()) << "there are no such files";
  std::ofstream{where.ipv4} << heading
                            << ipv4("00000000", "017100CB", "0003", "100");
  EXPECT_THAT(texts(default_routers(where)), ElementsAre("203.0.113.1:4646"));
}

} // namespace tocsin::transports
