#include "tools/traffic/system.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace tocsin::tools::traffic {

namespace {

std::atomic<bool> stop_wanted{false};
static_assert(std::atomic<bool>::is_always_lock_free); // for the handler

} // namespace

descriptor::~descriptor() {
  if (fd_ >= 0)
    ::close(fd_);
}

std::int64_t wall_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

result<descriptor> open_socket(const address& where, int type) {
  int family = where.is_ipv4() ? AF_INET : AF_INET6;
  descriptor x{::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (x.get() < 0)
    return fail(ec::io, "socket", std::strerror(errno));
  return x;
}

result<descriptor> bind_socket(const endpoint& where, int type) {
  auto x = open_socket(where.host, type);
  if (!x)
    return x;
  int on = 1;
  if (type == SOCK_STREAM)
    ::setsockopt(x->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = 0;
  auto name = where.host.with_port(where.port, size);
  if (::bind(x->get(), reinterpret_cast<const sockaddr*>(&name), size) != 0)
    return fail(ec::io,
                where.host.to_string() + " port " + std::to_string(where.port),
                std::strerror(errno));
  return x;
}

std::uint16_t port_of(const descriptor& socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size);
  // The port is at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_wanted = true; };
  ::sigaction(SIGINT, &action, nullptr); // no SA_RESTART: waits must end
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stopped() noexcept {
  return stop_wanted;
}

} // namespace tocsin::tools::traffic
