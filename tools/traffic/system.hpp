#pragma once
#include "tools/traffic/endpoint.hpp"

#include <cstdint>
#include <utility>

/// The little that the three programs need of the system.
namespace tocsin::tools::traffic {

/// Owns a file descriptor.
class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();
  int get() const noexcept { return fd_; }

private:
  int fd_;
};

/// Milliseconds since 1970.
std::int64_t wall_ms();

/// A non-blocking socket of the family of `where`. `type` is SOCK_STREAM or
/// SOCK_DGRAM.
result<descriptor> open_socket(const address& where, int type);
/// As open_socket, bound to `where`; port 0: the system chooses.
result<descriptor> bind_socket(const endpoint& where, int type);
/// The port that a socket is bound to.
std::uint16_t port_of(const descriptor& socket);

/// Makes SIGINT and SIGTERM end the program in an orderly way, and SIGPIPE do
/// nothing.
void catch_signals();
/// Whether one of them came.
bool stopped() noexcept;

} // namespace tocsin::tools::traffic
