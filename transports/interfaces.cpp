#include "transports/interfaces.hpp"

#include "transports/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <net/if.h>
#include <sys/socket.h>

namespace tocsin::transports {

namespace {

/// For people: "eth0, lo"; an empty text if the system does not say.
std::string interfaces_here() {
  std::string out;
  auto* all = if_nameindex();
  if (all == nullptr)
    return out;
  for (auto* x = all; x->if_index != 0; ++x)
    out += (out.empty() ? "" : ", ") + std::string{x->if_name};
  if_freenameindex(all);
  return out;
}

} // namespace

bool is_interface_name(std::string_view name) noexcept {
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".."
         && std::ranges::all_of(name, [](char c) {
              return c > ' ' && c != 0x7F && c != '/' && c != ':';
            });
}

result<void> bind_to_interface(int socket, const std::string& name) {
  if (name.empty())
    return {};
  if (!is_interface_name(name))
    return fail(ec::malformed, name, "this is no name of an interface");
  if (setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                 static_cast<socklen_t>(name.size() + 1))
      == 0)
    return {};
  auto error = errno;
  if (error == ENODEV) {
    auto known = interfaces_here();
    return fail(ec::not_found, name,
                "there is no such interface"
                    + (known.empty() ? "" : "; this machine has " + known));
  }
  if (error == EPERM)
    return fail(ec::unauthorized, name,
                "the system does not let this user bind sockets to an "
                "interface: Linux before 5.7 wants CAP_NET_RAW");
  return fail(ec::io, name,
              "cannot bind a socket to the interface: "
                  + std::string{std::strerror(error)});
}

result<void> check_interface(const std::string& name) {
  descriptor probe{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!probe)
    probe = descriptor{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!probe)
    return fail(ec::io, name,
                "cannot open a UDP socket: "
                    + std::string{std::strerror(errno)});
  return bind_to_interface(probe.get(), name);
}

} // namespace tocsin::transports
