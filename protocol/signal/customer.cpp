#include "protocol/signal/customer.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// Entries of a list that a sentence shows before it stops.
constexpr std::size_t shown_entries = 4;

/// Octets of a peer's text that a sentence shows.
constexpr std::size_t shown_octets = 80;

/// A peer's text, safe for a log line and a diagnostic payload.
std::string quoted(std::string_view text) {
  std::string out{"\""};
  for (auto c : text.substr(0, shown_octets))
    out += c < 0x20 || c > 0x7e || c == '"' ? '?' : c;
  out += text.size() > shown_octets ? "...\"" : "\"";
  return out;
}

template <class List, class Text>
std::string listed(const List& entries, Text text) {
  if (entries.empty())
    return "none";
  std::string out;
  for (std::size_t i = 0; i < std::min(entries.size(), shown_entries); ++i) {
    if (i > 0)
      out += ", ";
    out += text(entries[i]);
  }
  if (entries.size() > shown_entries)
    out += " and " + std::to_string(entries.size() - shown_entries) + " more";
  return out;
}

failure foreign_prefix(const customer& who, std::string where,
                       const std::string& what) {
  auto own = listed(who.prefixes, [](const auto& x) { return x.to_string(); });
  return fail(ec::unauthorized, std::move(where),
              what + " is outside the prefixes of customer " + quoted(who.name)
                  + " (" + own + ")");
}

failure foreign_name(const customer& who, std::string where,
                     std::string_view what) {
  auto own = listed(who.domains, [](const auto& x) { return x; });
  return fail(ec::unauthorized, std::move(where),
              quoted(what) + " is outside the domains of customer "
                  + quoted(who.name) + " (" + own + ")");
}

result<void> authorise_uri(const customer& who, const std::string& uri) {
  auto host = uri_host(uri);
  if (host.empty())
    return fail(ec::malformed, "target-uri", quoted(uri) + " has no host");
  auto address = prefix::parse(host);
  if (!address && !owns_name(who, host))
    return foreign_name(who, "target-uri", host);
  if (address && address->is_special())
    return fail(ec::out_of_range, "target-uri",
                address->to_string() + " cannot be a target");
  if (address && !owns(who, *address))
    return foreign_prefix(who, "target-uri", address->to_string());
  return {};
}

} // namespace

bool owns(const customer& who, const prefix& what) {
  return std::any_of(who.prefixes.begin(), who.prefixes.end(),
                     [&](const prefix& x) { return x.contains(what); });
}

bool owns_name(const customer& who, std::string_view fqdn) {
  auto name = canonical_name(fqdn);
  return std::any_of(
      who.domains.begin(), who.domains.end(), [&](const std::string& entry) {
        if (entry == "*")
          return true;
        auto domain = canonical_name(entry);
        if (!domain.starts_with("*."))
          return domain == name;
        auto suffix = std::string_view{domain}.substr(1);
        return name.size() > suffix.size() && name.ends_with(suffix);
      });
}

result<void> authorise(const customer& who, const target& what) {
  for (const auto& x : what.prefixes)
    if (!owns(who, x))
      return foreign_prefix(who, "target-prefix", x.to_string());
  for (const auto& x : what.fqdns)
    if (!owns_name(who, x))
      return foreign_name(who, "target-fqdn", x);
  for (const auto& x : what.uris)
    if (auto good = authorise_uri(who, x); !good)
      return good;
  return {};
}

result<void> authorise_addresses(const customer& who, std::string_view name,
                                 std::span<const prefix> addresses) {
  if (addresses.empty())
    return fail(ec::not_found, "target", quoted(name) + " has no address");
  for (const auto& x : addresses) {
    auto what = x.to_string() + ", an address of " + quoted(name) + ',';
    if (x.is_special())
      return fail(ec::out_of_range, "target", what + " cannot be a target");
    if (!owns(who, x))
      return foreign_prefix(who, "target", what);
  }
  return {};
}

} // namespace tocsin::protocol::signal
