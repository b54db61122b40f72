// CLIENT: a new mitigation request, from its names to a durable, enforced
// mitigation (RFC 9132, Section 4.4.1).
#include "actors/client.hpp"

#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace data = protocol::data;
namespace sig = protocol::signal;

void client_state::put_new(job_ptr job) {
  if (job->request.redirect)
    return finish(redirection_to(*job->request.redirect));
  if (ends_here(job->request))
    return refuse_loop(job->request);
  if (auto ok = admit_filters(job->body); !ok)
    return refuse(job->request, ok.error());
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
  auto names = names_of(data::covered(job->body.what, job->aliased));
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
          *setup_.who, data::covered(job->body.what, job->aliased), job->names);
      !ok) {
    abort_new(job, ok.error());
    return;
  }
  auto lifetime =
      sig::grant_lifetime(*job->body.lifetime, setup_.who->limits.lifetime);
  bool armed = job->body.trigger_mitigation == false;
  scope_claim claim{
      owner(*job->request.mid),
      resolved(data::covered(job->body.what, job->aliased), job->names),
      lifetime,
      armed ? scope_claim::state::armed : scope_claim::state::active,
      false,
      caf::actor_cast<caf::strong_actor_ptr>(self_)};
  this->claim(
      std::move(claim),
      [this, job](const claim_result& x) {
        job->claimed = x;
        on_claimed(job);
      },
      [this, job](const caf::error& why) { abort_new(job, to_failure(why)); });
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
  job->elsewhere = ending_elsewhere(*job, own.superseded);
  std::erase_if(own.superseded,
                [this](auto old) { return !entries_.contains(old); });
  job->superseded = std::move(own.superseded);
  job->make_way = std::move(own.make_way);
  commit_new(std::move(job));
}

sig::own_decision client_state::judge_own(const put_job& job) const {
  sig::own_request newcomer{
      *job.request.mid,
      resolved(data::covered(job.body.what, job.aliased), job.names),
      job.body.trigger_mitigation.value_or(true), true};
  std::vector<sig::own_request> others;
  std::vector<std::uint32_t> ending;
  for (auto mid : job.claimed.own) {
    auto i = entries_.find(mid);
    if (i == entries_.end())
      continue;
    const auto& x = i->second;
    if (!x.withdrawn)
      others.push_back(
          {mid, resolved(data::covered(x.request.what, x.aliased), x.names),
           !x.armed_kind(), x.active});
    else if (x.armed_kind() != newcomer.immediate)
      ending.push_back(mid); // whatever its mid, it makes way
  }
  for (const auto& x : job.claimed.own_elsewhere)
    others.push_back({x.owner.mid, x.what, x.immediate, x.active});
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
  job->record.hop_limit = job->request.hop_limit.value_or(0);
  job->record.cdid = job->request.from.cdid;
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
  if (!job->body.acls.empty())
    return control_filters(std::move(job), client, std::move(changes));
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then([this, job, client](ack) { on_stored(job, client); },
            [this, job](const caf::error& why) {
              release_new(job, fail(ec::unavailable, "storage",
                                    to_failure(why).detail));
            });
}

void client_state::on_stored(const job_ptr& job,
                             const storage::client_record& client) {
  if (client.identity != known_.identity)
    sessions_.clear();
  auto before = std::exchange(known_, client);
  on_created(job);
  if (before.identity != client.identity)
    belong_to(client.identity);
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
  x.elsewhere = job->elsewhere;
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
  forget_switched(*job);
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
  // As the examples of RFC 9133 answer: what goes on was changed.
  bool changed = !job->body.acls.empty() && !job->superseded.empty();
  dots_response granted{
      static_cast<std::uint8_t>(changed ? sig::response_code::changed
                                        : sig::response_code::created),
      true,
      sig::encode(body),
      {},
      false};
  if (!await_upstream(*job, granted))
    finish(std::move(granted));
  on_agreement(mid, job->claimed.agreeing);
}

/// Gives its scope back as well.
void client_state::release_new(const job_ptr& job, const failure& why) {
  self_->send(setup_.registry, atom::release_v, owner(*job->request.mid));
  abort_new(job, why);
}

void client_state::abort_new(const job_ptr& job, const failure& why) {
  setup_.usage->close_mitigation();
  refuse(job->request, why);
}

} // namespace tocsin::actors
