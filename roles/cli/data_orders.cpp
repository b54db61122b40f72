// What an operator types about aliases and filters, in the format of RFC 8783.
#include "protocol/data/acl.hpp"
#include "protocol/data/wanted.hpp"
#include "protocol/json/writer.hpp"
#include "roles/cli/data.hpp"
#include "roles/cli/words.hpp"

#include <array>
#include <optional>
#include <utility>

namespace tocsin::roles::cli {

namespace {

namespace data = protocol::data;
namespace sig = protocol::signal;
using protocol::json::writer;
using prefixes = std::vector<sig::prefix>;

template <class T>
result<void> read_all(const std::vector<std::string>& texts,
                      result<T> (*parse)(std::string_view),
                      std::vector<T>& into) {
  for (const auto& text : texts) {
    auto value = parse(text);
    if (!value)
      return fail(value.error().code, text, value.error().detail);
    into.push_back(*std::move(value));
  }
  return {};
}

result<sig::prefix> parse_network(std::string_view text) {
  auto value = sig::prefix::parse(text);
  if (!value)
    return fail(value.error().code, std::string{text},
                "is not an address or a prefix");
  return value;
}

std::string_view activation_of(const std::string& when) {
  return to_string(when == "always" ? data::activation::immediate
                   : when == "never"
                       ? data::activation::deactivate
                       : data::activation::activate_when_mitigating);
}

/// What one entry of the filter looks at, beyond the networks.
struct header {
  std::optional<std::uint8_t> protocol;
  std::optional<sig::port_range> from_port, to_port;
};

result<header> read_header(const data_options& x) {
  header out;
  if (!x.protocol.empty()) {
    auto number = parse_protocol(x.protocol);
    if (!number)
      return number.error();
    out.protocol = *number;
  }
  for (auto [text, into] : {std::pair{&x.from_port, &out.from_port},
                            std::pair{&x.to_port, &out.to_port}}) {
    if (text->empty())
      continue;
    auto range = parse_ports(*text);
    if (!range)
      return range.error();
    *into = *range;
  }
  bool has_ports = out.protocol == 6 || out.protocol == 17;
  if ((out.from_port || out.to_port) && !has_ports)
    return fail(ec::missing, "--protocol",
                "ports belong to tcp or udp: add --protocol");
  return out;
}

void write_ports(writer& out, std::string_view name,
                 const std::optional<sig::port_range>& range) {
  if (!range)
    return;
  out.key(name).begin_object();
  if (range->lower == range->upper)
    out.member("operator", "eq").member("port", unsigned{range->lower});
  else
    out.member("lower-port", unsigned{range->lower})
        .member("upper-port", unsigned{range->upper});
  out.end_object();
}

/// The container of the transport header, if DOTS has one for the protocol.
std::string_view l4_of(const header& x) {
  if (!x.protocol)
    return {};
  switch (*x.protocol) {
  case 1:
  case 58:
    return "icmp";
  case 6:
    return "tcp";
  case 17:
    return "udp";
  default:
    return {};
  }
}

void write_matches(writer& out, const header& x, const sig::prefix* from,
                   const sig::prefix* to, std::string_view family) {
  out.key("matches").begin_object();
  if (!family.empty()) {
    std::string network = "-" + std::string{family} + "-network";
    out.key(family).begin_object();
    if (to != nullptr)
      out.member("destination" + network, to->to_string());
    if (from != nullptr)
      out.member("source" + network, from->to_string());
    if (x.protocol)
      out.member("protocol", unsigned{*x.protocol});
    out.end_object();
  }
  if (auto l4 = l4_of(x); !l4.empty()) {
    out.key(l4).begin_object();
    write_ports(out, "source-port-range-or-operator", x.from_port);
    write_ports(out, "destination-port-range-or-operator", x.to_port);
    out.end_object();
  }
  out.end_object();
}

void write_actions(writer& out, const std::string& action) {
  bool is_word = action == "drop" || action == "accept";
  out.key("actions").begin_object();
  out.member("forwarding", is_word ? action : "accept");
  if (!is_word)
    out.member("rate-limit", action);
  out.end_object();
}

/// "ipv4", "ipv6", or empty without any network.
result<std::string_view> family_of(const prefixes& from, const prefixes& to) {
  std::optional<sig::prefix::family> found;
  for (const auto* list : {&from, &to})
    for (const auto& x : *list) {
      if (found && *found != x.which())
        return fail(ec::malformed, x.to_string(),
                    "is of another address family; make two filters, one for "
                    "IPv4 and one for IPv6");
      found = x.which();
    }
  if (!found)
    return std::string_view{};
  return std::string_view{*found == sig::prefix::family::ipv4 ? "ipv4"
                                                              : "ipv6"};
}

} // namespace

result<std::string> read_alias_order(const data_options& x) {
  sig::target what;
  if (auto good = read_all(x.targets, parse_network, what.prefixes); !good)
    return good.error();
  if (auto good = read_all(x.ports, parse_ports, what.ports); !good)
    return good.error();
  if (auto good = read_all(x.protocols, parse_protocol, what.protocols); !good)
    return good.error();
  what.fqdns = x.fqdns;
  what.uris = x.uris;
  if (what.prefixes.empty() && what.fqdns.empty() && what.uris.empty())
    return fail(ec::missing, "alias " + x.name,
                "stands for nothing: add addresses, --fqdn or --uri");
  return data::put_body(data::make_alias(x.name, what));
}

result<std::string> read_filter_order(const data_options& x) {
  prefixes from, to;
  if (auto good = read_all(x.from, parse_network, from); !good)
    return good.error();
  if (auto good = read_all(x.to, parse_network, to); !good)
    return good.error();
  auto family = family_of(from, to);
  if (!family)
    return family.error();
  auto header = read_header(x);
  if (!header)
    return header.error();
  if (header->protocol && family->empty() && l4_of(*header).empty())
    return fail(ec::missing, "--to",
                "for this protocol the address family has to be known: add "
                "--from or --to");
  writer out;
  out.begin_object().key("ietf-dots-data-channel:acls").begin_object();
  out.key("acl").begin_array().begin_object().member("name", x.name);
  if (!family->empty())
    out.member("type", std::string{*family} + "-acl-type");
  out.member("activation-type", activation_of(x.when));
  out.key("aces").begin_object().key("ace").begin_array();
  int number = 0;
  // Every source to every destination; nothing given means any.
  for (std::size_t i = 0; i < std::max<std::size_t>(from.size(), 1); ++i)
    for (std::size_t k = 0; k < std::max<std::size_t>(to.size(), 1); ++k) {
      out.begin_object().member("name", std::to_string(++number));
      write_matches(out, *header, from.empty() ? nullptr : &from[i],
                    to.empty() ? nullptr : &to[k], *family);
      write_actions(out, x.action);
      out.end_object();
    }
  out.end_array().end_object().end_object().end_array();
  out.end_object().end_object();
  return std::move(out).str();
}

} // namespace tocsin::roles::cli
