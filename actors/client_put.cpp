// CLIENT: the PUT of a mitigation request, and that of one which it knows (RFC
// 9132, Section 4.4.1.3).
#include "actors/client.hpp"

#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"
#include "protocol/signal/validate.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace sig = protocol::signal;

result<sig::mitigation> client_state::read_body(const dots_request& request) {
  auto body = sig::decode(request.body, sig::direction::request);
  if (!body)
    return body.error();
  auto* scope = std::get_if<sig::mitigation_scope>(&*body);
  if (scope == nullptr)
    return fail(ec::malformed, "mitigation-scope",
                "the body is another message of DOTS");
  if (auto ok = sig::validate_request(*scope); !ok)
    return ok.error();
  auto& wanted = scope->scope[0];
  if (!wanted.what.aliases.empty() && !setup_.data)
    return fail(ec::malformed, "alias-name",
                "this client has no alias '" + wanted.what.aliases[0] + "'");
  if (!wanted.acls.empty() && !setup_.data)
    return fail(ec::unknown, "dots-signal",
                "keys not understood, yet comprehension-required: 52, 53 "
                "(there is no data channel whose filters could be switched)");
  if (wanted.trigger_mitigation == false
      && (!setup_.loss.allowed || request.forwarded))
    return fail(ec::unauthorized, "trigger-mitigation",
                "mitigation on loss of signal is not offered here; leave it "
                "out to be protected at once");
  if (wanted.attack.has_value() != request.if_match)
    return fail(ec::malformed, "attack-status",
                "an efficacy update has both attack-status and If-Match");
  if (auto ok = sig::authorise(*setup_.who, wanted.what); !ok)
    return ok.error();
  return std::move(wanted);
}

void client_state::put(dots_request request) {
  if (!request.mid) {
    refuse(request, fail(ec::missing, "mid", "PUT needs a mid"));
    return;
  }
  auto mid = *request.mid;
  auto known = entries_.find(mid);
  bool live = known != entries_.end() && !known->second.withdrawn;
  if (request.if_match && !live) {
    dots_response silence;
    silence.silent = true; // RFC 9132, Section 4.4.3
    finish(std::move(silence));
    return;
  }
  auto body = read_body(request);
  if (!body) {
    refuse(request, body.error());
    return;
  }
  auto job = std::make_shared<put_job>();
  job->request = std::move(request);
  job->body = std::move(*body);
  if (live || (known != entries_.end() && known->second.withdrawn_at)) {
    auto& x = known->second;
    bool early = x.withdrawn && now() - *x.withdrawn_at < late_copy;
    if (!early)
      return x.suspended ? put_suspended(x, std::move(job))
                         : put_known(x, std::move(job));
  }
  if (tombstones_.contains(mid) || known != entries_.end() || is_overtaken(mid))
    refuse(job->request,
           fail(ec::malformed, "mid",
                "this mid was withdrawn; a new request needs a higher one"));
  else
    put_new(std::move(job));
}

/// Refresh or efficacy update: same mid, same parameters (RFC 9132, Sections
/// 4.4.1.3 and 4.4.3).
void client_state::put_known(entry& known, job_ptr job) {
  if (!sig::equal_request(known.request, job->body)) {
    refuse(job->request,
           fail(ec::malformed, "mid",
                "this mid has other parameters; a changed scope needs a "
                "higher mid"));
    return;
  }
  // What is new counts at once, lest a change that is stored behind this one be
  // stored with what was before.
  auto before = known.record;
  auto fresh = before;
  if (!job->request.if_match)
    fresh.hop_limit = job->request.hop_limit.value_or(0);
  // An efficacy update without a lifetime keeps what is left.
  if (job->body.lifetime) {
    fresh.lifetime =
        sig::grant_lifetime(*job->body.lifetime, setup_.who->limits.lifetime);
    fresh.expires = sig::expiry(fresh.lifetime, wall());
  }
  adopt_refreshed(known, fresh);
  job->record = known.record;
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                storage::transaction{storage::put_mitigation{job->record}})
      .then(
          [this, job, hops = before.hop_limit](ack) {
            auto i = entries_.find(*job->request.mid);
            if (i != entries_.end() && job->record.hop_limit != hops)
              self_->send(i->second.handle, atom::hops_v,
                          job->record.hop_limit);
            on_refreshed(job);
          },
          [this, job, before](const caf::error& why) {
            if (auto i = entries_.find(*job->request.mid); i != entries_.end())
              adopt_refreshed(i->second, before);
            refuse(job->request,
                   fail(ec::unavailable, "storage", to_failure(why).detail));
          });
}

/// What a refresh changes of a record; or takes back, if it cannot be stored.
void client_state::adopt_refreshed(entry& x,
                                   const storage::mitigation_record& fresh) {
  x.record.lifetime = fresh.lifetime;
  x.record.expires = fresh.expires;
  x.record.hop_limit = fresh.hop_limit;
}

