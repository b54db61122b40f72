// The PUT of a mitigation request: from its body to a durable, enforced
// mitigation (RFC 9132, Section 4.4.1).
#include "actors/client.hpp"

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
  // Aliases are made on the data channel, which this release does not serve.
  if (!wanted.what.aliases.empty())
    return fail(ec::malformed, "alias-name",
                "this client has no alias '" + wanted.what.aliases[0] + "'");
  if (wanted.trigger_mitigation == false)
    return fail(ec::unsupported, "trigger-mitigation",
                "mitigation on loss of signal is not offered here");
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
  if (live)
    put_known(known->second, std::move(job));
  else if (tombstones_.contains(mid) || known != entries_.end())
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
      .then(
          [this, job](ack) {
            auto mid = *job->request.mid;
            auto left = sig::remaining_lifetime(job->record.expires, wall());
            auto i = entries_.find(mid);
            if (i != entries_.end()) {
              i->second.record = job->record;
              self_->send(i->second.handle, atom::refresh_v, left);
            }
            finish({static_cast<std::uint8_t>(sig::response_code::changed),
                    true,
                    sig::encode(sig::accepted(mid, left)),
                    {},
                    false});
          },
          [this, job](const caf::error& why) {
            refuse(job->request,
                   fail(ec::unavailable, "storage", to_failure(why).detail));
          });
}

void client_state::put_new(job_ptr job) {
  if (!setup_.usage->open_mitigation()) {
    refuse(job->request,
           fail(ec::unavailable, "mitigate",
                "the limit of "
                    + std::to_string(setup_.who->limits.max_mitigations)
                    + " mitigations is reached; withdraw one"));
    return;
  }
  look_up(std::move(job));
}

void client_state::look_up(job_ptr job) {
  auto names = names_of(job->body.what);
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
  if (auto ok = authorise_names(*setup_.who, job->body.what, job->names); !ok) {
    abort_new(job, ok.error());
    return;
  }
  self_
      ->request(setup_.registry, node_patience, atom::claim_v,
                owner(*job->request.mid), resolved(job->body.what, job->names))
      .then(
          [this, job](const std::vector<scope_owner>& others) {
            on_claimed(job, others);
          },
          [this, job](const caf::error& why) {
            abort_new(job, to_failure(why));
          });
}

/// The larger mid wins among overlapping requests of one client (RFC 9132,
/// Section 4.4.1.3).
void client_state::on_claimed(job_ptr job,
                              const std::vector<scope_owner>& others) {
  auto mid = *job->request.mid;
  for (const auto& other : others) {
    if (other.customer != setup_.who->name || other.cuid != setup_.cuid)
      continue;
    auto i = entries_.find(other.mid);
    if (i == entries_.end())
      continue;
    if (other.mid > mid && !i->second.withdrawn) {
      self_->send(setup_.registry, atom::release_v, owner(mid));
      setup_.usage->close_mitigation();
      finish({static_cast<std::uint8_t>(sig::response_code::conflict),
              true,
              sig::encode(sig::overlap_conflict(other.mid)),
              {},
              false});
      return;
    }
    job->superseded.push_back(other.mid);
  }
  commit_new(std::move(job));
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
                 static_cast<std::uint8_t>(sig::status::in_progress),
                 0,
                 ++created_};
  known_ = client_record(mid);
  known_.identity = job->request.from.identity;
  storage::transaction changes{
      storage::put_mitigation{job->record}, storage::put_client{known_},
      storage::append_audit{audit(job->request, "mitigate", "2.01")}};
  for (auto old : job->superseded)
    if (!tombstones_.contains(old)) // a grave stays
      changes.push_back(
          storage::erase_mitigation{{setup_.who->name, setup_.cuid, old}});
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then([this, job](ack) { on_created(job); },
            [this, job](const caf::error& why) {
              self_->send(setup_.registry, atom::release_v,
                          owner(*job->request.mid));
              abort_new(job, fail(ec::unavailable, "storage",
                                  to_failure(why).detail));
            });
}

void client_state::on_created(job_ptr job) {
  auto mid = *job->request.mid;
  auto& x = entries_[mid];
  x.record = job->record;
  x.request = job->body;
  x.names = job->names;
  // The mids replaced are gone for the client at once.
  for (auto old : job->superseded) {
    auto node = entries_.extract(old);
    if (node.empty())
      continue;
    auto& replaced = node.mapped();
    x.replaces.push_back(replaced.handle);
    for (auto& older : replaced.replaces)
      x.replaces.push_back(older);
    setup_.usage->close_mitigation();
    self_->send(setup_.registry, atom::release_v, owner(old));
  }
  start(x, false);
  spdlog::info("client {}/{}: mitigation {} accepted for {} s",
               setup_.who->name, setup_.cuid, mid, job->record.lifetime);
  finish({static_cast<std::uint8_t>(sig::response_code::created),
          true,
          sig::encode(sig::accepted(mid, job->record.lifetime)),
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
