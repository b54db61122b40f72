#include "mitigators/nftables/dispatcher.hpp"

#include "mitigators/nftables/script.hpp"

#include <algorithm>
#include <array>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::signal::prefix;

/// The address with the first `bits` bits set.
std::string mask(prefix_length x) {
  std::array<std::uint8_t, 16> ones;
  ones.fill(0xff);
  auto family = x.ipv4 ? prefix::family::ipv4 : prefix::family::ipv6;
  return prefix{family, ones, x.bits}.address_string();
}

} // namespace

dispatcher::users& dispatcher::edit::look_up(const prefix& x) {
  auto [i, is_new] = after_.try_emplace(x);
  if (is_new)
    if (auto now = of_.users_.find(x); now != of_.users_.end())
      i->second = now->second;
  return i->second;
}

void dispatcher::edit::remove(const std::string& chain,
                              const std::vector<prefix>& from) {
  for (const auto& x : from)
    look_up(x).erase(chain);
}

void dispatcher::edit::add(const std::string& chain,
                           const std::vector<prefix>& to) {
  for (const auto& x : to)
    look_up(x).insert(chain);
}

std::set<prefix_length> dispatcher::lengths() const {
  std::set<prefix_length> result;
  for (auto [x, count] : lengths_)
    result.insert(x);
  return result;
}

std::set<prefix_length> dispatcher::lengths_after(const usage& after) const {
  auto counts = lengths_;
  for (const auto& [p, chains] : after) {
    auto had = users_.contains(p);
    if (had && chains.empty())
      --counts[length_of(p)];
    else if (!had && !chains.empty())
      ++counts[length_of(p)];
  }
  std::set<prefix_length> result;
  for (auto [x, count] : counts)
    if (count > 0)
      result.insert(x);
  return result;
}

void dispatcher::plan_maps(script& out, const edit& what) const {
  for (auto x : lengths_after(what.after_))
    if (!lengths_.contains(x))
      out.object("add", "map", map_name(x),
                 x.ipv4 ? R"(,"type":"ipv4_addr","map":"verdict")"
                        : R"(,"type":"ipv6_addr","map":"verdict")");
}

void dispatcher::plan(script& out, const edit& what) const {
  plan_targets(out, what.after_);
  plan_lengths(out, lengths_after(what.after_));
}

void dispatcher::plan_targets(script& out, const usage& after) const {
  static const users nobody;
  std::vector<std::string> unused;
  for (const auto& [p, chains] : after) {
    auto i = users_.find(p);
    const auto& before = i == users_.end() ? nobody : i->second;
    if (before == chains)
      continue;
    auto old_target = target(p, before);
    auto new_target = target(p, chains);
    auto shared = shared_chain(p);
    if (chains.size() > 1) {
      out.object(before.size() > 1 ? "flush" : "add", "chain", shared);
      for (const auto& chain : chains)
        out.jump(shared, chain);
    }
    if (old_target == new_target)
      continue;
    auto map = map_name(length_of(p));
    if (!old_target.empty())
      out.element("delete", map, p, old_target);
    if (!new_target.empty())
      out.element("add", map, p, new_target);
    if (before.size() > 1)
      unused.push_back(shared);
  }
  out.flush_elements();
  for (const auto& chain : unused)
    out.object("delete", "chain", chain);
}

void dispatcher::plan_lengths(script& out,
                              const std::set<prefix_length>& after) const {
  auto before = lengths();
  if (before == after)
    return;
  dispatch(out, after);
  for (auto x : before)
    if (!after.contains(x))
      out.object("delete", "map", map_name(x));
}

void dispatcher::dispatch(script& out,
                          const std::set<prefix_length>& after) const {
  out.object("flush", "chain", names_.chain);
  for (auto i = after.rbegin(); i != after.rend(); ++i) {
    std::string key = R"({"payload":{"protocol":")"
                      + std::string{i->ipv4 ? "ip" : "ip6"}
                      + R"(","field":"daddr"}})";
    if (i->bits < (i->ipv4 ? 32 : 128))
      key = R"({"&":[)" + key + ",\"" + mask(*i) + "\"]}";
    out.rule(names_.chain, R"({"vmap":{"key":)" + key + R"(,"data":"@)"
                               + map_name(*i) + "\"}}");
  }
}

void dispatcher::commit(edit what) {
  for (auto& [p, chains] : what.after_) {
    auto had = users_.contains(p);
    if (had && chains.empty() && --lengths_[length_of(p)] == 0)
      lengths_.erase(length_of(p));
    if (!had && !chains.empty())
      ++lengths_[length_of(p)];
    if (chains.empty())
      users_.erase(p);
    else
      users_[p] = std::move(chains);
  }
}

void dispatcher::clear() {
  users_.clear();
  lengths_.clear();
}

std::string dispatcher::target(const prefix& x, const users& chains) const {
  if (chains.empty())
    return {};
  return chains.size() == 1 ? *chains.begin() : shared_chain(x);
}

std::string dispatcher::shared_chain(const prefix& x) const {
  auto address = x.address_string();
  std::ranges::replace(address, ':', '-'); // to be typed at nft's prompt
  return std::string{names_.shared} + (x.is_ipv4() ? "4_" : "6_") + address
         + "_" + std::to_string(x.length());
}

std::string dispatcher::map_name(prefix_length x) const {
  return std::string{names_.map} + (x.ipv4 ? "4_" : "6_")
         + std::to_string(x.bits);
}

} // namespace tocsin::mitigators::nftables
