#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace tocsin::transports {

/// Resumption is offered for so long after a full handshake, or a little
/// longer; keys that encrypt tickets change as often.
inline constexpr std::chrono::seconds ticket_period = std::chrono::hours{6};

/// The secret behind session tickets: with it a server resumes associations
/// and keeps nothing about them (RFC 9132, Section 7.1; RFC 5077). Whoever
/// knows it can read what was resumed, so what encrypts tickets is derived
/// from it anew every ticket_period. Nodes that share the file resume each
/// other's associations. Immutable, for any thread.
class ticket_keys {
public:
  static constexpr std::size_t master_size = 64;

  /// Reads the file, 64 octets that only its owner may read, or creates it.
  /// Fails with ec::io, ec::unauthorized or ec::malformed.
  static result<std::shared_ptr<const ticket_keys>>
  load_or_create(const std::filesystem::path& file);

  /// Good for as long as the process runs.
  static std::shared_ptr<const ticket_keys> random();

  explicit ticket_keys(const std::array<std::uint8_t, master_size>& master);
  ~ticket_keys();
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;

  /// GnuTLS's master key for tickets of DTLS; it derives keys that change with
  /// the time by itself. `context`: tickets under another are worthless.
  bytes dtls_key(byte_view context) const;

  /// seal() makes a text so much longer.
  static constexpr std::size_t overhead = 4 + 12 + 16;

  /// Encrypts what a ticket of TLS says; empty if the library fails.
  bytes seal(byte_view text, byte_view context, unix_seconds now) const;

  /// Decrypts what seal() made within this period or the one before; nothing
  /// if it was not made with this secret and context, or too long ago.
  std::optional<bytes> open(byte_view ticket, byte_view context,
                            unix_seconds now) const;

private:
  bytes derive(std::string_view label, byte_view context,
               std::size_t size) const;
  bytes period_key(byte_view context, std::uint32_t period) const;

  std::array<std::uint8_t, master_size> master_;
};

} // namespace tocsin::transports
