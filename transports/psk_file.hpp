#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tocsin::transports {

/// Pre-shared keys by identity (RFC 4279), as psktool writes them: a line is
/// `identity:hexkey`; empty lines and lines that begin with # do not count.
/// A key has 16 to 64 octets, an identity 1 to 127 of printable UTF-8 without
/// a colon. Immutable; keys are wiped at the end.
class psk_table {
public:
  /// Fails with ec::io, ec::too_large, ec::unauthorized (others may read the
  /// file), ec::malformed or ec::conflict (an identity occurs twice); `where`
  /// is the file, `detail` names the line and never its content.
  static result<psk_table> load(const std::filesystem::path& file);

  psk_table() = default;
  ~psk_table();
  psk_table(psk_table&&) noexcept = default;
  psk_table& operator=(psk_table&&) noexcept = default;
  psk_table(const psk_table&) = delete;
  psk_table& operator=(const psk_table&) = delete;

  bool empty() const noexcept { return keys_.empty(); }
  std::size_t size() const noexcept { return keys_.size(); }

  /// The key of an identity; null: unknown.
  const bytes* find(std::string_view identity) const;

  /// The identity that sorts first, the only one of a client.
  /// Precondition: !empty().
  const std::string& first() const { return keys_.begin()->first; }

  /// SHA-256 of all identities and keys: a change of any changes it.
  const std::array<std::uint8_t, 32>& digest() const noexcept {
    return digest_;
  }

private:
  result<void> add(std::string_view line);

  std::map<std::string, bytes, std::less<>> keys_;
  std::array<std::uint8_t, 32> digest_{};
};

} // namespace tocsin::transports