/// Out of the terminating period it is as good as new (RFC 9132, Section
/// 4.4.4); the lifecycle doubles the next period.
void client_state::on_refreshed(job_ptr job) {
  auto mid = *job->request.mid;
  auto left = sig::remaining_lifetime(job->record.expires, wall());
  if (auto i = entries_.find(mid); i != entries_.end()) {
    auto& x = i->second;
    x.withdrawn = false;
    x.withdrawn_at.reset();
    tombstones_.erase(mid);
    self_->send(x.handle, atom::refresh_v, left);
    if (job->body.attack) {
      spdlog::info("client {}/{}: mitigation {}: {}", setup_.who->name,
                   setup_.cuid, mid, sig::to_string(*job->body.attack));
      self_->send(x.handle, atom::report_v, *job->body.attack);
      x.still_attacked = *job->body.attack == sig::attack_status::under_attack;
    }
  }
  self_
      ->request(setup_.registry, node_patience, atom::refresh_v, owner(mid),
                left)
      .then([this, job,
             left](const claim_result& x) { answer_refreshed(job, left, x); },
            [this, job, left](const caf::error&) {
              answer_refreshed(job, left,
                               {}); // durable and in force all the same
            });
}

/// Says whether the conflict goes on, as the answer to the first request did.
void client_state::answer_refreshed(const job_ptr& job, std::int64_t left,
                                    const claim_result& x) {
  auto mid = *job->request.mid;
  if (auto i = entries_.find(mid); i != entries_.end() && !i->second.suspended)
    i->second.view.conflict = x.information;
  auto body = x.information ? sig::accepted(mid, left, *x.information)
                            : sig::accepted(mid, left);
  finish({static_cast<std::uint8_t>(sig::response_code::changed),
          true,
          sig::encode(body),
          {},
          false});
}

/// A request that lost a conflict is decided about again, though not before
/// its retry-timer has run out (RFC 9132, Section 4.4.1.3).
void client_state::put_suspended(entry& known, job_ptr job) {
  if (!sig::equal_request(known.request, job->body))
    return refuse(job->request,
                  fail(ec::malformed, "mid",
                       "this mid has other parameters; a changed scope needs "
                       "a higher mid"));
  auto why = current(known).conflict;
  if (known.retry_at && now() < *known.retry_at && why)
    return answer_conflict(job,
                           {sig::newcomer_verdict::refuse, std::move(why), {}});
  auto lifetime = job->body.lifetime ? sig::grant_lifetime(
                      *job->body.lifetime, setup_.who->limits.lifetime)
                                     : known.record.lifetime;
  auto claim = claim_of(known, scope_claim::state::active);
  claim.lifetime = lifetime;
  this->claim(
      std::move(claim),
      [this, job, lifetime](const claim_result& x) {
        on_claimed_again(job, lifetime, x);
      },
      [this, job](const caf::error& err) {
        refuse(job->request, to_failure(err));
      });
}

void client_state::on_claimed_again(const job_ptr& job, std::int64_t lifetime,
                                    const claim_result& x) {
  auto i = entries_.find(*job->request.mid);
  if (i == entries_.end())
    return refuse(job->request,
                  fail(ec::unavailable, "mid", "it has just ended"));
  auto& found = i->second;
  if (x.verdict != sig::newcomer_verdict::accept) {
    if (x.information)
      on_still_lost(found, *x.information);
    // It is kept anyway; policy says which answer that is.
    if (x.verdict == sig::newcomer_verdict::accept_inactive)
      return answer_refreshed(job, found.view.lifetime, x);
    return answer_conflict(job, x);
  }
  found.beats = x.information.has_value();
  job->claimed = x;
  found.elsewhere = ending_elsewhere(*job, {});
  found.record.lifetime = lifetime;
  found.record.expires = sig::expiry(lifetime, wall());
  resume(found);
  job->record = found.record;
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                storage::transaction{storage::put_mitigation{found.record}})
      .then([this, job](ack) { on_refreshed(job); },
            [this, job](const caf::error& err) {
              refuse(job->request,
                     fail(ec::unavailable, "storage", to_failure(err).detail));
            });
}

void client_state::answer_conflict(const job_ptr& job, const claim_result& x) {
  spdlog::info("client {}/{}: mitigation {} conflicts with another client's "
               "request: 4.09",
               setup_.who->name, setup_.cuid, *job->request.mid);
  commit({storage::append_audit{audit(
      job->request, "refuse", "4.09 another client's request overlaps it")}});
  finish({static_cast<std::uint8_t>(sig::response_code::conflict),
          true,
          sig::encode(sig::refused(
              x.information.value_or(sig::conflict_information{}))),
          {},
          false});
}

storage::client_record client_state::client_record(std::uint32_t mid) {
  auto x = known_;
  x.last_mid = x.mid_used ? std::max(x.last_mid, mid) : mid;
  x.mid_used = true;
  x.seen = wall();
  return x;
}

storage::audit_event client_state::audit(const dots_request& request,
                                         std::string action,
                                         std::string outcome) const {
  auto subject = setup_.cuid;
  if (request.mid)
    subject += '/' + std::to_string(*request.mid);
  return {wall(), setup_.who->name + " (" + request.from.address + ')',
          std::move(action), std::move(subject), std::move(outcome)};
}

} // namespace tocsin::actors
