#include "protocol/signal/conflict.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// Names do not tell which scope is narrower where addresses do.
target comparable(const target& x, bool by_address) {
  auto out = x;
  if (by_address) {
    out.prefixes = keys_of(x).prefixes;
    out.fqdns.clear();
    out.uris.clear();
    out.aliases.clear();
  }
  return out;
}

bool narrower(const target& a, const target& b) {
  bool by_address =
      !keys_of(a).prefixes.empty() && !keys_of(b).prefixes.empty();
  auto x = comparable(a, by_address);
  auto y = comparable(b, by_address);
  return contains(y, x) && !contains(x, y);
}

std::vector<port_range> common(const std::vector<port_range>& a,
                               const std::vector<port_range>& b) {
  std::vector<port_range> out;
  for (auto x : a)
    for (auto y : b)
      if (auto lower = std::max(x.lower, y.lower),
          upper = std::min(x.upper, y.upper);
          lower <= upper)
        out.push_back({lower, upper});
  return out;
}

bool has_name(const overlap_keys& keys, const std::string& name) {
  return std::binary_search(keys.names.begin(), keys.names.end(), name);
}

bool shares_uri(const std::string& uri, const target& other) {
  target one;
  one.uris.push_back(uri);
  return overlaps(one, other);
}

conflict_information notice(conflict_status status, target shared,
                            std::optional<std::uint32_t> retry) {
  conflict_information out;
  out.status = status;
  out.cause = conflict_cause::overlapping_targets;
  out.retry_timer = retry;
  out.scope.emplace().what = std::move(shared);
  return out;
}

/// Does the newcomer lose to this one?
bool loses(conflict_policy policy, const contender& newcomer,
           const contender& other) {
  switch (policy) {
  case conflict_policy::first_wins:
  case conflict_policy::reject_all:
    return true;
  case conflict_policy::most_specific_wins:
    return !narrower(newcomer.what, other.what);
  case conflict_policy::newest_wins:
  case conflict_policy::accept_all:
    return false;
  }
  return true;
}

void append(target& out, target more) {
  auto add = [](auto& to, auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(out.prefixes, more.prefixes);
  add(out.ports, more.ports);
  add(out.protocols, more.protocols);
  add(out.fqdns, more.fqdns);
  add(out.uris, more.uris);
  add(out.aliases, more.aliases);
}

body with(conflict_information why, mitigation entry) {
  entry.conflict = std::move(why);
  return mitigation_scope{{std::move(entry)}};
}

/// The party's status and whether it gets a retry-timer.
conflict_status status_of(conflict_policy policy, bool wins) {
  if (policy == conflict_policy::reject_all)
    return conflict_status::all_inactive;
  return wins ? conflict_status::active
              : conflict_status::inactive_other_active;
}

} // namespace

std::uint32_t retry_timer_of(std::int64_t remaining) noexcept {
  if (remaining < 0)
    return endless_retry;
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(remaining, 0xffffffff));
}

conflict_information
ongoing_conflict(const contender& mine, std::span<const contender> others,
                 conflict_status status,
                 std::optional<std::uint32_t> retry_timer) {
  target shared;
  for (const auto& x : others)
    append(shared, common_scope(mine.what, x.what, x.same_customer));
  return notice(status, canonical(std::move(shared)), retry_timer);
}

target common_scope(const target& mine, const target& other, bool aliases) {
  auto a = canonical(mine);
  auto b = canonical(other);
  auto theirs = keys_of(b);
  target out;
  for (const auto& x : a.prefixes)
    for (const auto& y : theirs.prefixes)
      if (x.overlaps(y))
        out.prefixes.push_back(x.contains(y) ? y : x);
  for (const auto& x : a.fqdns)
    if (has_name(theirs, "name:" + x))
      out.fqdns.push_back(x);
  for (const auto& x : a.uris)
    if (shares_uri(x, b))
      out.uris.push_back(x);
  for (const auto& x : a.aliases)
    if (aliases && has_name(theirs, "alias:" + x))
      out.aliases.push_back(x);
  out.ports = common(a.ports, b.ports);
  std::set_intersection(a.protocols.begin(), a.protocols.end(),
                        b.protocols.begin(), b.protocols.end(),
                        std::back_inserter(out.protocols));
  return canonical(std::move(out));
}

