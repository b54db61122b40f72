#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace tocsin::transports {

enum class ip_family : std::uint8_t { v4, v6 };

/// An IP address and a port as a 24-byte value. IPv4-mapped IPv6 addresses are
/// turned into IPv4, so one peer has one spelling.
class socket_address {
public:
  /// 0.0.0.0:0.
  socket_address() = default;

  static socket_address v4(const std::array<std::uint8_t, 4>& address,
                           std::uint16_t port) noexcept;

  /// `scope`: interface index of a link-local address, else 0.
  static socket_address v6(const std::array<std::uint8_t, 16>& address,
                           std::uint16_t port,
                           std::uint32_t scope = 0) noexcept;

  /// Reads the kernel's form; an address of another family gives 0.0.0.0:0.
  static socket_address from_native(const sockaddr_storage& native) noexcept;

  /// Reads "192.0.2.1:4646" or "[2001:db8::1%eth0]:4646"; literals only, never
  /// a name. Fails with ec::malformed.
  static result<socket_address> parse(std::string_view text);

  /// Reads an address without brackets or port. Fails with ec::malformed.
  static result<socket_address> parse_host(std::string_view host,
                                           std::uint16_t port);

  ip_family family() const noexcept { return family_; }
  std::uint16_t port() const noexcept { return port_; }

  /// Interface index, for link-local IPv6 addresses.
  std::uint32_t scope() const noexcept { return scope_; }

  /// Is this the wildcard address?
  bool is_any() const noexcept;

  /// The 4 or 16 octets of the address, network order.
  byte_view octets() const noexcept {
    return {octets_.data(), family_ == ip_family::v4 ? 4u : 16u};
  }

  socket_address with_port(std::uint16_t port) const noexcept;

  /// Writes the kernel's form and returns its length.
  std::uint32_t to_native(sockaddr_storage& out) const noexcept;

  /// "192.0.2.1" or "2001:db8::1".
  std::string host() const;

  /// "192.0.2.1:4646" or "[2001:db8::1]:4646".
  std::string to_string() const;

  std::size_t hash() const noexcept;

  friend auto operator<=>(const socket_address&,
                          const socket_address&) = default;

private:
  ip_family family_ = ip_family::v4;
  std::uint16_t port_ = 0; // host order
  std::uint32_t scope_ = 0;
  std::array<std::uint8_t, 16> octets_{}; // IPv4 uses the first four
};

} // namespace tocsin::transports

template <>
struct std::hash<tocsin::transports::socket_address> {
  std::size_t
  operator()(const tocsin::transports::socket_address& x) const noexcept {
    return x.hash();
  }
};
