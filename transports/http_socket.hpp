#pragma once
#include "protocol/error.hpp"
#include "transports/descriptor.hpp"

#include <cstdint>
#include <string>

/// The file-system side of a listening Unix-domain socket.
namespace tocsin::transports {

/// A socket path that this process owns: the lock, the listening socket and
/// the file, which is removed at the end.
class owned_path {
public:
  /// Makes the directory (0750) if it is missing, takes the lock, replaces the
  /// socket file of a dead process, listens. Failures as in unix_http_server.
  static result<owned_path> claim(const std::string& path, unsigned mode);

  owned_path() = default;
  owned_path(owned_path&& other) noexcept;
  owned_path& operator=(owned_path&& other) noexcept;
  ~owned_path();

  /// The listening socket, for its user to take.
  descriptor& listener() noexcept { return listener_; }

private:
  result<void> lock();
  result<void> clear_stale();
  result<void> listen(unsigned mode);

  std::string path_; ///< empty: no file to remove
  descriptor lock_, listener_;
};

/// Effective user of the process at the other end, or 65534 (nobody) if the
/// system does not tell.
std::uint32_t peer_uid(int socket) noexcept;

} // namespace tocsin::transports