conflict_decision decide_conflict(const conflict_rules& rules,
                                  const contender& newcomer,
                                  std::span<const contender> others) {
  conflict_decision out;
  std::vector<const contender*> met;
  if (newcomer.immediate)
    for (const auto& x : others)
      if (x.active && overlaps(newcomer.what, x.what))
        met.push_back(&x);
  if (met.empty())
    return out;

  auto policy = rules.policy;
  target shared;
  std::optional<std::uint32_t> retry;
  for (const auto* x : met) {
    append(shared, common_scope(newcomer.what, x->what, x->same_customer));
    if (loses(policy, newcomer, *x))
      retry = std::max(retry.value_or(0), retry_timer_of(x->remaining));
  }
  bool lost = retry.has_value();
  bool others_lose = policy == conflict_policy::reject_all
                     || (!lost && policy != conflict_policy::accept_all);
  if (lost)
    out.newcomer = rules.keep_loser ? newcomer_verdict::accept_inactive
                                    : newcomer_verdict::refuse;
  out.information =
      notice(status_of(policy, !lost), canonical(std::move(shared)), retry);
  for (const auto* x : met) {
    std::optional<std::uint32_t> theirs;
    if (others_lose) {
      out.deactivate.push_back(x->id);
      theirs = retry_timer_of(newcomer.remaining);
    }
    out.notices.push_back(
        {x->id, notice(status_of(policy, !others_lose),
                       common_scope(x->what, newcomer.what, x->same_customer),
                       theirs)});
  }
  return out;
}

std::int64_t kept_lifetime(std::uint32_t retry_timer) noexcept {
  // RFC 9132, Section 4.4.1.3; lifetimes are 32-bit numbers.
  return std::min<std::int64_t>(std::int64_t{retry_timer} + 45, 0xffffffff);
}

conflict_information
acceptlist_conflict(std::vector<conflict_scope::acl> acls,
                    std::optional<conflict_status> status) {
  conflict_information out;
  out.status = status;
  out.cause = conflict_cause::acceptlist;
  out.scope.emplace().acls = std::move(acls);
  return out;
}

body refused(conflict_information why) {
  return with(std::move(why), {});
}

body accepted(std::uint32_t mid, std::int64_t lifetime,
              conflict_information why) {
  mitigation entry;
  entry.mid = mid;
  entry.lifetime = lifetime;
  return with(std::move(why), std::move(entry));
}

own_decision decide_own(const own_request& newcomer,
                        std::span<const own_request> others) {
  own_decision out;
  for (const auto& x : others) {
    if (x.mid == newcomer.mid || !overlaps(x.what, newcomer.what))
      continue;
    if (x.immediate != newcomer.immediate) {
      if (newcomer.immediate && x.active)
        out.make_way.push_back(x.mid);
    } else if (x.mid < newcomer.mid) {
      out.superseded.push_back(x.mid);
    } else if (!out.refused_for || x.mid > *out.refused_for) {
      out.refused_for = x.mid;
    }
  }
  if (out.refused_for)
    return {out.refused_for, {}, {}};
  return out;
}

std::vector<std::uint32_t>
withdrawn_by_signal_loss(std::span<const own_request> requests) {
  std::vector<std::uint32_t> out;
  for (const auto& x : requests) {
    auto covers = [&](const own_request& y) {
      return !y.immediate && overlaps(x.what, y.what);
    };
    if (x.immediate && x.active
        && std::any_of(requests.begin(), requests.end(), covers))
      out.push_back(x.mid);
  }
  return out;
}

} // namespace tocsin::protocol::signal
