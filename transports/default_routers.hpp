#pragma once
#include "transports/socket_address.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::transports {

/// The tables of routes as Linux shows them.
struct route_files {
  std::filesystem::path ipv4 = "/proc/net/route";
  std::filesystem::path ipv6 = "/proc/net/ipv6_route";
};

/// The next hops of default routes in these tables, without port: the best of
/// each family first, each once. A link-local one has its interface; what
/// cannot be read is left out, and so are routes without a next hop.
std::vector<socket_address> parse_default_routers(std::string_view ipv4,
                                                  std::string_view ipv6);

/// The default routers of this machine as it is now. Any thread.
std::vector<socket_address> default_routers(const route_files& where = {});

} // namespace tocsin::transports
