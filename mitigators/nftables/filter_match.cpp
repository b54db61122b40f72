#include "mitigators/nftables/filter_match.hpp"

#include "mitigators/nftables/fragments.hpp"

#include <optional>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::port_match;
using protocol::data::prefix;
using protocol::data::tcp_match;
using protocol::data::udp_match;

/// Bits of the transport header, from `offset` on. Not by name: names of flags
/// and of ICMP types would do no more than these numbers.
std::string transport_bits(int offset, int length) {
  return R"({"payload":{"base":"th","offset":)" + std::to_string(offset)
         + ",\"len\":" + std::to_string(length) + "}}";
}

std::string masked(const std::string& left, unsigned mask) {
  return R"({"&":[)" + left + "," + std::to_string(mask) + "]}";
}

/// Octets 12 and 13 of a TCP header without the data offset.
constexpr int tcp_flags_offset = 96;
constexpr int tcp_flags_length = 16;

/// Collects conditions until one turns out to be impossible.
class match_builder {
public:
  explicit match_builder(prefix::family family)
      : ipv4_{family == prefix::family::ipv4} {}

  void ip(const ip_match& x) {
    auto name = ipv4_ ? "ip" : "ip6";
    if (x.source && x.source->length() > 0)
      add(field(name, "saddr", {value(*x.source)}));
    number(name, "length", x.length);
    number(name, "dscp", x.dscp);
    number(name, "ecn", x.ecn);
    number(name, ipv4_ ? "ttl" : "hoplimit", x.ttl);
    if (x.protocol)
      demand(*x.protocol);
  }
  void operator()(std::monostate) {}
  void operator()(const tcp_match& x) {
    demand(6);
    ports(x);
    if (x.flags)
      flags(*x.flags);
  }
  void operator()(const udp_match& x) {
    demand(17);
    ports(x);
    bits(32, 16, x.length);
  }
  void operator()(const icmp_match& x) {
    demand(ipv4_ ? 1 : 58);
    bits(0, 8, x.type);
    bits(8, 8, x.code);
  }

  /// Whether something of the transport header is looked at.
  bool uses_transport() const { return uses_transport_; }

  /// Nothing if no packet can fulfil all.
  std::optional<clause> finish() {
    if (!possible_)
      return std::nullopt;
    clause all;
    if (protocol_)
      all.push_back(layer4({*protocol_}));
    all.insert(all.end(), conditions_.begin(), conditions_.end());
    return all;
  }

private:
  void add(condition x) { conditions_.push_back(std::move(x)); }
  void demand(std::uint8_t protocol) {
    possible_ = possible_ && protocol_.value_or(protocol) == protocol;
    protocol_ = protocol;
  }
  template <class T>
  void number(std::string_view protocol, std::string_view name,
              const std::optional<T>& x) {
    if (x)
      add(field(protocol, name, {std::to_string(unsigned{*x})}));
  }
  /// A condition for the transport header.
  void look_at(condition x) {
    uses_transport_ = true;
    add(std::move(x));
  }
  template <class T>
  void bits(int offset, int length, const std::optional<T>& x) {
    if (x)
      look_at({transport_bits(offset, length), {std::to_string(unsigned{*x})}});
  }
  template <class T>
  void ports(const T& x) {
    port("sport", x.source);
    port("dport", x.destination);
  }
  void port(std::string_view name, const std::optional<port_match>& x) {
    if (!x)
      return;
    uses_transport_ = true; // even if any port will do
    auto all = x->range.lower == 0 && x->range.upper == 65535;
    possible_ = possible_ && !(all && x->negate);
    if (all)
      return;
    if (!x->negate)
      return look_at(field("th", name, {value(x->range)}));
    // Always as a range: libnftables makes one inequality of two adjacent
    // ones, which holds if either differs.
    auto range = "{\"range\":[" + std::to_string(x->range.lower) + ","
                 + std::to_string(x->range.upper) + "]}";
    auto c = field("th", name, {range});
    c.op = "!=";
    look_at(std::move(c));
  }
  void flags(const bits_match& x) {
    uses_transport_ = true;
    if (x.bits == 0) { // all of none are set, any of none is not
      possible_ = possible_ && x.any == x.negate;
      return;
    }
    auto left = transport_bits(tcp_flags_offset, tcp_flags_length);
    auto right = x.any ? std::uint16_t{0} : x.bits;
    // "any" is fulfilled by a difference from zero, "match" by equality.
    look_at({masked(left, x.bits),
             {std::to_string(right)},
             x.any != x.negate ? "!=" : "=="});
  }

  bool ipv4_;
  bool possible_ = true;
  bool uses_transport_ = false;
  std::optional<std::uint8_t> protocol_;
  clause conditions_;
};

} // namespace

std::vector<clause> clauses_of(const protocol::data::packet_match& x,
                               prefix::family family) {
  if (x.ip && x.ip->family != family)
    return {};
  match_builder builder{family};
  if (x.ip)
    builder.ip(*x.ip);
  std::visit(builder, x.l4);
  auto common = builder.finish();
  if (!common)
    return {};
  bits_match fragment; // without bits: all packets match
  if (x.ip && x.ip->fragment)
    fragment = *x.ip->fragment;
  std::vector<clause> result;
  for (auto& part :
       fragment_clauses(fragment, family, builder.uses_transport())) {
    part.insert(part.end(), common->begin(), common->end());
    result.push_back(std::move(part));
  }
  return result;
}

} // namespace tocsin::mitigators::nftables
