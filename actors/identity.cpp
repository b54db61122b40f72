#include "actors/identity.hpp"

#include "transports/crypto/digest.hpp"

namespace tocsin::actors {

namespace crypto = transports::crypto;

namespace {

/// Of hexadecimal digits that are known to be some.
transports::crypto::sha256_digest octets_of(std::string_view hex) {
  transports::crypto::sha256_digest out{};
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < out.size() && 2 * i + 1 < hex.size(); ++i)
    out[i] = static_cast<std::uint8_t>(value(hex[2 * i]) * 16
                                       + value(hex[2 * i + 1]));
  return out;
}

} // namespace

std::string cdid_of(const transports::peer_identity& x) {
  constexpr std::string_view mark = "sha256:";
  if (!x.psk_identity.empty())
    return crypto::cuid_of(crypto::sha256(as_octets(x.psk_identity)));
  std::string_view print = x.spki_fingerprint;
  if (!print.starts_with(mark))
    return {};
  return crypto::cuid_of(octets_of(print.substr(mark.size())));
}

} // namespace tocsin::actors
