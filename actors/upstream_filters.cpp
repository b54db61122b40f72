// UPSTREAM: filter control (RFC 9133). What switches filters repeats a
// mitigation that runs under a new mid, and takes its place. It never starts
// one, so that no filter delays help (RFC 9133, Section 3.2.1).
#include "actors/upstream.hpp"

#include "protocol/signal/codec.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/validate.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace {

std::string names_of(const std::vector<sig::filter_control>& acls) {
  std::string out;
  for (const auto& x : acls)
    out += (out.empty() ? "'" : ", '") + x.name + '\'';
  return out;
}

bool ended(sig::status x) {
  return x == sig::status::client_withdrawn || x == sig::status::terminated
         || x == sig::status::withdrawn;
}

} // namespace

/// Whether the server has granted it and enforces it, as far as we know.
bool upstream_state::is_running(std::uint32_t mid) const {
  auto i = wishes_.find(mid);
  if (i == wishes_.end() || i->second.state != progress::active
      || ended(i->second.last.status))
    return false;
  return i->second.request.trigger_mitigation.value_or(true)
         || i->second.last.origin == "signal-loss";
}

bool upstream_state::waits(const wish& x) const {
  return x.control_of && (x.renumber_first || !is_running(*x.control_of));
}

result<void> upstream_state::may_control(const wish& base) const {
  bool asked = base.state == progress::requested
               && base.request.trigger_mitigation.value_or(true);
  if (asked || is_running(base.record.key.mid))
    return {};
  return nothing_runs();
}

/// RFC 9133, Section 3.2.1: not in idle time.
failure upstream_state::nothing_runs() {
  return fail(ec::conflict, "acl-list",
              "filters are switched over the signal channel while a "
              "mitigation runs; at other times use the data channel");
}

result<upstream_state::wish>
upstream_state::make_control(const wish& base,
                             std::vector<sig::filter_control> acls) {
  if (auto ok = may_control(base); !ok)
    return ok.error();
  if (acls.empty())
    return fail(ec::missing, "acl-list", "say which filters to switch");
  if (auto ok = sig::validate_filters(acls); !ok)
    return ok.error();
  auto request = base.request;
  request.acls = std::move(acls);
  request.lifetime = lifetime_to_ask(base);
  if (request.lifetime == 0)
    return fail(ec::conflict, "mid", "it ends this very moment");
  auto octets = sig::encode(sig::mitigation_scope{{request}}).size();
  if (octets > setup_.request_octets)
    return fail(ec::too_large, "acl-list",
                "with these filters the request has " + std::to_string(octets)
                    + " octets, and at most "
                    + std::to_string(setup_.request_octets)
                    + " fit a datagram; switch fewer at a time");
  auto mid = next_mid();
  if (!mid)
    return mid.error();
  auto x = make_wish(std::move(request), *mid, base.renew);
  x.control_of = base.record.key.mid;
  return x;
}

caf::result<mitigation_view>
upstream_state::control(std::uint32_t mid,
                        std::vector<sig::filter_control> acls) {
  auto i = find(mid);
  if (i != wishes_.end() && i->second.control_of)
    i = wishes_.find(*i->second.control_of);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  rolled_over_ = false;
  auto x = make_control(i->second, std::move(acls));
  if (!x)
    return to_error(x.error());
  std::vector<wish> all;
  all.push_back(std::move(*x));
  return enter(std::move(all), "filter");
}

/// What waited for its mitigation to run, or for the end of a pause.
void upstream_state::pursue_controls() {
  std::vector<std::uint32_t> due;
  for (const auto& [mid, x] : wishes_)
    if (x.control_of && x.state == progress::requested && x.asks.empty()
        && is_running(*x.control_of) && (!x.retry || *x.retry <= now()))
      due.push_back(mid);
  for (auto mid : due) {
    auto i = wishes_.find(mid);
    if (i == wishes_.end())
      continue;
    if (i->second.renumber_first)
      take_new_mid(i->second);
    else
      pursue(i->second);
  }
}

