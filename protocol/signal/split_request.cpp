#include "protocol/signal/split_request.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace tocsin::protocol::signal {

namespace {

/// Elements that must stay in one request, since they overlap.
struct unit {
  target what;
  std::string leaf, name; ///< of its first element, for messages
};

void add(target& to, const target& from) {
  auto append = [](auto& a, const auto& b) {
    a.insert(a.end(), b.begin(), b.end());
  };
  append(to.prefixes, from.prefixes);
  append(to.fqdns, from.fqdns);
  append(to.uris, from.uris);
  append(to.aliases, from.aliases);
}

/// What two elements share if they overlap. `all` is canonical, hence at most
/// one of its prefixes holds the address of a URI.
std::string key_of(const target& one, const target& all) {
  auto keys = keys_of(one);
  if (!keys.names.empty())
    return keys.names.front();
  const auto& address = keys.prefixes.front();
  for (const auto& x : all.prefixes)
    if (x.contains(address))
      return x.to_string();
  return address.to_string();
}

class unit_list {
public:
  explicit unit_list(const target& all) : all_{all} {
    take(all.prefixes, &target::prefixes, "target-prefix",
         [](const prefix& x) { return x.to_string(); });
    auto same = [](const std::string& x) { return x; };
    take(all.fqdns, &target::fqdns, "target-fqdn", same);
    take(all.uris, &target::uris, "target-uri", same);
    take(all.aliases, &target::aliases, "alias-name", same);
  }

  const std::vector<unit>& units() const { return units_; }

private:
  template <class T, class F>
  void take(const std::vector<T>& from, std::vector<T> target::*where,
            const char* leaf, F show) {
    for (const auto& x : from) {
      target one;
      (one.*where).push_back(x);
      auto [at, fresh] = index_.try_emplace(key_of(one, all_), units_.size());
      if (fresh)
        units_.push_back({one, leaf, show(x)});
      else
        add(units_[at->second].what, one);
    }
  }

  const target& all_;
  std::map<std::string, std::size_t> index_;
  std::vector<unit> units_;
};

std::size_t size_of(const mitigation& x) {
  return encode(mitigation_scope{{x}}).size();
}

} // namespace

result<std::vector<mitigation>> split_request(const mitigation& whole,
                                              std::size_t octets) {
  if (size_of(whole) <= octets)
    return std::vector{whole};
  auto all = canonical(whole.what);
  auto empty = whole;
  empty.what = {};
  empty.what.ports = all.ports;
  empty.what.protocols = all.protocols;
  unit_list list{all};
  std::vector<mitigation> out;
  for (const auto& x : list.units()) {
    if (!out.empty()) {
      auto longer = out.back();
      add(longer.what, x.what);
      if (size_of(longer) <= octets) {
        out.back() = std::move(longer);
        continue;
      }
    }
    auto alone = empty;
    add(alone.what, x.what);
    if (size_of(alone) > octets)
      return fail(ec::too_large, x.leaf,
                  "'" + x.name + "' does not fit " + std::to_string(octets)
                      + " octets");
    out.push_back(std::move(alone));
  }
  if (out.empty())
    return fail(ec::missing, "target", "there is nothing to split");
  return out;
}

} // namespace tocsin::protocol::signal
