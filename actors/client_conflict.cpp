// CLIENT: conflicts with requests of other clients (RFC 9132, Section 4.4.1.3).
// The REGISTRY decides; what a loser and a winner are told is made here.
#include "actors/client.hpp"
#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace sig = protocol::signal;

/// Another client's request is in force in place of ours.
void client_state::on_conflict(std::uint32_t mid,
                               sig::conflict_information why) {
  auto i = entries_.find(mid);
  if (i == entries_.end() || i->second.withdrawn || i->second.suspended)
    return;
  auto& x = i->second;
  auto retry = why.retry_timer.value_or(0);
  suspend(x, std::move(why));
  x.record.expires = wall() + sig::kept_lifetime(retry);
  spdlog::warn("client {}/{}: mitigation {} is deactivated: another client's "
               "request takes precedence",
               setup_.who->name, setup_.cuid, mid);
  commit({storage::put_mitigation{x.record},
          storage::append_audit{event(mid, "deactivate",
                                      "another client's request overlaps it "
                                      "and takes precedence")}});
  notify(mid);
  arm();
}

/// No terminating period (SIG-134), and what is kept lives a little longer than
/// the retry-timer, so that a refresh after it still finds it.
void client_state::suspend(entry& x, sig::conflict_information why) {
  auto retry = why.retry_timer.value_or(0);
  release_replaced(x);
  if (x.handle) {
    self_->send(x.handle, atom::revoke_v,
                std::string{"another client's request takes precedence"});
    x.ending = std::exchange(x.handle, nullptr);
  }
  x.suspended = true;
  kept_.insert(x.record.key.mid);
  x.start_when_ended = false;
  x.retry_at = now() + std::chrono::seconds{retry};
  x.kept_until = now() + std::chrono::seconds{sig::kept_lifetime(retry)};
  x.record.flags |= flag_suspended;
  x.record.flags &= static_cast<std::uint8_t>(~flag_nobody);
  if (why.status == sig::conflict_status::all_inactive)
    x.record.flags |= flag_nobody;
  x.view.status = sig::status::withdrawn;
  x.view.lifetime = sig::kept_lifetime(retry);
  x.view.origin.clear();
  x.view.enforcement.clear();
  x.view.conflict = std::move(why);
  x.viewed = now();
  count(x);
}

/// Asked again after the retry-timer, and lost again.
void client_state::on_still_lost(entry& x, sig::conflict_information why) {
  auto retry = why.retry_timer.value_or(0);
  suspend(x, std::move(why));
  x.record.expires = wall() + sig::kept_lifetime(retry);
  commit({storage::put_mitigation{x.record}});
  arm();
}

/// Ours stays active in spite of a conflict: whoever observes it hears so.
void client_state::on_rival(std::uint32_t mid, sig::conflict_information why) {
  auto i = entries_.find(mid);
  if (i == entries_.end())
    return;
  if (i->second.suspended) { // the rest of it was stored
    if (i->second.view.conflict)
      i->second.view.conflict->scope = std::move(why.scope);
    return;
  }
  i->second.view.conflict = std::move(why);
  notify(mid);
  // Said once: the newcomer may be refused and never come again.
  i->second.view.conflict.reset();
}

/// What ours lost to is gone.
void client_state::on_free(std::uint32_t mid) {
  auto i = entries_.find(mid);
  if (i == entries_.end() || i->second.withdrawn || !i->second.suspended)
    return;
  resume(i->second);
  spdlog::info("client {}/{}: mitigation {} is active again: the other "
               "client's request is gone",
               setup_.who->name, setup_.cuid, mid);
  commit({storage::put_mitigation{i->second.record},
          storage::append_audit{
              event(mid, "reactivate", "the other client's request is gone")}});
  notify(mid);
}

void client_state::resume(entry& x) {
  x.suspended = false;
  x.retry_at.reset();
  x.record.flags &= static_cast<std::uint8_t>(~(flag_suspended | flag_nobody));
  x.view.conflict.reset();
  x.record.start = 0;
  // A preconfigured one lost while it ran: it runs on if the signal is lost.
  bool waits = x.armed_kind() && !signal_.lost();
  x.view.status = waits ? sig::status::signal_loss : sig::status::in_progress;
  x.record.status = static_cast<std::uint8_t>(x.view.status);
  count(x);
  // The rules of both have the same names: the old ones go first.
  if (x.ending)
    x.start_when_ended = true;
  else
    start(x, x.armed_kind());
  if (waits) // REGISTRY has it as active
    claim_armed(x);
  arm();
}

/// Until its retry-timer runs out a client is not to ask again (RFC 9132,
/// Section 4.4.1.3), and would hear the same.
void client_state::remember_refused(const put_job& job) {
  const auto& why = job.claimed.information;
  if (!job.claimed.lasting || !why || !why->retry_timer)
    return;
  if (refused_.size() >= max_refused_requests)
    refused_.pop_front();
  refused_.push_back(
      {job.body, *why, now() + std::chrono::seconds{*why->retry_timer}});
}

/// Answers a request that was refused and comes back too early, without another
/// look at names, scopes and the store.
bool client_state::refused_before(const job_ptr& job) {
  std::erase_if(refused_, [this](const refused_request& x) {
    return now() >= x.retry_at;
  });
  for (const auto& x : refused_) {
    if (!sig::equal_request(x.body, job->body))
      continue;
    auto why = x.why;
    why.retry_timer = static_cast<std::uint32_t>(
        std::chrono::ceil<std::chrono::seconds>(x.retry_at - now()).count());
    finish({static_cast<std::uint8_t>(sig::response_code::conflict),
            true,
            sig::encode(sig::refused(std::move(why))),
            {},
            false});
    return true;
  }
  return false;
}

void client_state::end_kept() {
  std::vector<std::uint32_t> over;
  for (const auto& [mid, x] : entries_)
    if (x.suspended && now() >= x.kept_until)
      over.push_back(mid);
  for (auto mid : over)
    erase(mid);
}

} // namespace tocsin::actors
