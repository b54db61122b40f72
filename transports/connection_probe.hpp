#pragma once
#include "protocol/error.hpp"
#include "transports/socket_address.hpp"

#include <cstdint>
#include <string>

namespace tocsin::transports {

/// Whether somebody listens at a TCP address, without ever blocking: started,
/// and looked at now and then. Not thread-safe.
class connection_probe {
public:
  enum class state : std::uint8_t { pending, open, failed };

  connection_probe() = default;
  connection_probe(const connection_probe&) = delete;
  connection_probe& operator=(const connection_probe&) = delete;
  ~connection_probe() { close(); }

  /// Fails with ec::io if the system has no socket for it.
  result<void> start(const socket_address& to);
  state look();
  /// Why it failed, as the system says it.
  const std::string& why() const noexcept { return why_; }
  void close() noexcept;

private:
  state fail_with(int error);

  int socket_ = -1;
  state now_ = state::failed;
  std::string why_ = "not started";
};

} // namespace tocsin::transports
