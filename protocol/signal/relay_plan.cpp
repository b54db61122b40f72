#include "protocol/signal/relay_plan.hpp"

#include "protocol/signal/json.hpp"
#include "protocol/signal/scope.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tocsin::protocol::signal {

namespace {

std::string name_of(const target& what) {
  mitigation x;
  x.what = what;
  return to_json(mitigation_scope{{std::move(x)}});
}

} // namespace

relay_plan::step relay_plan::want(const std::string& wish, const target& what) {
  auto whole = canonical(what);
  auto [i, is_new] = ids_.try_emplace(wish, next_);
  const auto id = i->second;
  std::set<id_type> affected;
  std::set<std::string> before;
  if (is_new) {
    ++next_;
  } else if (wishes_.at(id).what == whole) {
    return {};
  } else {
    before.insert(wishes_.at(id).group);
    affected = leave(id);
  }
  take_along(affected, whole);
  before.merge(groups_of(affected));
  auto& x = wishes_[id];
  x.name = wish;
  x.what = std::move(whole);
  index_.insert(id, x.what);
  affected.insert(id);
  return regroup(std::move(affected), before);
}

relay_plan::step relay_plan::forget(const std::string& wish) {
  auto i = ids_.find(wish);
  if (i == ids_.end())
    return {};
  const auto id = i->second;
  std::set<std::string> before{wishes_.at(id).group};
  auto rest = leave(id);
  wishes_.erase(id);
  ids_.erase(i);
  return regroup(std::move(rest), before);
}

const std::string* relay_plan::covers(const std::string& wish) const {
  auto i = ids_.find(wish);
  return i == ids_.end() ? nullptr : &wishes_.at(i->second).group;
}

std::vector<std::string> relay_plan::wishes(const std::string& name) const {
  std::vector<std::string> out;
  if (auto i = groups_.find(name); i != groups_.end())
    for (auto id : i->second.members)
      out.push_back(wishes_.at(id).name);
  return out;
}

std::vector<relay_plan::request> relay_plan::all() const {
  std::vector<request> out;
  for (const auto& [name, x] : groups_)
    out.push_back({name, x.what});
  return out;
}

/// Takes a wish out of its group; the others of that are to be grouped anew.
/// It stays in the group's members until regroup().
std::set<relay_plan::id_type> relay_plan::leave(id_type id) {
  index_.erase(id);
  auto rest = groups_.at(wishes_.at(id).group).members;
  rest.erase(id);
  return rest;
}

/// Adds the members of all groups that a target touches.
void relay_plan::take_along(std::set<id_type>& members, const target& what) {
  for (auto other : index_.overlapping(what)) {
    if (members.contains(other))
      continue;
    const auto& all = groups_.at(wishes_.at(other).group).members;
    members.insert(all.begin(), all.end());
  }
}

std::set<std::string>
relay_plan::groups_of(const std::set<id_type>& members) const {
  std::set<std::string> out;
  for (auto id : members)
    out.insert(wishes_.at(id).group);
  return out;
}

std::set<relay_plan::id_type>
relay_plan::connected(id_type first, const std::set<id_type>& among) const {
  std::set<id_type> out{first};
  std::vector<id_type> open{first};
  while (!open.empty()) {
    const auto& what = wishes_.at(open.back()).what;
    open.pop_back();
    for (auto other : index_.overlapping(what))
      if (among.contains(other) && out.insert(other).second)
        open.push_back(other);
  }
  return out;
}

/// Groups these wishes anew, which were in the groups of `before`.
relay_plan::step relay_plan::regroup(std::set<id_type> members,
                                     const std::set<std::string>& before) {
  for (const auto& name : before)
    groups_.erase(name);
  step out;
  std::set<std::string> after;
  while (!members.empty()) {
    group made;
    made.members = connected(*members.begin(), members);
    for (auto id : made.members) {
      const auto& what = wishes_.at(id).what;
      made.what = id == *made.members.begin()
                      ? what
                      : unite(std::move(made.what), what);
      members.erase(id);
    }
    made.what = canonical(std::move(made.what));
    auto name = name_of(made.what);
    for (auto id : made.members)
      wishes_.at(id).group = name;
    after.insert(name);
    if (!before.contains(name))
      out.order.push_back({name, made.what});
    groups_[name] = std::move(made);
  }
  std::ranges::sort(out.order, {}, &request::name);
  std::ranges::set_difference(before, after, std::back_inserter(out.drop));
  return out;
}

} // namespace tocsin::protocol::signal
