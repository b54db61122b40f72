#pragma once
#include "protocol/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace tocsin::actors {

/// Heartbeat requests (RFC 9132, Section 4.7) by the octets of their options
/// and payload. An implementation sends the same octets again and again, so
/// what was read once with care is known again by comparing. One thread.
class heartbeat_requests {
public:
  /// The peer-hb-status of a PUT with this content, if that is a heartbeat
  /// which needs no other answer than 2.04. Nothing for one that is to be
  /// refused, has options which mean something to CoAP, or is unusual in any
  /// other way: it goes the long way.
  std::optional<bool> find(byte_view content);

  /// Those known to this thread.
  static heartbeat_requests& of_thread();

private:
  static constexpr std::size_t most_octets = 62;

  struct known {
    std::uint8_t size = 0;
    bool peer_hb_status = false;
    std::array<std::uint8_t, most_octets> octets;
  };

  void remember(byte_view content, bool peer_hb_status);

  std::array<known, 8> known_;
  std::size_t next_ = 0; ///< to be replaced
};

} // namespace tocsin::actors