/// The mitigation is gone, and filters are not switched without.
void upstream_state::drop_controls(std::uint32_t mid) {
  for (auto& [_, x] : wishes_)
    if (x.control_of == mid && x.state == progress::requested)
      drop_control(x);
}

void upstream_state::drop_control(wish& x) {
  stop_asking(x);
  x.control_of.reset();
  x.note = "the mitigation has ended; the filters were not switched";
  x.changed = x.known = now();
  refuse(x);
}

/// After a restart: what was asked for and not granted waits for the request
/// that it repeats. Its mid may have been refused already.
void upstream_state::adopt_controls() {
  for (auto& [_, x] : wishes_) {
    if (x.state != progress::requested || x.request.acls.empty())
      continue;
    for (const auto& [other, y] : wishes_)
      if (y.request.what == x.request.what
          && (y.state == progress::active
              || (y.state == progress::requested && y.request.acls.empty())))
        x.control_of = other;
    x.renumber_first = true;
    if (!x.control_of)
      drop_control(x);
  }
}

/// True if it is dealt with. A filter that could not be switched is tried again
/// after the pause that the server asks for, under a new mid; the mitigation
/// does not wait for it (RFC 9133, Section 3.2.1).
bool upstream_state::on_filters_refused(
    wish& x, const coap_reply& reply,
    const std::optional<sig::mitigation>& entry) {
  using sig::response_code;
  auto code = static_cast<response_code>(reply.code);
  if (code == response_code::unavailable && entry && !entry->acls.empty()) {
    auto pause = pause_of(reply);
    x.note = "5.03 the server could not switch " + names_of(entry->acls)
             + "; it is asked again in " + std::to_string(pause.count()) + " s";
    alert("mitigation " + std::to_string(x.record.key.mid) + ": " + x.note,
          x.record.key.mid);
    x.retry = now() + pause;
    x.renumber_first = true;
    if (x.control_of && is_running(*x.control_of))
      settle(x);
    else
      ask_without_filters(x, true);
    return true;
  }
  // Refreshed, or moved to another server, which does not know the filter.
  bool lost = x.state == progress::active
              && (code == response_code::bad_request
                  || code == response_code::not_found);
  if (lost)
    ask_without_filters(x, false);
  return lost;
}

/// All the same but for the acl-list, at once; `again`: that follows later.
void upstream_state::ask_without_filters(wish& x, bool again) {
  auto request = x.request;
  request.acls.clear();
  request.lifetime = lifetime_to_ask(x);
  x.refresh.reset();
  auto mid = next_mid();
  if (!mid) {
    x.note = to_string(mid.error());
    return refuse(x);
  }
  auto y = make_wish(std::move(request), *mid, x.renew);
  y.note = y.warning =
      "repeats mid " + std::to_string(x.record.key.mid) + " without filters";
  y.waiters = std::exchange(x.waiters, {});
  storage::transaction changes{
      storage::put_mitigation{y.record}, storage::put_client{known_},
      storage::append_audit{
          {wall(), setup_.name, "mitigate", std::to_string(*mid), y.note}}};
  if (again) {
    x.state = progress::requested;
    x.control_of = *mid;
    x.record.flags = static_cast<std::uint8_t>(x.record.flags & ~flag_active);
    x.record.expires = -1;
    changes.push_back(storage::put_mitigation{x.record});
  }
  persist(std::move(changes));
  pursue(wishes_[*mid] = std::move(y));
}

/// It begins anew at the server, where the filters are as they were switched.
void upstream_state::leave_filters(wish& x) {
  if (x.request.acls.empty())
    return;
  x.request.acls.clear();
  x.record.body = sig::encode(sig::mitigation_scope{{x.request}});
  persist({storage::put_mitigation{x.record}});
}

/// The server says which filters were switched, and not by us.
void upstream_state::on_switched(wish& x,
                                 const std::vector<sig::filter_control>& acls) {
  for (const auto& acl : acls)
    if (std::ranges::find(x.last.switched, acl) == x.last.switched.end())
      alert("filter '" + acl.name + "' was switched at the server: it is "
                + std::string{sig::to_string(sig::when_of(acl))} + " now",
            x.record.key.mid);
  x.last.switched = acls;
}

} // namespace tocsin::actors
