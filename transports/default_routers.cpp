#include "transports/default_routers.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <fstream>
#include <net/if.h>
#include <net/route.h>
#include <optional>

namespace tocsin::transports {

namespace {

struct route {
  std::uint32_t metric;
  socket_address via;
};

/// A router has a few hundred default routes at most; a table of a whole
/// internet is not read to its end.
constexpr std::size_t max_table = 16 * 1024 * 1024;

constexpr std::uint32_t wanted_flags = RTF_UP | RTF_GATEWAY;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < line.size();) {
    auto begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos)
      break;
    at = std::min(line.find_first_of(" \t\r", begin), line.size());
    out.push_back(line.substr(begin, at - begin));
  }
  return out;
}

std::optional<std::uint32_t> number(std::string_view text, int base) {
  std::uint32_t x = 0;
  auto [end, failed] = std::from_chars(text.begin(), text.end(), x, base);
  if (failed != std::errc{} || end != text.end() || text.empty())
    return std::nullopt;
  return x;
}

bool is_default(std::optional<std::uint32_t> flags) {
  return flags && (*flags & wanted_flags) == wanted_flags
         && (*flags & RTF_REJECT) == 0;
}

/// Iface Destination Gateway Flags RefCnt Use Metric Mask …; addresses are
/// hexadecimal numbers of the machine's byte order.
std::optional<route> ipv4_route(const std::vector<std::string_view>& words) {
  if (words.size() < 8 || number(words[1], 16) != 0u
      || number(words[7], 16) != 0u || !is_default(number(words[3], 16)))
    return std::nullopt;
  auto gateway = number(words[2], 16);
  auto metric = number(words[6], 10);
  if (!gateway || *gateway == 0 || !metric)
    return std::nullopt;
  return route{*metric,
               socket_address::v4(
                   std::bit_cast<std::array<std::uint8_t, 4>>(*gateway), 0)};
}

std::optional<std::array<std::uint8_t, 16>> octets_of(std::string_view text) {
  std::array<std::uint8_t, 16> out{};
  if (text.size() != 2 * out.size())
    return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto octet = number(text.substr(2 * i, 2), 16);
    if (!octet)
      return std::nullopt;
    out[i] = static_cast<std::uint8_t>(*octet);
  }
  return out;
}

/// Destination length Source length NextHop Metric RefCnt Use Flags Iface; all
/// numbers are hexadecimal, addresses in network order.
std::optional<route> ipv6_route(const std::vector<std::string_view>& words) {
  constexpr std::array<std::uint8_t, 16> unspecified{};
  if (words.size() < 10 || octets_of(words[0]) != unspecified
      || number(words[1], 16) != 0u || !is_default(number(words[8], 16)))
    return std::nullopt;
  auto gateway = octets_of(words[4]);
  auto metric = number(words[5], 16);
  if (!gateway || *gateway == unspecified || !metric)
    return std::nullopt;
  std::uint32_t scope = 0;
  if ((*gateway)[0] == 0xfe && ((*gateway)[1] & 0xc0) == 0x80) {
    scope = ::if_nametoindex(std::string{words[9]}.c_str());
    if (scope == 0)
      return std::nullopt; // the interface is gone
  }
  return route{*metric, socket_address::v6(*gateway, 0, scope)};
}

template <class Parse>
void collect(std::string_view table, Parse parse,
             std::vector<socket_address>& out) {
  std::vector<route> routes;
  while (!table.empty()) {
    auto end = std::min(table.find('\n'), table.size());
    if (auto x = parse(words_of(table.substr(0, end))))
      routes.push_back(*x);
    table.remove_prefix(std::min(end + 1, table.size()));
  }
  std::ranges::stable_sort(routes, {}, &route::metric);
  for (const auto& x : routes)
    if (std::ranges::find(out, x.via) == out.end())
      out.push_back(x.via);
}

/// What cannot be read is empty: a machine may have one family only.
std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::string out;
  for (std::string line; out.size() < max_table && std::getline(in, line);)
    out += line + '\n';
  return out;
}

} // namespace

std::vector<socket_address> parse_default_routers(std::string_view ipv4,
                                                  std::string_view ipv6) {
  std::vector<socket_address> out;
  collect(ipv4, ipv4_route, out);
  collect(ipv6, ipv6_route, out);
  return out;
}

std::vector<socket_address> default_routers(const route_files& where) {
  return parse_default_routers(text_of(where.ipv4), text_of(where.ipv6));
}

} // namespace tocsin::transports
