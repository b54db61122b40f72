#pragma once
#include "protocol/time.hpp"
#include "tests/sim/dice.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tocsin::sim {

enum class way : std::uint8_t { to_server, to_client };

/// What a path does to datagrams.
struct path_quality {
  std::array<double, 2> loss{}; ///< percent, by `way`
  double duplicates = 0;        ///< percent
  double stragglers = 0; ///< percent that take up to `late` longer: reordering
  std::chrono::milliseconds fastest{2};
  std::chrono::milliseconds slowest{20};
  std::chrono::milliseconds late{0};
};

/// A time in which nothing passes, in one direction or both.
struct outage {
  time_point from, until;
  std::array<bool, 2> cut{}; ///< by `way`
};

/// A time in which the network lets streams pass, but no datagrams.
struct udp_block {
  time_point from = time_point::max();
  time_point until = time_point::max();
};

/// One client's path to the server.
class link {
public:
  link(path_quality quality, std::vector<outage> outages, udp_block block = {})
      : quality_{quality}, outages_{std::move(outages)}, block_{block} {}

  /// The same path without faults, but for the network's policy; or (with
  /// false) one that carries nothing.
  link healed(bool well) const;

  bool cut(way where, time_point now) const;

  /// When an outage in this direction ends; `now` if there is none.
  time_point open_again(way where, time_point now) const;

  /// How long each copy of a datagram takes that arrives; none: lost.
  std::vector<duration> carry(way where, time_point now, dice& chance) const;

  /// How long a segment of a stream takes: what is lost is sent again.
  duration carry_reliably(way where, time_point now, dice& chance) const;

private:
  duration transit(dice& chance) const;

  path_quality quality_;
  std::vector<outage> outages_;
  udp_block block_;
};

} // namespace tocsin::sim
