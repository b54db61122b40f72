#pragma once
#include "protocol/time.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace tocsin::protocol::coap {

/// Message ids of what we send: ascending from a random start, none used
/// again within its lifetime (RFC 7252, Section 4.4). Remembers the time of
/// use by blocks of 4096, not one by one; a block is free again when all of
/// it is.
class mid_sequence {
public:
  explicit mid_sequence(std::uint64_t random) noexcept
      : next_{static_cast<std::uint16_t>(random)} {
    blocks_.fill(unused);
  }

  /// The next id; nothing if it was used less than `lifetime` ago, which
  /// takes more than 60,000 messages in that time.
  std::optional<std::uint16_t> next(time_point now,
                                    duration lifetime) noexcept {
    auto& block = blocks_[next_ / block_size];
    const auto entered = next_ % block_size == 0;
    if (entered && block != unused && now - block < lifetime)
      return std::nullopt;
    block = now;
    return next_++;
  }

private:
  static constexpr std::uint32_t block_size = 4096;

  static constexpr auto unused = time_point::min();

  std::uint16_t next_;
  std::array<time_point, 65536 / block_size> blocks_;
};

} // namespace tocsin::protocol::coap
