#pragma once
#include "protocol/bytes.hpp"

#include <string>
#include <string_view>

namespace tocsin::protocol::signal {

/// Longest cuid or cdid: what fits a Uri-Path option of 255 octets (RFC 7252,
/// Section 5.10) after "cuid=".
inline constexpr std::size_t max_cuid_length = 250;

/// base64url without padding (RFC 4648, Section 5).
std::string base64url(byte_view octets);

/// The recommended cuid (or cdid): the first 16 octets of a SHA-256 digest in
/// base64url, 22 characters (RFC 9132, Section 4.4.1.1). The digest is that of
/// the DER SubjectPublicKeyInfo of the client's certificate, of its raw public
/// key, or of its PSK identity. Fewer octets than 16 are used as they are.
std::string cuid_from_digest(byte_view sha256);

/// Whether a text may serve as cuid or cdid: 1 to max_cuid_length printable
/// ASCII characters other than space and slash.
bool valid_cuid(std::string_view text) noexcept;

} // namespace tocsin::protocol::signal
