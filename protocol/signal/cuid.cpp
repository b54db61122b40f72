#include "protocol/signal/cuid.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// Octets of the digest that make a cuid (RFC 9132, Section 4.4.1.1).
constexpr std::size_t digest_part = 16;

} // namespace

std::string base64url(byte_view octets) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    auto n = std::min<std::size_t>(3, octets.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < n ? octets[i + k] : 0u);
    for (std::size_t k = 0; k <= n; ++k)
      out += alphabet[group >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string cuid_from_digest(byte_view sha256) {
  return base64url(sha256.first(std::min(digest_part, sha256.size())));
}

bool valid_cuid(std::string_view text) noexcept {
  auto allowed = [](char c) { return c > ' ' && c <= '~' && c != '/'; };
  return !text.empty() && text.size() <= max_cuid_length
         && std::ranges::all_of(text, allowed);
}

} // namespace tocsin::protocol::signal
