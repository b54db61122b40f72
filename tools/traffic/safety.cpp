#include "tools/traffic/safety.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <sys/stat.h>

namespace tocsin::tools::traffic {

namespace {

surroundings::network which_network() {
  struct stat own, initial;
  if (::stat("/proc/self/ns/net", &own) != 0)
    return surroundings::network::initial; // the cautious answer
  if (::stat("/proc/1/ns/net", &initial) != 0)
    return errno == EACCES || errno == EPERM ? surroundings::network::unknown
                                             : surroundings::network::initial;
  bool same = own.st_dev == initial.st_dev && own.st_ino == initial.st_ino;
  return same ? surroundings::network::initial : surroundings::network::other;
}

} // namespace

result<surroundings> look_around() {
  surroundings here;
  here.where = which_network();
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0)
    return fail(ec::io, "getifaddrs", std::strerror(errno));
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, freeifaddrs};
  for (auto* x = list; x; x = x->ifa_next)
    if (x->ifa_addr)
      if (auto parsed = address::of(*x->ifa_addr))
        here.addresses.push_back(*parsed);
  return here;
}

bool is_closed(const surroundings& here) {
  if (here.where == surroundings::network::initial)
    return false;
  auto harmless = [](const address& x) {
    return x.is_loopback() || x.is_link_local() || x.is_documentation();
  };
  return std::ranges::all_of(here.addresses, harmless)
         && std::ranges::any_of(here.addresses, &address::is_documentation);
}

result<void> check_target(const address& to, const surroundings& here) {
  if (to.is_loopback())
    return {};
  if (!to.is_documentation())
    return fail(ec::unauthorized, to.to_string(),
                "is refused: traffic goes to loopback addresses, or within a "
                "closed network namespace to documentation addresses");
  if (!is_closed(here))
    return fail(ec::unauthorized, to.to_string(),
                "is refused here: this is not a network namespace of its own "
                "with documentation addresses only");
  return {};
}

} // namespace tocsin::tools::traffic
