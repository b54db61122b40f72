#include "protocol/signal/scope.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace tocsin::protocol::signal {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return lower(c); });
  return out;
}

/// Families apart, addresses ascending, the wider prefix first.
bool before(const prefix& a, const prefix& b) {
  return std::tuple{a.which(), a.octets(), a.length()}
         < std::tuple{b.which(), b.octets(), b.length()};
}

/// The prefix one bit shorter.
prefix parent_of(const prefix& x) {
  return {x.which(), x.octets(), static_cast<std::uint8_t>(x.length() - 1)};
}

bool are_halves(const prefix& a, const prefix& b) {
  return a.which() == b.which() && a.length() == b.length() && a.length() > 0
         && parent_of(a) == parent_of(b);
}

template <class T>
void sort_unique(std::vector<T>& xs) {
  std::sort(xs.begin(), xs.end());
  xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
}

std::vector<port_range> merged(std::vector<port_range> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<port_range> out;
  for (auto x : ranges) {
    if (!out.empty() && x.lower <= out.back().upper + 1)
      out.back().upper = std::max(out.back().upper, x.upper);
    else
      out.push_back(x);
  }
  return out;
}

/// In an order of its own, with what an absent activation-type stands for.
std::vector<std::pair<std::string, activation>>
by_name(const std::vector<filter_control>& acls) {
  std::vector<std::pair<std::string, activation>> out;
  for (const auto& x : acls)
    out.emplace_back(x.name, when_of(x));
  std::sort(out.begin(), out.end());
  return out;
}

struct authority {
  std::size_t first = std::string_view::npos; ///< npos: there is none
  std::size_t size = 0;
};

authority authority_of(std::string_view uri) {
  auto colon = uri.find(':');
  if (colon == std::string_view::npos || uri.substr(colon, 3) != "://")
    return {};
  auto first = colon + 3;
  auto last = std::min(uri.find_first_of("/?#", first), uri.size());
  if (auto at = uri.substr(first, last - first).rfind('@');
      at != std::string_view::npos)
    first += at + 1;
  return {first, last - first};
}

/// Two canonical lists walked side by side.
bool share_address(const std::vector<prefix>& a, const std::vector<prefix>& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->overlaps(*j))
      return true;
    before(*i, *j) ? ++i : ++j;
  }
  return false;
}

bool share_name(const std::vector<std::string>& a,
                const std::vector<std::string>& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j)
      return true;
    *i < *j ? ++i : ++j;
  }
  return false;
}

bool covers(const std::vector<port_range>& outer,
            const std::vector<port_range>& inner) {
  if (outer.empty() || inner.empty())
    return outer.empty();
  return std::all_of(inner.begin(), inner.end(), [&](port_range x) {
    return std::any_of(outer.begin(), outer.end(), [&](port_range y) {
      return y.lower <= x.lower && x.upper <= y.upper;
    });
  });
}

bool covers(const std::vector<std::uint8_t>& outer,
            const std::vector<std::uint8_t>& inner) {
  if (outer.empty() || inner.empty())
    return outer.empty();
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

bool covers(const std::vector<prefix>& outer,
            const std::vector<prefix>& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const prefix& x) {
    auto next = std::upper_bound(outer.begin(), outer.end(), x, before);
    return next != outer.begin() && std::prev(next)->contains(x);
  });
}

bool includes(const std::vector<std::string>& outer,
              const std::vector<std::string>& inner) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

} // namespace

std::vector<prefix> canonical(std::vector<prefix> prefixes) {
  std::sort(prefixes.begin(), prefixes.end(), before);
  std::vector<prefix> out;
  for (const auto& x : prefixes) {
    if (!out.empty() && out.back().contains(x))
      continue;
    out.push_back(x);
    while (out.size() > 1 && are_halves(out.end()[-2], out.back())) {
      out.pop_back();
      out.back() = parent_of(out.back());
    }
  }
  return out;
}

std::string canonical_name(std::string_view fqdn) {
  if (fqdn.ends_with('.'))
    fqdn.remove_suffix(1);
  return lower(fqdn);
}

