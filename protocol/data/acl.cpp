#include "protocol/data/acl.hpp"

#include "protocol/schema/labels.hpp"

namespace tocsin::protocol::data {

namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t protocol_icmp = 1;
constexpr std::uint8_t protocol_icmpv6 = 58;

template <class T>
bool equals(const std::optional<T>& wanted, T value) {
  return !wanted || *wanted == value;
}

template <class Match, class T>
bool holds(const std::optional<Match>& wanted, T value) {
  return !wanted || wanted->holds(value);
}

bool within(const std::optional<prefix>& wanted, const prefix& value) {
  return !wanted || wanted->contains(value);
}

bool matches_ip(const ip_match& x, const packet_summary& packet) {
  return x.family == packet.destination.which()
         && within(x.destination, packet.destination)
         && within(x.source, packet.source)
         && equals(x.protocol, packet.protocol)
         && equals(x.length, packet.length) && equals(x.dscp, packet.dscp)
         && equals(x.ecn, packet.ecn) && equals(x.ttl, packet.ttl)
         && holds(x.fragment, packet.fragment);
}

/// Judges the transport header of one packet.
struct l4_judge {
  const packet_summary& packet;

  bool operator()(std::monostate) const { return true; }

  bool operator()(const tcp_match& x) const {
    if (packet.protocol != protocol_tcp)
      return false;
    if (!packet.has_l4)
      return x == tcp_match{};
    return holds(x.source, packet.source_port)
           && holds(x.destination, packet.destination_port)
           && holds(x.flags, packet.tcp_flags);
  }

  bool operator()(const udp_match& x) const {
    if (packet.protocol != protocol_udp)
      return false;
    if (!packet.has_l4)
      return x == udp_match{};
    return holds(x.source, packet.source_port)
           && holds(x.destination, packet.destination_port)
           && equals(x.length, packet.udp_length);
  }

  bool operator()(const icmp_match& x) const {
    auto wanted =
        packet.destination.is_ipv4() ? protocol_icmp : protocol_icmpv6;
    if (packet.protocol != wanted)
      return false;
    if (!packet.has_l4)
      return x == icmp_match{};
    return equals(x.type, packet.icmp_type) && equals(x.code, packet.icmp_code);
  }
};

} // namespace

std::optional<activation> parse_activation(std::string_view text) noexcept {
  auto value = schema::value_of(schema::activation_labels, text);
  return value == 0 ? std::nullopt
                    : std::optional{static_cast<activation>(value)};
}

std::string_view to_string(acl_type x) noexcept {
  switch (x) {
  case acl_type::none:
    return {};
  case acl_type::ipv4:
    return "ipv4-acl-type";
  case acl_type::ipv6:
    return "ipv6-acl-type";
  }
  return {};
}

std::string_view to_string(forwarding x) noexcept {
  return x == forwarding::accept ? "accept" : "drop";
}

bool matches(const ace& entry, const packet_summary& packet) {
  if (entry.match.ip && !matches_ip(*entry.match.ip, packet))
    return false;
  return std::visit(l4_judge{packet}, entry.match.l4);
}

const ace* first_match(const std::vector<acl>& lists,
                       const packet_summary& packet) {
  for (const auto& list : lists)
    for (const auto& entry : list.aces)
      if (matches(entry, packet))
        return &entry;
  return nullptr;
}

} // namespace tocsin::protocol::data
