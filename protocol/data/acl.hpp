#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/signal/prefix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The DOTS data channel (RFC 8783): aliases, filters and their DATASTORE.
namespace tocsin::protocol::data {

using signal::activation;
using signal::port_range;
using signal::prefix;
using signal::to_string;

/// The value of a label; nothing for any other text.
std::optional<activation> parse_activation(std::string_view text) noexcept;

/// Kind of packets that an ACL filters (RFC 8519, acl-base).
enum class acl_type : std::uint8_t {
  none, ///< not said: entries without an IP header match, both families
  ipv4,
  ipv6,
};

/// "ipv4-acl-type", "ipv6-acl-type", or empty.
std::string_view to_string(acl_type x) noexcept;

/// What happens to a packet that an entry matches (RFC 8783, Section 4.1).
enum class forwarding : std::uint8_t {
  accept,
  drop, ///< silently
};

/// "accept" or "drop".
std::string_view to_string(forwarding x) noexcept;

/// The typedef `operator` with its operand: compares `bits` with what the
/// packet has. `match` wants all of them, `any` at least one; `negate` is the
/// bit `not`, which turns the outcome round.
struct bits_match {
  bool any = false;
  bool negate = false;
  std::uint16_t bits = 0;

  bool holds(std::uint16_t data) const noexcept {
    bool hit = any ? (data & bits) != 0 : (data & bits) == bits;
    return hit != negate;
  }
  friend bool operator==(const bits_match&, const bits_match&) = default;
};

/// Values for the `bits` of a fragment match (typedef fragment-type).
namespace fragment {
inline constexpr std::uint16_t df = 1;  ///< don't fragment, IPv4 only
inline constexpr std::uint16_t isf = 2; ///< any fragment, even an atomic one
inline constexpr std::uint16_t ff = 4;  ///< the first one (offset zero)
inline constexpr std::uint16_t lf = 8;  ///< the last one
} // namespace fragment

/// The bits of a TCP header that flags-bitmask looks at: octet 13 and the low
/// half of octet 12 (RFC 8783, Section 4.3).
inline constexpr std::uint16_t tcp_flag_bits = 0x0fff;

/// The four operators of RFC 8519 and ranges are one thing here: a port
/// matches if it lies in the range, or outside of it with `negate` (neq).
struct port_match {
  port_range range;
  bool negate = false;

  bool holds(std::uint16_t port) const noexcept {
    return (port >= range.lower && port <= range.upper) != negate;
  }
  friend bool operator==(const port_match&, const port_match&) = default;
};

/// The IP header; what is absent matches everything.
struct ip_match {
  prefix::family family = prefix::family::ipv4;
  std::optional<prefix> destination; ///< of that family
  std::optional<prefix> source;      ///< of that family
  std::optional<std::uint8_t> protocol;
  /// IPv4: total length; IPv6: payload length.
  std::optional<std::uint16_t> length;
  std::optional<bits_match> fragment;
  std::optional<std::uint8_t> dscp; ///< 0..63
  std::optional<std::uint8_t> ecn;  ///< 0..3
  std::optional<std::uint8_t> ttl;  ///< IPv6: hop limit

  friend bool operator==(const ip_match&, const ip_match&) = default;
};

struct tcp_match {
  std::optional<port_match> source;
  std::optional<port_match> destination;
  std::optional<bits_match> flags; ///< within tcp_flag_bits

  friend bool operator==(const tcp_match&, const tcp_match&) = default;
};

struct udp_match {
  std::optional<port_match> source;
  std::optional<port_match> destination;
  std::optional<std::uint16_t> length;

  friend bool operator==(const udp_match&, const udp_match&) = default;
};

/// ICMP in IPv4 packets, ICMPv6 in IPv6 packets.
struct icmp_match {
  std::optional<std::uint8_t> type;
  std::optional<std::uint8_t> code;

  friend bool operator==(const icmp_match&, const icmp_match&) = default;
};

/// The transport header: present but empty still demands the protocol.
using l4_match = std::variant<std::monostate, tcp_match, udp_match, icmp_match>;

/// What a packet must be like for an entry. Without `ip` both families match;
/// entries of an ACL with a type always have `ip`.
struct packet_match {
  std::optional<ip_match> ip;
  l4_match l4;

  friend bool operator==(const packet_match&, const packet_match&) = default;
};

/// One access control entry.
struct ace {
  std::string name;
  packet_match match;
  forwarding action = forwarding::accept;
  /// Hundredths of octets per second, with `accept` only; 0 lets nothing pass.
  std::optional<std::uint64_t> rate;

  friend bool operator==(const ace&, const ace&) = default;
};

/// An access control list of a client.
struct acl {
  std::string name;
  acl_type type = acl_type::none;
  activation when = activation::activate_when_mitigating;
  std::vector<ace> aces; ///< the first one that matches decides

  friend bool operator==(const acl&, const acl&) = default;
};

/// An entry in force, as a driver needs it: it never reaches beyond the
/// customer (RFC 8783, Section 7.2).
struct active_entry {
  std::string acl;
  std::string ace; ///< together with `acl` unique within the client
  /// Where packets must go to: the entry's own destination, or else all
  /// prefixes of the customer (of the right family). Never empty.
  std::vector<prefix> destinations;
  packet_match match;
  forwarding action = forwarding::accept;
  std::optional<std::uint64_t> rate; ///< as in `ace`

  friend bool operator==(const active_entry&, const active_entry&) = default;
};

/// What entries look at in one packet.
struct packet_summary {
  prefix source;             ///< host prefix
  prefix destination;        ///< host prefix; its family is that of the packet
  std::uint8_t protocol = 6; ///< IPv6: behind all extension headers
  std::uint16_t length = 40;
  std::uint16_t fragment = 0; ///< what of fragment::df... is true of it
  std::uint8_t dscp = 0;
  std::uint8_t ecn = 0;
  std::uint8_t ttl = 64;
  /// Whether the transport header is in this packet: not in fragments other
  /// than the first.
  bool has_l4 = true;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t tcp_flags = 0; ///< tcp_flag_bits
  std::uint16_t udp_length = 8;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
};

/// Whether an entry matches a packet. A fragment without a transport header
/// matches a transport match only if that asks for nothing but the protocol.
bool matches(const ace& entry, const packet_summary& packet);

/// The first entry of the lists, in their order, that matches; null: none
/// (RFC 8783, Section 4.1). Activation is not looked at.
const ace* first_match(const std::vector<acl>& lists,
                       const packet_summary& packet);

/// Whether some packet can match both entries.
bool overlap(const ace& a, const ace& b);

} // namespace tocsin::protocol::data