std::string canonical_uri(std::string_view uri) {
  std::string out{uri};
  auto host = authority_of(uri);
  auto scheme = std::min(uri.find(':'), uri.size());
  std::transform(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(scheme),
                 out.begin(), [](char c) { return lower(c); });
  if (host.first != std::string_view::npos) {
    auto first = out.begin() + static_cast<std::ptrdiff_t>(host.first);
    std::transform(first, first + static_cast<std::ptrdiff_t>(host.size), first,
                   [](char c) { return lower(c); });
  }
  return out;
}

std::string uri_host(std::string_view uri) {
  auto place = authority_of(uri);
  if (place.first == std::string_view::npos)
    return {};
  auto text = uri.substr(place.first, place.size);
  if (text.starts_with('[')) {
    auto end = text.find(']');
    return end == std::string_view::npos ? std::string{}
                                         : lower(text.substr(1, end - 1));
  }
  return canonical_name(text.substr(0, text.find(':')));
}

target canonical(target what) {
  what.prefixes = canonical(std::move(what.prefixes));
  what.ports = merged(std::move(what.ports));
  sort_unique(what.protocols);
  for (auto& x : what.fqdns)
    x = canonical_name(x);
  for (auto& x : what.uris)
    x = canonical_uri(x);
  sort_unique(what.fqdns);
  sort_unique(what.uris);
  sort_unique(what.aliases);
  return what;
}

target resolved_view(target what, std::span<const prefix> addresses) {
  what.prefixes.insert(what.prefixes.end(), addresses.begin(), addresses.end());
  return canonical(std::move(what));
}

target qualify_aliases(target what, std::string_view owner) {
  // A line feed occurs in no name of a customer and in no alias.
  for (auto& x : what.aliases)
    x = std::string{owner} + '\n' + x;
  return what;
}

overlap_keys keys_of(const target& what) {
  overlap_keys out;
  out.prefixes = what.prefixes;
  for (const auto& x : what.fqdns)
    out.names.push_back("name:" + canonical_name(x));
  for (const auto& x : what.uris) {
    auto host = uri_host(x);
    if (auto address = prefix::parse(host))
      out.prefixes.push_back(*address);
    else if (!host.empty())
      out.names.push_back("name:" + host);
    else
      out.names.push_back("uri:" + canonical_uri(x));
  }
  for (const auto& x : what.aliases)
    out.names.push_back("alias:" + x);
  out.prefixes = canonical(std::move(out.prefixes));
  sort_unique(out.names);
  return out;
}

bool overlaps(const target& a, const target& b) {
  auto x = keys_of(a);
  auto y = keys_of(b);
  return share_address(x.prefixes, y.prefixes) || share_name(x.names, y.names);
}

bool contains(const target& outer, const target& inner) {
  auto x = canonical(outer);
  auto y = canonical(inner);
  return covers(x.prefixes, y.prefixes) && covers(x.ports, y.ports)
         && covers(x.protocols, y.protocols) && includes(x.fqdns, y.fqdns)
         && includes(x.uris, y.uris) && includes(x.aliases, y.aliases);
}

target unite(target a, const target& b) {
  auto add = [](auto& to, const auto& from) {
    for (const auto& x : from)
      if (std::ranges::find(to, x) == to.end())
        to.push_back(x);
  };
  auto add_or_all = [&](auto& to, const auto& from) {
    if (to.empty() || from.empty())
      to.clear(); // empty: all
    else
      add(to, from);
  };
  add_or_all(a.ports, b.ports);
  add_or_all(a.protocols, b.protocols);
  add(a.prefixes, b.prefixes);
  add(a.fqdns, b.fqdns);
  add(a.uris, b.uris);
  add(a.aliases, b.aliases);
  return a;
}

bool equal_request(const mitigation& a, const mitigation& b) {
  return (b.acls.empty() || by_name(a.acls) == by_name(b.acls))
         && a.trigger_mitigation.value_or(true)
                == b.trigger_mitigation.value_or(true)
         && canonical(a.what) == canonical(b.what);
}

} // namespace tocsin::protocol::signal
