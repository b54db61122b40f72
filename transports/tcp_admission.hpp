#pragma once
#include "transports/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace tocsin::transports {

/// Counts the connections whose handshake goes on, in all and by where they
/// come from. Sans-I/O.
class tcp_admission {
public:
  /// Handshakes in progress of one source. All hosts of a site may come back
  /// at once from behind one translated address, so it is not one or two; and
  /// 16 sources are needed to occupy the usual 256 places.
  static constexpr std::uint32_t max_per_source = 16;

  explicit tcp_admission(std::size_t limit) noexcept : limit_{limit} {}

  /// Are all places taken?
  bool full() const noexcept { return size_ >= limit_; }

  /// Takes a place; false if its source has its share already, or none is
  /// free.
  bool enter(const socket_address& peer);

  /// Gives the place of enter() back.
  void leave(const socket_address& peer);

  std::size_t size() const noexcept { return size_; }

private:
  std::size_t limit_;
  std::size_t size_ = 0;
  std::unordered_map<socket_address, std::uint32_t> sources_;
};

} // namespace tocsin::transports
