// The PUT of a mitigation request: from its body to a durable, enforced
// mitigation (RFC 9132, Section 4.4.1).
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
  if (wanted.trigger_mitigation == false && !setup_.loss.allowed)
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
  if (tombstones_.contains(mid) || known != entries_.end())
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
  job->record = known.record;
  auto lifetime = known.record.lifetime;
  if (job->body.lifetime)
    lifetime =
        sig::grant_lifetime(*job->body.lifetime, setup_.who->limits.lifetime);
  job->record.lifetime = lifetime;
  // An efficacy update without a lifetime keeps what is left.
  if (job->body.lifetime)
    job->record.expires = sig::expiry(lifetime, wall());
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                storage::transaction{storage::put_mitigation{job->record}})
      .then([this, job](ack) { on_refreshed(job); },
            [this, job](const caf::error& why) {
              refuse(job->request,
                     fail(ec::unavailable, "storage", to_failure(why).detail));
            });
}

/// Out of the terminating period it is as good as new (RFC 9132, Section
/// 4.4.4); the lifecycle doubles the next period.
void client_state::on_refreshed(job_ptr job) {
  auto mid = *job->request.mid;
  auto left = sig::remaining_lifetime(job->record.expires, wall());
  if (auto i = entries_.find(mid); i != entries_.end()) {
    auto& x = i->second;
    x.record = job->record;
    x.withdrawn = false;
    x.withdrawn_at.reset();
    tombstones_.erase(mid);
    self_->send(x.handle, atom::refresh_v, left);
    if (job->body.attack) {
      spdlog::info("client {}/{}: mitigation {}: {}", setup_.who->name,
                   setup_.cuid, mid, sig::to_string(*job->body.attack));
      self_->send(x.handle, atom::report_v, *job->body.attack);
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
  self_->request(setup_.registry, node_patience, atom::claim_v, claim)
      .then(
          [this, job, lifetime](const claim_result& x) {
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
            found.record.lifetime = lifetime;
            found.record.expires = sig::expiry(lifetime, wall());
            resume(found);
            job->record = found.record;
            self_
                ->request(
                    setup_.keeper, node_patience, atom::commit_v,
                    storage::transaction{storage::put_mitigation{found.record}})
                .then([this, job](ack) { on_refreshed(job); },
                      [this, job](const caf::error& err) {
                        refuse(job->request, fail(ec::unavailable, "storage",
                                                  to_failure(err).detail));
                      });
          },
          [this, job](const caf::error& err) {
            refuse(job->request, to_failure(err));
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

void client_state::put_new(job_ptr job) {
  if (job->request.redirect)
    return finish(redirection_to(*job->request.redirect));
  if (refused_before(job))
    return;
  if (!setup_.usage->open_mitigation()) {
    refuse(job->request,
           fail(ec::unavailable, "mitigate",
                "the limit of "
                    + std::to_string(setup_.who->limits.max_mitigations)
                    + " mitigations, or that of the whole node, is reached; "
                      "withdraw one"));
    return;
  }
  look_up_aliases(std::move(job));
}

/// An alias is known to the DATASTORE under the same cuid, if the same agent
/// made it (RFC 9132, Section 4.4.1.3).
void client_state::look_up_aliases(job_ptr job) {
  const auto& names = job->body.what.aliases;
  if (names.empty())
    return look_up(std::move(job));
  self_
      ->request(setup_.data, node_patience, atom::resolve_v,
                alias_query{job->request.from.identity, setup_.cuid, names})
      .then(
          [this, job](sig::target& found) {
            job->aliased = std::move(found);
            look_up(job);
          },
          [this, job](const caf::error& e) {
            auto why = to_failure(e);
            if (why.code == ec::not_found)
              why = fail(ec::malformed, "alias-name",
                         "this client has no alias '" + why.detail + "'");
            abort_new(job, why);
          });
}

void client_state::look_up(job_ptr job) {
  auto names = names_of(covered(job->body.what, job->aliased));
  job->open_lookups = names.size();
  if (names.empty()) {
    on_names(std::move(job));
    return;
  }
  auto done = [this](const job_ptr& x) {
    if (--x->open_lookups == 0)
      on_names(x);
  };
  for (const auto& host : names)
    self_->request(setup_.resolver, node_patience, atom::resolve_v, host)
        .then(
            [job, host, done](std::vector<sig::prefix>& found) {
              job->names[host] = std::move(found);
              done(job);
            },
            // The check of the addresses refuses a name without any.
            [job, host, done](const caf::error& why) {
              spdlog::info("name {} was not resolved: {}", host,
                           to_string(to_failure(why)));
              done(job);
            });
}

void client_state::on_names(job_ptr job) {
  if (auto ok = authorise_names(
          *setup_.who, covered(job->body.what, job->aliased), job->names);
      !ok) {
    abort_new(job, ok.error());
    return;
  }
  auto lifetime =
      sig::grant_lifetime(*job->body.lifetime, setup_.who->limits.lifetime);
  bool armed = job->body.trigger_mitigation == false;
  scope_claim claim{owner(*job->request.mid),
                    resolved(covered(job->body.what, job->aliased), job->names),
                    lifetime,
                    armed ? scope_claim::state::armed
                          : scope_claim::state::active,
                    false,
                    caf::actor_cast<caf::strong_actor_ptr>(self_)};
  self_
      ->request(setup_.registry, node_patience, atom::claim_v, std::move(claim))
      .then(
          [this, job](const claim_result& x) {
            job->claimed = x;
            on_claimed(job);
          },
          [this, job](const caf::error& why) {
            abort_new(job, to_failure(why));
          });
}

/// First the order among the client's own requests (RFC 9132, Section
/// 4.4.1.3), then what the REGISTRY decided about those of others.
void client_state::on_claimed(job_ptr job) {
  auto mid = *job->request.mid;
  auto own = judge_own(*job);
  if (own.refused_for) {
    self_->send(setup_.registry, atom::release_v, owner(mid));
    setup_.usage->close_mitigation();
    finish({static_cast<std::uint8_t>(sig::response_code::conflict),
            true,
            sig::encode(sig::overlap_conflict(*own.refused_for)),
            {},
            false});
    return;
  }
  if (job->claimed.verdict == sig::newcomer_verdict::refuse) {
    setup_.usage->close_mitigation();
    remember_refused(*job);
    answer_conflict(job, job->claimed);
    return;
  }
  job->superseded = std::move(own.superseded);
  job->make_way = std::move(own.make_way);
  commit_new(std::move(job));
}

sig::own_decision client_state::judge_own(const put_job& job) const {
  sig::own_request newcomer{
      *job.request.mid,
      resolved(covered(job.body.what, job.aliased), job.names),
      job.body.trigger_mitigation.value_or(true), true};
  std::vector<sig::own_request> others;
  std::vector<std::uint32_t> ending;
  for (auto mid : job.claimed.own) {
    auto i = entries_.find(mid);
    if (i == entries_.end())
      continue;
    const auto& x = i->second;
    if (!x.withdrawn)
      others.push_back({mid,
                        resolved(covered(x.request.what, x.aliased), x.names),
                        !x.armed_kind(), x.active});
    else if (x.armed_kind() != newcomer.immediate)
      ending.push_back(mid); // whatever its mid, it makes way
  }
  auto out = sig::decide_own(newcomer, others);
  if (!out.refused_for)
    out.superseded.insert(out.superseded.end(), ending.begin(), ending.end());
  return out;
}

void client_state::commit_new(job_ptr job) {
  auto mid = *job->request.mid;
  auto lifetime =
      sig::grant_lifetime(*job->body.lifetime, setup_.who->limits.lifetime);
  job->record = {{setup_.who->name, setup_.cuid, mid},
                 job->request.body,
                 lifetime,
                 sig::expiry(lifetime, wall()),
                 wall(),
                 static_cast<std::uint8_t>(job->body.trigger_mitigation == false
                                               ? sig::status::signal_loss
                                               : sig::status::in_progress),
                 0,
                 ++created_,
                 {}};
  if (!job->body.what.aliases.empty())
    job->record.aliased = encode_target(job->aliased);
  bool inactive =
      job->claimed.verdict == sig::newcomer_verdict::accept_inactive;
  if (inactive) {
    job->record.flags |= flag_suspended;
    if (job->claimed.information->status == sig::conflict_status::all_inactive)
      job->record.flags |= flag_nobody;
    job->record.expires =
        wall()
        + sig::kept_lifetime(job->claimed.information->retry_timer.value_or(0));
  }
  auto client = client_record(mid);
  client.identity = job->request.from.identity;
  storage::transaction changes{
      storage::put_mitigation{job->record}, storage::put_client{client},
      storage::append_audit{audit(job->request, "mitigate", "2.01")}};
  for (auto old : job->superseded)
    if (!tombstones_.contains(old)) // a grave stays
      changes.push_back(
          storage::erase_mitigation{{setup_.who->name, setup_.cuid, old}});
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, job, client](ack) {
            if (client.identity != known_.identity)
              sessions_.clear();
            auto before = std::exchange(known_, client);
            on_created(job);
            if (before.identity != client.identity)
              belong_to(client.identity);
          },
          [this, job](const caf::error& why) {
            self_->send(setup_.registry, atom::release_v,
                        owner(*job->request.mid));
            abort_new(job,
                      fail(ec::unavailable, "storage", to_failure(why).detail));
          });
}

void client_state::on_created(job_ptr job) {
  auto mid = *job->request.mid;
  auto& x = entries_[mid];
  x.record = job->record;
  x.request = job->body;
  x.aliased = job->aliased;
  x.names = job->names;
  bool inactive =
      job->claimed.verdict == sig::newcomer_verdict::accept_inactive;
  x.beats = job->claimed.information.has_value() && !inactive;
  // The mids replaced are gone for the client at once.
  for (auto old : job->superseded) {
    auto node = entries_.extract(old);
    if (node.empty())
      continue;
    auto& replaced = node.mapped();
    if (replaced.handle)
      x.replaces.emplace_back(replaced.handle, superseded);
    for (auto& older : replaced.replaces)
      x.replaces.push_back(older);
    replaced.suspended = true;
    count(replaced);
    setup_.usage->close_mitigation();
    self_->send(setup_.registry, atom::release_v, owner(old));
  }
  for (auto old : job->make_way)
    if (auto i = entries_.find(old); i != entries_.end() && i->second.handle)
      x.replaces.emplace_back(i->second.handle, made_way);
  if (inactive) {
    x.view.peer = setup_.who->name;
    x.view.cuid = setup_.cuid;
    x.view.mid = mid;
    x.view.what = x.request.what;
    suspend(x, *job->claimed.information);
  } else {
    start(x, x.armed_kind());
    x.view.conflict = job->claimed.information;
    count(x);
    if (x.armed_kind()) // it may never start: nothing waits for it
      release_replaced(x);
  }
  arm();
  spdlog::info("client {}/{}: mitigation {} accepted for {} s{}",
               setup_.who->name, setup_.cuid, mid, job->record.lifetime,
               x.armed_kind() ? ", to start when the signal is lost" : "");
  auto left = sig::remaining_lifetime(job->record.expires, wall());
  auto body = job->claimed.information
                  ? sig::accepted(mid, left, *job->claimed.information)
                  : sig::accepted(mid, left);
  for (auto old : job->superseded)
    notify(old);
  notify(mid);
  finish({static_cast<std::uint8_t>(sig::response_code::created),
          true,
          sig::encode(body),
          {},
          false});
}

void client_state::abort_new(const job_ptr& job, const failure& why) {
  setup_.usage->close_mitigation();
  refuse(job->request, why);
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
