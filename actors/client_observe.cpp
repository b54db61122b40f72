// CLIENT: what it reports, asked or by itself (RFC 9132, Section 4.4.2).
#include "actors/client.hpp"

#include "protocol/signal/codec.hpp"

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

sig::content_filter filter_of(char c) {
  return c == 'c'   ? sig::content_filter::configuration
         : c == 'n' ? sig::content_filter::non_configuration
                    : sig::content_filter::all;
}

/// Whether it is reported periodically: it is active, or about to be armed
/// again after its final reports.
template <class Entry>
bool in_motion(const Entry& x) {
  return !x.suspended && (x.active || x.view.status == sig::status::withdrawn);
}

} // namespace

/// Without the detour of a view for operators, which has much more in it: this
/// is made for every GET and notification.
sig::mitigation client_state::to_body(const entry& x) const {
  sig::mitigation m;
  m.what = x.view.what;
  m.lifetime = lifetime_left(x);
  m.mid = x.view.mid;
  m.start = x.view.start;
  m.state = x.view.status;
  m.dropped = x.view.dropped;
  m.conflict = conflict_of(x);
  m.acls = x.switched;
  if (!x.view.immediate)
    m.trigger_mitigation = false;
  return m;
}

dots_response client_state::render(std::optional<std::uint32_t> mid,
                                   char filter) const {
  std::vector<sig::mitigation> found;
  if (!mid) {
    found.reserve(entries_.size());
    for (const auto& [_, x] : entries_)
      found.push_back(to_body(x));
  } else if (auto i = entries_.find(*mid); i != entries_.end()) {
    found.push_back(to_body(i->second));
  }
  dots_response out;
  if (found.empty()) {
    out.code = static_cast<std::uint8_t>(sig::response_code::not_found);
    auto text = sig::diagnostic(
        fail(ec::not_found, mid ? "mid" : "mitigate", "it has ended"));
    out.payload.assign(text.begin(), text.end());
    return out;
  }
  out.code = static_cast<std::uint8_t>(sig::response_code::content);
  out.cbor = true;
  out.payload =
      sig::encode(sig::mitigation_list(std::move(found), filter_of(filter)));
  return out;
}

bool client_state::watch(const dots_request& request) {
  if (!request.observe)
    return false;
  auto same = [&](const watcher& x) {
    return x.who.session == request.observe->session
           && x.who.request == request.observe->request;
  };
  std::erase_if(observers_, same);
  if (observers_.size() >= max_observers)
    return false;
  observers_.push_back({*request.observe, request.mid, request.filter});
  arm();
  return true;
}

void client_state::forget_observer(std::uint64_t session,
                                   std::uint64_t request) {
  std::erase_if(observers_, [&](const watcher& x) {
    return x.who.session == session && x.who.request == request;
  });
}

/// Tells all who observe this mid, or all mitigations. Who observes what is
/// gone hears so and observes no longer (RFC 7641, Section 4.2).
void client_state::notify(std::uint32_t mid) {
  std::map<std::pair<bool, char>, dots_response> made;
  std::erase_if(observers_, [&](const watcher& x) {
    if (x.mid && *x.mid != mid)
      return false;
    auto [i, is_new] = made.try_emplace({x.mid.has_value(), x.filter});
    if (is_new)
      i->second = render(x.mid, x.filter);
    auto answer = i->second;
    answer.observed = answer.cbor;
    if (auto session = caf::actor_cast<session_actor>(x.who.handle))
      self_->send(session, atom::notify_v, x.who.request, answer);
    return !answer.cbor;
  });
}

/// Whether a report of this status counts as one of the last before a
/// preconfigured mitigation is armed again. Not of an end of the attack while
/// the signal is lost: nobody hears it, and no second loss would start the
/// mitigation again if the attack went on.
bool client_state::is_final(const entry& x) const {
  return x.armed_kind() && !x.suspended
         && (x.view.status == sig::status::withdrawn
             || (x.view.status == sig::status::stopped && !signal_.lost()));
}

/// The periodic report: to all who observe something, and to the lifecycles
/// that count final reports, whether or not somebody listens.
void client_state::report() {
  std::map<std::pair<std::optional<std::uint32_t>, char>, dots_response> made;
  for (const auto& x : observers_) {
    auto i = entries_.find(x.mid.value_or(0));
    if (x.mid && (i == entries_.end() || !in_motion(i->second)))
      continue;
    auto [answer, is_new] = made.try_emplace({x.mid, x.filter});
    if (is_new) {
      answer->second = render(x.mid, x.filter);
      answer->second.observed = true;
    }
    if (auto session = caf::actor_cast<session_actor>(x.who.handle))
      self_->send(session, atom::notify_v, x.who.request, answer->second);
  }
  for (auto& [_, x] : entries_)
    if (is_final(x))
      self_->send(x.handle, atom::report_v);
  look_at_acceptlists();
}

/// Called for every change, so it looks no further than the first mitigation
/// whose status may change.
void client_state::arm() {
  bool reports = std::ranges::any_of(
      entries_, [](const auto& x) { return in_motion(x.second); });
  if (!reports)
    report_due_.reset();
  else if (!report_due_)
    report_due_ = now() + setup_.status_interval;
  auto due = report_due_;
  auto sooner = [&due](std::optional<time_point> t) {
    if (t && (!due || *t < *due))
      due = t;
  };
  sooner(signal_.next_deadline());
  if (awaited_)
    sooner(awaited_->until);
  std::erase_if(kept_, [this](std::uint32_t mid) {
    auto i = entries_.find(mid);
    return i == entries_.end() || !i->second.suspended;
  });
  for (auto mid : kept_)
    sooner(entries_.at(mid).kept_until);
  alarm_.set(self_, due);
}

void client_state::on_alarm(std::uint64_t generation) {
  if (!alarm_.rang(generation))
    return;
  if (report_due_ && now() >= *report_due_) {
    report_due_.reset();
    report();
  }
  on_signal(signal_.on_time(now()));
  end_kept();
  if (awaited_ && now() >= awaited_->until)
    answer_granted();
  arm();
}

} // namespace tocsin::actors
