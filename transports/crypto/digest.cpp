#include "transports/crypto/digest.hpp"

#include "protocol/signal/cuid.hpp"

#include <openssl/rand.h>
#include <openssl/sha.h>

namespace tocsin::transports::crypto {

sha256_digest sha256(byte_view octets) noexcept {
  sha256_digest out;
  SHA256(octets.data(), octets.size(), out.data());
  return out;
}

std::string to_hex(byte_view octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(octets.size() * 2);
  for (auto x : octets) {
    out += digits[x >> 4];
    out += digits[x & 15];
  }
  return out;
}

void fill_random(std::span<std::uint8_t> octets) noexcept {
  // BoringSSL ends the process if the system has no randomness to give.
  RAND_bytes(octets.data(), octets.size());
}

bytes random_bytes(std::size_t size) {
  bytes out(size);
  fill_random(out);
  return out;
}

std::string cuid_of(const sha256_digest& spki) {
  return protocol::signal::cuid_from_digest(spki);
}

} // namespace tocsin::transports::crypto
