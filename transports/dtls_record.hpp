#pragma once
#include "protocol/bytes.hpp"

#include <cstdint>
#include <optional>

namespace tocsin::transports {

/// Content types of DTLS 1.2 (RFC 5246, Section 6.2.1).
enum class content_type : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
};

/// The outside of one DTLS record (RFC 6347, Section 4.1).
struct dtls_record {
  content_type type;
  std::uint16_t epoch;
  byte_view whole;    ///< header included
  byte_view fragment; ///< without the header

  /// Sequence number of an unencrypted handshake message (RFC 6347, Section
  /// 4.2.2); nothing if the fragment is too short for one.
  std::optional<std::uint16_t> message_sequence() const noexcept {
    if (fragment.size() < 12)
      return std::nullopt;
    return static_cast<std::uint16_t>(fragment[4] << 8 | fragment[5]);
  }
};

/// Places of records in one side's handshake: they grow along messages and
/// their fragments, then ChangeCipherSpec, then what is encrypted.
inline constexpr std::int64_t change_place = std::int64_t{1} << 40;
inline constexpr std::int64_t encrypted_place = change_place + 1;

/// The place of a handshake or ChangeCipherSpec record.
inline std::int64_t place_in_handshake(const dtls_record& x) noexcept {
  if (x.type == content_type::change_cipher_spec)
    return change_place;
  auto sequence = x.message_sequence();
  if (x.epoch != 0 || !sequence)
    return encrypted_place;
  return std::int64_t{*sequence} << 24 | x.fragment[6] << 16
         | x.fragment[7] << 8 | x.fragment[8];
}

/// Cuts the first record off `rest`; nothing, and `rest` as it was, if there
/// is no complete record of a known type and version.
inline std::optional<dtls_record> next_record(byte_view& rest) noexcept {
  constexpr std::size_t header = 13;
  if (rest.size() <= header || rest[0] < 20 || rest[0] > 23 || rest[1] != 0xfe)
    return std::nullopt;
  std::size_t size = static_cast<std::size_t>(rest[11] << 8 | rest[12]);
  if (size == 0 || size > rest.size() - header)
    return std::nullopt;
  dtls_record x{static_cast<content_type>(rest[0]),
                static_cast<std::uint16_t>(rest[3] << 8 | rest[4]),
                rest.first(header + size), rest.subspan(header, size)};
  rest = rest.subspan(header + size);
  return x;
}

} // namespace tocsin::transports
