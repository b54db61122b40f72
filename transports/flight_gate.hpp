#pragma once
#include "transports/dtls_record.hpp"

#include <algorithm>
#include <cstdint>

namespace tocsin::transports {

/// Decides which handshake records may leave. GnuTLS sends a flight again
/// whenever it is called and finds nothing new; only we know whether it is
/// time to, and that once is enough.
class flight_gate {
public:
  /// Begins one call into GnuTLS; `repeat`: records that left before may leave
  /// once more.
  void begin(bool repeat) noexcept { passed_ = repeat ? none : highest_; }

  /// Is this record to be sent?
  bool pass(byte_view octets) noexcept {
    auto record = next_record(octets);
    if (!record || record->type == content_type::alert
        || record->type == content_type::application_data)
      return true;
    auto place = place_in_handshake(*record);
    if (place <= passed_)
      return false;
    passed_ = place;
    highest_ = std::max(highest_, place);
    return true;
  }

private:
  static constexpr std::int64_t none = -1;

  std::int64_t highest_ = none;
  std::int64_t passed_ = none;
};

} // namespace tocsin::transports
