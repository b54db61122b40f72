#pragma once
#include "protocol/error.hpp"
#include "tools/load/arguments.hpp"
#include "tools/load/swarm.hpp"

namespace tocsin::tools::load {

/// Reads the credentials and addresses of a swarm.
result<swarm_target> target_of(const arguments& with);

/// Opens the slots of a swarm, a few at a time. Its owner passes on the
/// events and turns the swarm until done().
class connector {
public:
  explicit connector(swarm& clients) : clients_{clients} {}

  /// Starts the first handshakes.
  result<void> begin();

  /// A session is up: the next one may begin.
  result<void> on_up();

  bool done() const noexcept { return up_ == clients_.size(); }

private:
  result<void> open_next();

  // Enough to keep the server busy while a flight travels.
  static constexpr std::size_t in_flight = 32;

  swarm& clients_;
  std::size_t opened_ = 0;
  std::size_t up_ = 0;
};

} // namespace tocsin::tools::load
