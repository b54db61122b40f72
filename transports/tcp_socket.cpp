#include "transports/tcp_socket.hpp"

#include "transports/interfaces.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tocsin::transports {

namespace {

// Connections that the kernel completes ahead of accept(): what arrives in the
// pauses between turns, also when all clients of a server reconnect at once.
// The system's net.core.somaxconn may be lower.
constexpr int backlog = 1024;

// Connections that sent data in their SYN and did not yet prove their address
// (RFC 7413, Section 5.1: the limit against reflected floods).
constexpr int fast_open_backlog = 256;

bool enable(const descriptor& socket, int level, int option) {
  int on = 1;
  return setsockopt(socket.get(), level, option, &on, sizeof on) == 0;
}

failure refusal(const socket_address& local, const char* what) {
  return fail(ec::io, local.to_string(),
              std::string{what} + ": " + describe_error(errno));
}

descriptor open_socket(ip_family family) {
  auto domain = family == ip_family::v4 ? AF_INET : AF_INET6;
  return descriptor{
      socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

bool bind_to(const descriptor& socket, const socket_address& local) {
  sockaddr_storage native{};
  auto size = local.to_native(native);
  return bind(socket.get(), reinterpret_cast<sockaddr*>(&native), size) == 0;
}

// Accepted sockets inherit TCP_NODELAY. SO_REUSEADDR lets a restarted node
// listen while connections of its predecessor are still in TIME_WAIT.
bool configure_listener(const descriptor& socket, ip_family family) {
  return enable(socket, SOL_SOCKET, SO_REUSEADDR)
         && enable(socket, SOL_SOCKET, SO_REUSEPORT)
         && enable(socket, IPPROTO_TCP, TCP_NODELAY)
         && (family == ip_family::v4
             || enable(socket, IPPROTO_IPV6, IPV6_V6ONLY));
}

} // namespace

result<descriptor> open_tcp_listener(const socket_address& local) {
  auto out = open_socket(local.family());
  if (!out)
    return refusal(local, "cannot open a TCP socket");
  if (!configure_listener(out, local.family()))
    return refusal(local, "cannot set the options of a TCP socket");
  if (!bind_to(out, local))
    return refusal(local, "cannot bind a TCP socket");
  // Best effort: a kernel may be built or set to go without.
  setsockopt(out.get(), IPPROTO_TCP, TCP_FASTOPEN, &fast_open_backlog,
             sizeof fast_open_backlog);
  if (::listen(out.get(), backlog) != 0)
    return refusal(local, "cannot listen on a TCP socket");
  return out;
}

tcp_newcomer accept_tcp(const descriptor& listener) {
  sockaddr_storage native{};
  socklen_t size = sizeof native;
  tcp_newcomer out;
  out.socket =
      descriptor{accept4(listener.get(), reinterpret_cast<sockaddr*>(&native),
                         &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (out.socket)
    out.peer = socket_address::from_native(native);
  else
    out.error = errno;
  return out;
}

bool concerns_one_connection(int accept_error) noexcept {
  switch (accept_error) {
  case EINTR:
  case ECONNABORTED:
  case EPERM: // a firewall's word
  case EPROTO:
  case ENETDOWN:
  case ENOPROTOOPT:
  case EHOSTDOWN:
  case ENONET:
  case EHOSTUNREACH:
  case EOPNOTSUPP:
  case ENETUNREACH:
    return true;
  default:
    return false;
  }
}

result<descriptor> open_tcp_client(const socket_address& local,
                                   const std::string& interface) {
  auto out = open_socket(local.family());
  if (!out)
    return refusal(local, "cannot open a TCP socket");
  if (auto bound = bind_to_interface(out.get(), interface); !bound)
    return bound.error();
  if (!enable(out, IPPROTO_TCP, TCP_NODELAY))
    return refusal(local, "cannot set the options of a TCP socket");
  // Best effort. What TLS sends first may be received twice without harm.
  enable(out, IPPROTO_TCP, TCP_FASTOPEN_CONNECT);
  if ((!local.is_any() || local.port() != 0) && !bind_to(out, local))
    return refusal(local, "cannot bind a TCP socket");
  return out;
}

int connect_tcp(const descriptor& socket, const socket_address& peer) noexcept {
  sockaddr_storage native{};
  auto size = peer.to_native(native);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&native), size) == 0)
    return 0;
  return errno == EINPROGRESS || errno == EINTR ? 0 : errno;
}

socket_address local_address_of(const descriptor& socket) noexcept {
  sockaddr_storage native{};
  socklen_t size = sizeof native;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&native), &size)
      != 0)
    return {};
  return socket_address::from_native(native);
}

int pending_error(const descriptor& socket) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    return errno;
  return error;
}

void abort_tcp(descriptor socket) noexcept {
  linger now{1, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

int write_tcp(const descriptor& socket, bytes& out) noexcept {
  std::size_t done = 0;
  int error = 0;
  while (done < out.size() && error == 0) {
    auto count = ::send(socket.get(), out.data() + done, out.size() - done,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
      done += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      error = errno;
  }
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(done));
  // EINPROGRESS: Fast Open has just sent the SYN.
  return error == EAGAIN || error == EINPROGRESS ? 0 : error;
}

std::string describe_error(int error) {
  return std::system_category().message(error);
}

} // namespace tocsin::transports
