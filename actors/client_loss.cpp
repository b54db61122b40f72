// CLIENT: its sessions, and mitigations that start when the signal is lost (RFC
// 9132, Sections 4.4.1.1 and 4.7).
#include "actors/client.hpp"
#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace data = protocol::data;
namespace sig = protocol::signal;

namespace {

constexpr std::string_view overtaken =
    "the signal is lost, and a preconfigured request takes precedence";

sig::session_end ending_of(session_end x) {
  switch (x) {
  case session_end::closed:
    return sig::session_end::goodbye;
  case session_end::lost:
    return sig::session_end::lost;
  case session_end::replaced:
    return sig::session_end::replaced;
  case session_end::failed:
    return sig::session_end::failed;
  case session_end::shut_down:
    return sig::session_end::node_stop;
  }
  return sig::session_end::failed;
}

} // namespace

/// From now on SUPERVISOR tells about the sessions of this identity. Should
/// there be none any more, then the signal is about to be lost.
void client_state::belong_to(const std::string& identity) {
  signal_ = sig::signal_watch{setup_.loss.heartbeats};
  signal_.restored(now());
  if (setup_.parent)
    self_->send(setup_.parent, atom::adopt_v, setup_.who->name, setup_.cuid,
                identity);
  arm();
}

void client_state::on_session(const session_opened& x,
                              const caf::strong_actor_ptr& session) {
  if (x.peer.identity != known_.identity)
    return;
  auto& known = sessions_[x.id];
  known.handle = caf::actor_cast<session_actor>(session);
  if (active_ > 0 && known.handle)
    self_->send(known.handle, atom::mode_v, setup_.cuid, true);
  known.mitigating = active_ > 0;
  mark_left(false);
  on_signal(signal_.up(x.id));
  arm();
}

void client_state::on_session_end(std::uint64_t session, session_end how) {
  std::erase_if(observers_,
                [&](const watcher& x) { return x.who.session == session; });
  if (sessions_.erase(session) == 0)
    return;
  on_signal(signal_.ended(session, ending_of(how), now()));
  if (sessions_.empty() && !signal_.expected())
    mark_left(true);
  arm();
}

/// Which set of the session configuration holds (RFC 9132, Section 4.5).
void client_state::tell_mode() {
  for (auto& [_, x] : sessions_)
    if (x.mitigating != (active_ > 0) && x.handle) {
      x.mitigating = active_ > 0;
      self_->send(x.handle, atom::mode_v, setup_.cuid, x.mitigating);
    }
  tell_datastore();
}

/// Stored with what is armed, so that a restart does not take the silence of a
/// client that said goodbye for a loss.
void client_state::mark_left(bool left) {
  storage::transaction changes;
  for (auto& [_, x] : entries_) {
    if (!x.armed_kind() || x.withdrawn
        || ((x.record.flags & flag_left) != 0) == left)
      continue;
    x.record.flags ^= flag_left;
    changes.push_back(storage::put_mitigation{x.record});
  }
  if (!changes.empty())
    commit(std::move(changes));
}

void client_state::on_signal(std::optional<sig::signal_event> x) {
  if (x == sig::signal_event::lost)
    start_armed();
  else if (x == sig::signal_event::recovered)
    // What runs goes on (RFC 9132, Section 4.4.4).
    spdlog::info("client {}/{}: the signal is there again", setup_.who->name,
                 setup_.cuid);
}

void client_state::start_armed() {
  auto job = std::make_shared<loss_job>();
  for (auto& [mid, x] : entries_)
    if (x.armed_kind() && !x.withdrawn && !x.suspended
        && x.view.status == sig::status::signal_loss)
      job->mids.push_back(mid);
  if (job->mids.empty())
    return;
  job->open = job->mids.size();
  auto done = [this, job] {
    if (--job->open == 0)
      on_armed_claimed(job);
  };
  for (auto mid : job->mids)
    self_
        ->request(setup_.registry, node_patience, atom::claim_v,
                  claim_of(entries_.at(mid), scope_claim::state::active))
        .then(
            [this, job, mid, done](const claim_result& x) {
              auto i = entries_.find(mid);
              if (i != entries_.end()) {
                auto& found = i->second;
                if (x.verdict == sig::newcomer_verdict::accept)
                  found.beats = x.information.has_value();
                else if (x.information)
                  on_conflict(mid, *x.information);
              }
              done();
            },
            [done](const caf::error&) { done(); });
}

/// One change of the store for all that start: ten thousand clients that are
/// lost together make ten thousand of them, which KEEPER's writer groups.
void client_state::on_armed_claimed(const std::shared_ptr<loss_job>& job) {
  if (!signal_.lost()) { // it came back while REGISTRY was asked
    for (auto mid : job->mids)
      if (auto i = entries_.find(mid);
          i != entries_.end() && !i->second.suspended && !i->second.withdrawn)
        claim_armed(i->second);
    return;
  }
  storage::transaction changes;
  std::vector<std::uint32_t> mids;
  for (auto mid : job->mids) {
    auto i = entries_.find(mid);
    if (i == entries_.end() || i->second.suspended || i->second.withdrawn)
      continue;
    auto& x = i->second;
    x.record.status = static_cast<std::uint8_t>(sig::status::in_progress);
    x.record.start = wall();
    mids.push_back(mid);
    changes.push_back(storage::put_mitigation{x.record});
    changes.push_back(storage::append_audit{
        event(mid, "mitigate", "started: the signal of the client is lost")});
    spdlog::warn("client {}/{}: mitigation {} starts: the signal is lost",
                 setup_.who->name, setup_.cuid, mid);
  }
  if (mids.empty())
    return;
  // Protection comes before bookkeeping: it starts though the disk be full.
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then([this, mids](ack) { start_lost(mids); },
            [this, mids](const caf::error& why) {
              spdlog::error("client {}/{}: not stored: {}", setup_.who->name,
                            setup_.cuid, to_string(to_failure(why)));
              start_lost(mids);
            });
}

/// The preconfigured ones take precedence over immediate ones that they
/// overlap, which end when the former are in force.
void client_state::start_lost(const std::vector<std::uint32_t>& mids) {
  std::vector<sig::own_request> all;
  for (const auto& [mid, x] : entries_)
    if (!x.suspended && !x.withdrawn)
      all.push_back(
          {mid, resolved(data::covered(x.request.what, x.aliased), x.names),
           !x.armed_kind(), x.active});
  auto over = sig::withdrawn_by_signal_loss(all);
  for (auto mid : mids) {
    auto i = entries_.find(mid);
    if (i == entries_.end() || i->second.suspended)
      continue;
    auto mine =
        resolved(data::covered(i->second.request.what, i->second.aliased),
                 i->second.names);
    std::erase_if(over, [&](std::uint32_t old) {
      auto& x = entries_.at(old);
      if (!x.handle
          || !sig::overlaps(
              mine,
              resolved(data::covered(x.request.what, x.aliased), x.names)))
        return false;
      i->second.replaces.emplace_back(x.handle, overtaken);
      commit({storage::append_audit{
          event(old, "withdraw", std::string{overtaken})}});
      return true;
    });
    self_->send(i->second.handle, atom::lost_v);
  }
}

} // namespace tocsin::actors
