#include "protocol/signal/nat64.hpp"

#include "protocol/signal/address_translation.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

constexpr std::uint8_t lengths[]{32, 40, 48, 56, 64, 96};

/// Octet that stays zero (RFC 6052, Section 2.2).
constexpr std::size_t reserved_octet = 8;

} // namespace

prefix well_known_nat64() {
  return {prefix::family::ipv6, {0x00, 0x64, 0xff, 0x9b}, 96};
}

result<prefix> parse_nat64(std::string_view text) {
  if (text == "well-known")
    return well_known_nat64();
  auto x = prefix::parse(text);
  if (!x)
    return x.error();
  if (x->is_ipv4() || std::ranges::count(lengths, x->length()) == 0)
    return fail(ec::out_of_range, "prefix",
                "must be an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits");
  if (x->octets()[reserved_octet] != 0)
    return fail(ec::out_of_range, "prefix", "bits 64 to 71 must be zero");
  return x;
}

result<prefix> embed_ipv4(const prefix& nat64, const prefix& address) {
  if (!address.is_ipv4() || address.length() != address.max_length())
    return fail(ec::out_of_range, "address", "is no IPv4 address");
  if (nat64 == well_known_nat64()
      && (address.is_special() || is_internal_only(address)))
    return fail(ec::out_of_range, "address",
                "is not global, so that the well-known prefix is not for it");
  auto octets = nat64.octets();
  std::size_t at = nat64.length() / 8u;
  for (std::size_t i = 0; i < 4; ++i) {
    if (at == reserved_octet)
      ++at;
    octets[at++] = address.octets()[i];
  }
  return prefix{prefix::family::ipv6, octets, 128};
}

} // namespace tocsin::protocol::signal
