#include "transports/connection_probe.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tocsin::transports {

connection_probe::state connection_probe::fail_with(int error) {
  why_ = std::generic_category().message(error);
  close();
  return now_ = state::failed;
}

result<void> connection_probe::start(const socket_address& to) {
  close();
  sockaddr_storage native{};
  auto length = to.to_native(native);
  socket_ =
      ::socket(native.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0)
    return fail(ec::io, to.to_string(), std::generic_category().message(errno));
  now_ = state::pending;
  why_.clear();
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&native), length)
      == 0)
    now_ = state::open;
  else if (errno != EINPROGRESS)
    fail_with(errno);
  return {};
}

connection_probe::state connection_probe::look() {
  if (now_ != state::pending)
    return now_;
  pollfd one{socket_, POLLOUT, 0};
  if (::poll(&one, 1, 0) <= 0)
    return now_;
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    error = errno;
  return error == 0 ? now_ = state::open : fail_with(error);
}

void connection_probe::close() noexcept {
  if (auto old = std::exchange(socket_, -1); old >= 0)
    ::close(old);
}

} // namespace tocsin::transports
