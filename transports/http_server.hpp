#pragma once
#include "protocol/error.hpp"
#include "transports/http.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace tocsin::transports {

/// Bounds on what local callers can make the node hold.
struct http_limits {
  std::size_t body = 1024 * 1024;         ///< octets; beyond: 413
  std::size_t header = 16 * 1024;         ///< octets; beyond: 431
  std::size_t connections = 64;           ///< at once; beyond: 503 and closed
  std::chrono::milliseconds idle{30'000}; ///< to send a request, take an answer
  /// For the handler's reply; then 504. Longer than any `wait` of the API.
  std::chrono::milliseconds answer{600'000};
};

/// HTTP/1.1 on a Unix-domain stream socket, served by a thread of its own.
/// Connections are kept alive if the caller wants; requests of one connection
/// are answered in order, one at a time.
///
/// Only one server at a time can own a path: it holds a lock on PATH.lock for
/// as long as it lives, so the socket file of a process that died is replaced
/// safely.
class unix_http_server {
public:
  /// Listens at `path` with file mode `mode` (e.g. 0660). Makes missing
  /// directories above it with mode 0750. Fails with ec::conflict if another
  /// node is running there, ec::out_of_range if the path is too long for a
  /// socket, ec::io; `where` is the path.
  static result<unix_http_server> start(const std::string& path, unsigned mode,
                                        http_handler handler,
                                        http_limits limits = {});

  unix_http_server(unix_http_server&&) noexcept;
  unix_http_server& operator=(unix_http_server&&) noexcept;

  /// Stops.
  ~unix_http_server();

  /// Closes all connections, removes the socket file and joins the thread; a
  /// second call does nothing. Not to be called from the handler.
  void stop();

private:
  class impl;
  explicit unix_http_server(std::shared_ptr<impl> p) noexcept;
  std::shared_ptr<impl> impl_;
};

} // namespace tocsin::transports
