#include "mitigators/codec.hpp"

namespace tocsin::mitigators {

namespace {

using protocol::data::bits_match;
using protocol::data::icmp_match;
using protocol::data::ip_match;
using protocol::data::port_match;
using protocol::data::tcp_match;
using protocol::data::udp_match;
using protocol::json::writer;

template <class T>
void write_number(writer& out, std::string_view name,
                  const std::optional<T>& x) {
  if (x)
    out.member(name, unsigned{*x});
}

void write_port(writer& out, std::string_view name,
                const std::optional<port_match>& x) {
  if (!x)
    return;
  out.key(name).begin_object().member("lower", unsigned{x->range.lower});
  out.member("upper", unsigned{x->range.upper});
  if (x->negate)
    out.member("not", true);
  out.end_object();
}

/// `{"operator": ..., "bits": `, and then the caller writes the bits.
writer& begin_bits(writer& out, std::string_view name, const bits_match& x) {
  std::string words = x.negate ? "not " : "";
  words += x.any ? "any" : "match";
  return out.key(name).begin_object().member("operator", words).key("bits");
}

void write_ip(writer& out, const ip_match& x) {
  out.member("family", x.family == ip_match{}.family ? "ipv4" : "ipv6");
  if (x.source)
    out.member("source", x.source->to_string());
  write_number(out, "protocol", x.protocol);
  write_number(out, "length", x.length);
  write_number(out, "dscp", x.dscp);
  write_number(out, "ecn", x.ecn);
  write_number(out, "ttl", x.ttl);
  if (!x.fragment)
    return;
  begin_bits(out, "fragment", *x.fragment).begin_array();
  for (std::size_t i = 0; i < fragment_names.size(); ++i)
    if (x.fragment->bits >> i & 1)
      out.value(fragment_names[i]);
  out.end_array().end_object();
}

struct l4_writer {
  writer& out;

  void operator()(std::monostate) const {}
  void operator()(const tcp_match& x) const {
    begin("tcp", x);
    if (x.flags)
      begin_bits(out, "flags", *x.flags)
          .value(unsigned{x.flags->bits})
          .end_object();
    out.end_object();
  }
  void operator()(const udp_match& x) const {
    begin("udp", x);
    write_number(out, "length", x.length);
    out.end_object();
  }
  void operator()(const icmp_match& x) const {
    out.key("icmp").begin_object();
    write_number(out, "type", x.type);
    write_number(out, "code", x.code);
    out.end_object();
  }

private:
  template <class T>
  void begin(std::string_view name, const T& x) const {
    out.key(name).begin_object();
    write_port(out, "source", x.source);
    write_port(out, "destination", x.destination);
  }
};

void write_entry(writer& out, const filter_entry& x) {
  out.begin_object().member("id", x.id).member("action", to_string(x.what));
  if (x.what == filter_action::rate)
    out.member("rate", x.rate);
  write_prefixes(out.key("destinations"), x.destinations);
  out.key("match").begin_object();
  if (x.match.ip)
    write_ip(out, *x.match.ip);
  std::visit(l4_writer{out}, x.match.l4);
  out.end_object().end_object();
}

} // namespace

void write(writer& out, const filter_set& x) {
  out.begin_object().member("id", x.id).key("entries").begin_array();
  for (const auto& entry : x.entries)
    write_entry(out, entry);
  out.end_array().member("customer", x.customer).member("cuid", x.cuid);
  out.end_object();
}

std::string encode(const filter_set& x) {
  writer out;
  write(out, x);
  return std::move(out).str();
}

} // namespace tocsin::mitigators
