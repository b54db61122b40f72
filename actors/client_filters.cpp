// CLIENT: filter control (RFC 9133), and accept-lists that are in the way of a
// mitigation.
#include "actors/client.hpp"

#include "protocol/data/alias.hpp"
#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace data = protocol::data;
namespace sig = protocol::signal;

namespace {

/// Before filter control that failed is worth another try: the default of
/// Max-Age (RFC 7252, Section 5.10.5).
constexpr std::uint32_t filter_pause = 60; // seconds

std::vector<data::activation_change>
to_changes(const std::vector<sig::filter_control>& acls) {
  std::vector<data::activation_change> out;
  for (const auto& x : acls)
    out.push_back({x.name, sig::when_of(x)});
  return out;
}

} // namespace

/// Filters are switched while a mitigation is active (RFC 9133, Section 3.2.1),
/// be it the one that is asked for.
result<void> client_state::admit_filters(const sig::mitigation& x) const {
  if (x.acls.empty() || x.trigger_mitigation.value_or(true) || active_ > 0)
    return {};
  return fail(ec::malformed, "acl-list",
              "no mitigation is active: filters are switched over the data "
              "channel meanwhile");
}

/// DATASTORE stores the ACLs and the request together. Should it or its answer
/// get lost, the request counts as refused, and its record is taken back.
void client_state::control_filters(job_ptr job,
                                   const storage::client_record& client,
                                   storage::transaction with) {
  filter_order order{
      job->request.from.identity, setup_.cuid,     *job->request.mid,
      to_changes(job->body.acls), std::move(with), now() + node_patience};
  self_
      ->request(setup_.data, 3 * node_patience, atom::control_v,
                std::move(order))
      .then(
          [this, job, client](const filter_answer& x) {
            if (x.unknown.empty())
              on_stored(job, client);
            else
              release_new(job, fail(ec::not_found, "acl-name",
                                    "this client has no ACL '" + x.unknown
                                        + "'; nothing was changed"));
          },
          [this, job](const caf::error& why) {
            filters_failed(job, to_failure(why));
          });
}

void client_state::filters_failed(const job_ptr& job, const failure& why) {
  auto mid = *job->request.mid;
  spdlog::error("client {}/{}: refused 5.03: filter control with mid {}: {}",
                setup_.who->name, setup_.cuid, mid, to_string(why));
  storage::transaction changes;
  if (why.code != ec::io) { // else the store said that it has nothing of it
    changes.push_back(storage::erase_mitigation{job->record.key});
    for (auto old : job->superseded)
      if (auto i = entries_.find(old);
          i != entries_.end() && !tombstones_.contains(old))
        changes.push_back(storage::put_mitigation{i->second.record});
  }
  changes.push_back(storage::append_audit{
      audit(job->request, "refuse", "5.03 filter control: " + to_string(why))});
  commit(std::move(changes));
  self_->send(setup_.registry, atom::release_v, owner(mid));
  setup_.usage->close_mitigation();
  finish({static_cast<std::uint8_t>(sig::response_code::unavailable), true,
          sig::encode(sig::filters_failed(mid, job->body.acls)), filter_pause,
          false});
}

/// What this request has switched is no news of others any more.
void client_state::forget_switched(const put_job& job) {
  if (job.body.acls.empty())
    return; // nearly always: no look at every mitigation for each new one
  for (auto& [_, x] : entries_)
    std::erase_if(x.switched, [&](const sig::filter_control& old) {
      return std::ranges::find(job.body.acls, old.name,
                               &sig::filter_control::name)
             != job.body.acls.end();
    });
}

void client_state::on_filters_changed(
    const std::string& identity,
    const std::vector<data::activation_change>& news) {
  if (identity != known_.identity)
    return;
  std::vector<std::uint32_t> told;
  for (auto& [mid, x] : entries_) {
    if (!x.active || x.withdrawn)
      continue;
    for (const auto& change : news) {
      auto i =
          std::ranges::find(x.switched, change.acl, &sig::filter_control::name);
      if (i != x.switched.end()) {
        i->when = change.when;
        continue;
      }
      if (x.switched.size() == max_switched_told)
        x.switched.erase(x.switched.begin());
      x.switched.push_back({change.acl, change.when});
    }
    told.push_back(mid);
  }
  for (auto mid : told)
    notify(mid);
}

/// With each periodic report, which is as often as there may be news.
void client_state::look_at_acceptlists() {
  if (!setup_.data || active_ == 0)
    return;
  self_
      ->request(setup_.data, node_patience, atom::counters_v, known_.identity,
                setup_.cuid)
      .then(
          [this](const std::vector<data::accepted_traffic>& accepted) {
            judge_acceptlists(accepted);
          },
          [](const caf::error&) {});
}

void client_state::judge_acceptlists(
    const std::vector<data::accepted_traffic>& accepted) {
  std::vector<std::uint32_t> told;
  for (auto& [mid, x] : entries_) {
    if (!x.active || x.withdrawn)
      continue;
    auto what = resolved(data::covered(x.request.what, x.aliased), x.names);
    auto dropped = x.view.dropped ? x.view.dropped->pkts_dropped : 0;
    auto acls = x.accepts.look(accepted, {what, dropped, x.still_attacked});
    std::optional<sig::conflict_information> now;
    if (!acls.empty() && x.view.status != sig::status::stopped)
      now = sig::acceptlist_conflict(std::move(acls));
    if (now == x.accepted)
      continue;
    spdlog::warn("client {}/{}: mitigation {}: {}", setup_.who->name,
                 setup_.cuid, mid,
                 now ? "accept-listed sources attack its target"
                     : "accept-lists are no longer in its way");
    x.accepted = std::move(now);
    told.push_back(mid);
  }
  for (auto mid : told)
    notify(mid);
}

} // namespace tocsin::actors
