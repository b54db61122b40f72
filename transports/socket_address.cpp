#include "transports/socket_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

namespace tocsin::transports {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0,    0,
                                                     0, 0, 0, 0, 0xff, 0xff};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || text.empty())
    return std::nullopt;
  return port;
}

// A zone is an interface's name or index (RFC 4007, Section 11).
std::optional<std::uint32_t> parse_scope(std::string_view zone) {
  std::uint32_t index = 0;
  auto end = zone.data() + zone.size();
  auto [stop, error] = std::from_chars(zone.data(), end, index);
  if (error == std::errc{} && stop == end && index != 0)
    return index;
  index = if_nametoindex(std::string{zone}.c_str());
  return index != 0 ? std::optional{index} : std::nullopt;
}

} // namespace

socket_address socket_address::v4(const std::array<std::uint8_t, 4>& address,
                                  std::uint16_t port) noexcept {
  socket_address x;
  x.port_ = port;
  std::ranges::copy(address, x.octets_.begin());
  return x;
}

socket_address socket_address::v6(const std::array<std::uint8_t, 16>& address,
                                  std::uint16_t port,
                                  std::uint32_t scope) noexcept {
  socket_address x;
  x.port_ = port;
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.begin())) {
    std::copy(address.begin() + 12, address.end(), x.octets_.begin());
    return x;
  }
  x.family_ = ip_family::v6;
  x.scope_ = scope;
  x.octets_ = address;
  return x;
}

socket_address
socket_address::from_native(const sockaddr_storage& native) noexcept {
  if (native.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &native, sizeof in);
    std::array<std::uint8_t, 4> address;
    std::memcpy(address.data(), &in.sin_addr, address.size());
    return v4(address, ntohs(in.sin_port));
  }
  if (native.ss_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, &native, sizeof in);
    std::array<std::uint8_t, 16> address;
    std::memcpy(address.data(), &in.sin6_addr, address.size());
    return v6(address, ntohs(in.sin6_port), in.sin6_scope_id);
  }
  return {};
}

result<socket_address> socket_address::parse(std::string_view text) {
  auto bad = [text](std::string why) {
    return fail(ec::malformed, std::string{text}, std::move(why));
  };
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad("an address needs a port, as in 192.0.2.1:4646");
  auto port = parse_port(text.substr(colon + 1));
  if (!port)
    return bad("the port is not a number from 0 to 65535");
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    return parse_host(host.substr(1, host.size() - 2), *port);
  if (host.find(':') != std::string_view::npos)
    return bad("an IPv6 address needs brackets, as in [2001:db8::1]:4646");
  return parse_host(host, *port);
}

result<socket_address> socket_address::parse_host(std::string_view host,
                                                  std::uint16_t port) {
  auto bad = fail(ec::malformed, std::string{host},
                  "not an IPv4 or IPv6 address literal");
  auto percent = host.find('%');
  std::string address{host.substr(0, percent)};
  if (address.find('\0') != std::string::npos)
    return bad;
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET6, address.c_str(), octets.data()) == 1) {
    std::optional<std::uint32_t> scope = 0;
    if (percent != std::string_view::npos)
      scope = parse_scope(host.substr(percent + 1));
    if (!scope)
      return fail(ec::malformed, std::string{host}, "no such interface");
    return v6(octets, port, *scope);
  }
  std::array<std::uint8_t, 4> short_octets{};
  if (percent == std::string_view::npos
      && inet_pton(AF_INET, address.c_str(), short_octets.data()) == 1)
    return v4(short_octets, port);
  return bad;
}

bool socket_address::is_any() const noexcept {
  return std::ranges::all_of(octets_, [](auto x) { return x == 0; });
}

socket_address socket_address::with_port(std::uint16_t port) const noexcept {
  auto x = *this;
  x.port_ = port;
  return x;
}

std::uint32_t socket_address::to_native(sockaddr_storage& out) const noexcept {
  if (family_ == ip_family::v4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port_);
    std::memcpy(&in.sin_addr, octets_.data(), 4);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port_);
  in.sin6_scope_id = scope_;
  std::memcpy(&in.sin6_addr, octets_.data(), 16);
  std::memcpy(&out, &in, sizeof in);
  return sizeof in;
}

std::string socket_address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family_ == ip_family::v4 ? AF_INET : AF_INET6, octets_.data(),
            text.data(), text.size());
  std::string out{text.data()};
  if (scope_ != 0)
    out += "%" + std::to_string(scope_);
  return out;
}

std::string socket_address::to_string() const {
  auto text = family_ == ip_family::v4 ? host() : "[" + host() + "]";
  return text + ":" + std::to_string(port_);
}

std::size_t socket_address::hash() const noexcept {
  // The seed of the process keeps peers from choosing their bucket; the
  // multipliers are those of the MurmurHash3 finalizer.
  static const auto seed =
      std::hash<const void*>{}(&mapped_prefix) ^ 0x9e3779b97f4a7c15ull;
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), octets_.data(), octets_.size());
  auto mix = [](std::uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
  };
  auto tail = (std::uint64_t{scope_} << 32) | (std::uint64_t{port_} << 1)
              | static_cast<std::uint64_t>(family_);
  return mix(mix(mix(seed ^ halves[0]) ^ halves[1]) ^ tail);
}

} // namespace tocsin::transports
