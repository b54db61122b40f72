// UPSTREAM: what the operator asks for, and what he sees.
#include "actors/upstream.hpp"

#include "actors/gather.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/lifetime.hpp"
#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/split_request.hpp"
#include "protocol/signal/validate.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

namespace tocsin::actors {

result<std::uint32_t> upstream_state::next_mid() {
  std::vector<std::uint32_t> live;
  for (const auto& [mid, _] : wishes_)
    live.push_back(mid);
  auto grant = mids_.next(under_attack(), live);
  if (!grant)
    return grant.error();
  known_.last_mid = grant->mid;
  known_.mid_used = true;
  known_.seen = wall();
  rolled_over_ |= grant->rolled_over;
  return grant->mid;
}

upstream_state::wish upstream_state::make_wish(sig::mitigation request,
                                               std::uint32_t mid,
                                               bool renew) const {
  wish x;
  x.request = std::move(request);
  x.renew = renew;
  x.record.body = sig::encode(sig::mitigation_scope{{x.request}});
  x.record.key = {setup_.name, known_.cuid, mid};
  x.record.lifetime = x.request.lifetime.value_or(sig::default_lifetime);
  x.record.expires = -1; // the server's answer starts the clock
  x.record.flags = renew ? flag_renew : 0;
  x.record.created = mid;
  x.record.cdid = setup_.cdid;
  x.guessed = !mids_known_;
  x.asked = x.changed = x.known = now();
  return x;
}

/// An immediate request should be a subset of the armed ones which it overlaps,
/// so that the loss of the signal channel brings the broader mitigation (RFC
/// 9132, Section 4.4.1.3).
std::string
upstream_state::overlap_warning(const sig::mitigation& request) const {
  bool immediate = request.trigger_mitigation.value_or(true);
  for (const auto& [mid, x] : wishes_) {
    bool other = x.request.trigger_mitigation.value_or(true);
    if (immediate == other || x.state == progress::refused
        || !sig::overlaps(request.what, x.request.what))
      continue;
    const auto& armed = immediate ? x.request.what : request.what;
    const auto& now = immediate ? request.what : x.request.what;
    if (!sig::contains(armed, now))
      return "overlaps mitigation " + std::to_string(mid)
             + "; the one that is not armed for loss of signal should be a "
               "subset of the other";
  }
  return {};
}

/// An order as requests that the server understands: external addresses (RFC
/// 9132, Section 3), and several where one would not fit a datagram (RFC 9132,
/// Section 7.3).
result<std::vector<sig::mitigation>>
upstream_state::divide(const mitigate_order& what) const {
  auto target = expand(what.what);
  if (!target)
    return target.error();
  if (auto ok = sig::validate_target(*target); !ok)
    return ok.error();
  if (auto ok = sig::validate_lifetime(what.lifetime); !ok)
    return ok.error();
  auto outside = setup_.translation.outbound(*target);
  if (!outside)
    return outside.error();
  std::vector<sig::mitigation> all;
  for (auto& one : *outside) {
    sig::mitigation whole;
    whole.what = std::move(one);
    whole.lifetime = what.lifetime;
    if (!what.immediate)
      whole.trigger_mitigation = false;
    auto parts = sig::split_request(whole, setup_.request_octets);
    if (!parts)
      return parts.error();
    std::ranges::move(*parts, std::back_inserter(all));
  }
  return all;
}

result<std::vector<upstream_state::wish>>
upstream_state::plan(const mitigate_order& what) {
  if (!what.filters.empty() && !what.immediate)
    return nothing_runs();
  auto parts = divide(what);
  if (!parts)
    return parts.error();
  std::string warning;
  for (const auto& part : *parts)
    if (warning.empty())
      warning = overlap_warning(part);
  std::vector<wish> all;
  std::string others;
  for (auto& part : *parts) {
    auto mid = next_mid();
    if (!mid)
      return mid.error();
    if (!all.empty())
      others += (others.empty() ? "" : ", ") + std::to_string(*mid);
    // What is armed must stay at the server, or it is of no use.
    all.push_back(
        make_wish(std::move(part), *mid, what.renew || !what.immediate));
    all.back().note = all.back().warning = warning;
    all.back().record.relayed = what.relayed;
    all.back().record.hop_limit = what.hop_limit;
  }
  if (!what.filters.empty()) {
    auto control = make_control(all.front(), what.filters);
    if (!control)
      return control.error();
    auto& note = all.front().warning;
    note += (note.empty() ? "" : "; ") + std::string{"filters follow with mid "}
            + std::to_string(control->record.key.mid);
    all.front().note = note;
    all.push_back(std::move(*control));
  }
  if (!others.empty()) {
    auto& note = all.front().warning;
    note +=
        (note.empty() ? "" : "; ") + std::string{"continued as mid "} + others;
    all.front().note = note;
  }
  return all;
}

/// mids began anew: what is armed moves to new mids, the rest goes before it
/// can be mistaken for something newer (RFC 9132, Section 4.4.1.1).
void upstream_state::roll_over(storage::transaction& changes) {
  std::vector<sig::live_request> live;
  for (const auto& [mid, x] : wishes_)
    if (x.state != progress::refused && x.state != progress::withdrawing)
      live.push_back({mid, x.request.trigger_mitigation.value_or(true)});
  auto work = sig::work_at_roll_over(live);
  for (auto old : work.recreate)
    if (auto mid = next_mid()) {
      auto x = make_wish(wishes_[old].request, *mid, true);
      x.after = old;
      x.record.relayed = wishes_[old].record.relayed;
      x.record.hop_limit = wishes_[old].record.hop_limit;
      changes.push_back(storage::put_mitigation{x.record});
      wishes_[*mid] = std::move(x);
      renamed_[old] = *mid;
    }
  work.retire.insert(work.retire.end(), work.recreate.begin(),
                     work.recreate.end());
  for (auto old : work.retire) {
    auto& x = wishes_[old];
    stop_asking(x);
    x.state = progress::withdrawing;
    x.record.flags =
        static_cast<std::uint8_t>(x.record.flags | flag_withdrawing);
    changes.push_back(storage::put_mitigation{x.record});
  }
}

caf::result<mitigation_view> upstream_state::order(mitigate_order what) {
  if (pursues(what.relayed))
    return change_hops(what);
  rolled_over_ = false;
  auto parts = plan(what);
  if (!parts)
    return to_error(parts.error());
  return enter(std::move(*parts), "mitigate");
}

/// Makes new wishes durable and pursues them; replies with the first.
caf::result<mitigation_view> upstream_state::enter(std::vector<wish> wishes,
                                                   std::string action) {
  auto all = std::make_shared<std::vector<wish>>(std::move(wishes));
  storage::transaction changes;
  if (rolled_over_)
    roll_over(changes);
  for (const auto& x : *all) {
    changes.push_back(storage::put_mitigation{x.record});
    changes.push_back(storage::append_audit{
        {wall(), asked_by(x), action,
         setup_.name + '/' + std::to_string(x.record.key.mid), "requested"}});
  }
  changes.push_back(storage::put_client{known_});
  auto promise = self_->make_response_promise<mitigation_view>();
  self_
      ->request(setup_.keeper, request_round, atom::commit_v,
                std::move(changes))
      .then(
          [this, all, promise](ack) mutable {
            for (const auto& x : *all)
              wishes_[x.record.key.mid] = x;
            promise.deliver(current(all->front()));
            hurry();
            pursue_all();
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
  return promise;
}

/// For the audit trail.
std::string upstream_state::asked_by(const wish& x) {
  return x.record.relayed.empty() ? "operator" : "relay";
}

/// By the mid as the operator knows it.
std::map<std::uint32_t, upstream_state::wish>::iterator
upstream_state::find(std::uint32_t mid) {
  auto to = renamed_.find(mid);
  return wishes_.find(to == renamed_.end() ? mid : to->second);
}

caf::result<mitigation_view> upstream_state::report(std::uint32_t mid,
                                                    sig::attack_status what,
                                                    duration patience) {
  auto i = find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  auto* via = best_link();
  if (i->second.state != progress::active || via == nullptr)
    return to_error(fail(ec::unavailable, "mid",
                         "only what the server has granted can be reported "
                         "about, and over a session"));
  auto request = i->second.request; // all parameters, unchanged
  request.acls.clear();             // but for these (RFC 9133, Section 3.2.1)
  request.attack = what;
  coap_call call;
  call.code = 3; // PUT
  call.path = path_to(i->second.record.key.cuid, i->first);
  call.hop_limit = i->second.record.hop_limit;
  call.body = sig::encode(sig::mitigation_scope{{request}});
  call.urgent = true;
  call.if_match = true;
  call.patience = std::min<duration>(patience, efficacy_patience);
  auto promise = self_->make_response_promise<mitigation_view>();
  auto show = [this, key = i->first, promise](const coap_reply* reply) mutable {
    auto x = wishes_.find(key);
    if (x == wishes_.end()) {
      promise.deliver(to_error(fail(ec::not_found, "mid", "ended already")));
      return;
    }
    auto& w = x->second;
    if (reply != nullptr && reply->code >> 5 == 2)
      on_granted(w, *reply); // it refreshes, too
    auto view = current(w);
    if (reply == nullptr)
      view.note = "the server did not answer to the efficacy update";
    else if (reply->code >> 5 != 2)
      view.note = sig::to_string(static_cast<sig::response_code>(reply->code))
                  + ' ' + std::string{as_text(reply->body)};
    promise.deliver(std::move(view));
    arm();
  };
  auto limit = call.patience + status_patience;
  self_->request(via->handle, limit, atom::request_v, std::move(call))
      .then([show](const coap_reply& reply) mutable { show(&reply); },
            [show](const caf::error&) mutable { show(nullptr); });
  return promise;
}

caf::result<mitigation_view> upstream_state::await(std::uint32_t mid,
                                                   duration patience) {
  auto i = find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  if (i->second.state == progress::active
      || i->second.state == progress::refused)
    return current(i->second);
  auto promise = self_->make_response_promise<mitigation_view>();
  i->second.waiters.push_back({promise, now() + patience});
  arm();
  return promise;
}

caf::result<mitigation_view> upstream_state::withdraw(std::uint32_t mid,
                                                      duration patience) {
  auto i = find(mid);
  if (i == wishes_.end())
    return to_error(fail(ec::not_found, "mid", "no request has this mid"));
  mid = i->first;
  auto& x = i->second;
  auto promise = self_->make_response_promise<mitigation_view>();
  if (x.state == progress::refused) { // the server does not hold it
    promise.deliver(current(x));
    forget(mid);
    return promise;
  }
  begin_withdrawal(mid, waiter{promise, now() + patience}, "requested");
  return promise;
}

/// Durable first: what is withdrawn must not be renewed after a restart.
void upstream_state::begin_withdrawal(std::uint32_t mid,
                                      std::optional<waiter> who,
                                      std::string_view why) {
  for (const auto& [other, x] : wishes_)
    if (x.control_of == mid && x.state == progress::requested)
      begin_withdrawal(other, std::nullopt, "the mitigation is withdrawn");
  auto record = wishes_.at(mid).record;
  record.flags = static_cast<std::uint8_t>(record.flags | flag_withdrawing);
  storage::transaction changes{
      storage::put_mitigation{record},
      storage::append_audit{
          {wall(), who ? asked_by(wishes_.at(mid)) : setup_.name, "withdraw",
           setup_.name + '/' + std::to_string(mid), std::string{why}}}};
  self_
      ->request(setup_.keeper, request_round, atom::commit_v,
                std::move(changes))
      .then(
          [this, mid, who](ack) mutable {
            auto w = find(mid);
            if (w == wishes_.end()) {
              if (who)
                who->promise.deliver(
                    to_error(fail(ec::not_found, "mid", "ended already")));
              return;
            }
            auto& x = w->second;
            x.state = progress::withdrawing;
            x.record.flags =
                static_cast<std::uint8_t>(x.record.flags | flag_withdrawing);
            stop_asking(x);
            x.asked = now();
            x.retry.reset();
            x.control_of.reset();
            if (who)
              x.waiters.push_back(*who);
            hurry();
            pursue(x);
          },
          [who](caf::error& err) mutable {
            if (who)
              who->promise.deliver(std::move(err));
          });
}

} // namespace tocsin::actors
