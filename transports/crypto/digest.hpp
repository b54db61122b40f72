#pragma once
#include "protocol/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Digests, random numbers and X.509 work, all done by BoringSSL. The headers
/// here show none of its types. Functions may be called from any thread.
namespace tocsin::transports::crypto {

using sha256_digest = std::array<std::uint8_t, 32>;

sha256_digest sha256(byte_view octets) noexcept;

/// Lower-case hexadecimal digits.
std::string to_hex(byte_view octets);

/// Fills the octets from the system's secure source; never fails.
void fill_random(std::span<std::uint8_t> octets) noexcept;
bytes random_bytes(std::size_t size);

/// The cuid that a digest of a SubjectPublicKeyInfo leads to: 22 characters
/// for its first 16 octets (RFC 9132, Section 4.4.1.1).
std::string cuid_of(const sha256_digest& spki);

} // namespace tocsin::transports::crypto
