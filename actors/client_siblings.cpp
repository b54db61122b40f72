// CLIENT: other nodes of the same organisation (docs/adr/0008): what they hold
// counts as if it were here, and the client may move to one of them.
#include "actors/client.hpp"
#include "actors/client_flags.hpp"
#include "actors/mitigation.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

const std::string moved_on = "the client was handed over to a sibling";
const std::string newer = "a sibling has a newer request of this client in "
                          "force";

} // namespace

/// Asks siblings first and then the REGISTRY, which decides about both. That
/// siblings do not answer delays the claim by sibling_patience at most.
void client_state::claim(scope_claim x,
                         std::function<void(const claim_result&)> then,
                         std::function<void(const caf::error&)> failed) {
  auto decide = [this, then, failed](scope_claim y) {
    self_->request(setup_.registry, node_patience, atom::claim_v, std::move(y))
        .then(
            [this, then](const claim_result& found) {
              tell_siblings(found);
              then(found);
            },
            [failed](const caf::error& why) { failed(why); });
  };
  if (!setup_.siblings)
    return decide(std::move(x));
  auto claimed = std::make_shared<scope_claim>(std::move(x));
  // Twice: SIBLINGS keep the time themselves.
  self_->request(setup_.siblings, 2 * sibling_patience, atom::ask_v, *claimed)
      .then(
          [claimed, decide](std::vector<foreign_scope>& found) {
            claimed->foreign = std::move(found);
            decide(std::move(*claimed));
          },
          [claimed, decide](const caf::error&) {
            decide(std::move(*claimed));
          });
}

/// Those at siblings that stay active in spite of the conflict, and those that
/// end because nobody wins.
void client_state::tell_siblings(const claim_result& x) {
  bool accepted = x.verdict == sig::newcomer_verdict::accept;
  for (const auto& notice : x.notices)
    if (!accepted || notice.what == foreign_verdict::told)
      self_->send(setup_.siblings, atom::report_v, notice);
}

/// What ends at siblings when this request is in force here: those that lost to
/// it, those of the same client that it replaces (`mids`), and a copy of itself
/// from before the client came here.
std::vector<foreign_notice>
client_state::ending_elsewhere(const put_job& job,
                               const std::vector<std::uint32_t>& mids) {
  std::vector<foreign_notice> out;
  if (job.claimed.verdict != sig::newcomer_verdict::accept)
    return out;
  for (const auto& notice : job.claimed.notices)
    if (notice.what == foreign_verdict::loses)
      out.push_back(notice);
  for (const auto& x : job.claimed.own_elsewhere)
    if (x.owner.mid == *job.request.mid
        || std::ranges::count(mids, x.owner.mid) > 0)
      out.push_back({x.sibling, x.owner, foreign_verdict::superseded, {}});
  return out;
}

void client_state::adopt_siblings(const caf::strong_actor_ptr& siblings) {
  setup_.siblings = caf::actor_cast<siblings_actor>(siblings);
}

caf::result<storage::snapshot> client_state::hand_over() {
  if (is_held_back())
    return to_error(fail(ec::conflict, "handover",
                         "this client is being handed over already"));
  handing_over_ = true;
  if (!busy_)
    return packed();
  pack_ = self_->make_response_promise<storage::snapshot>();
  pack_waits_ = true;
  return pack_;
}

/// Withdrawn mids go along: a late copy of a PUT must not bring one back there.
storage::snapshot client_state::packed() const {
  storage::snapshot out;
  out.clients.push_back(known_);
  for (const auto& [mid, x] : entries_)
    if (!x.withdrawn)
      out.mitigations.push_back(x.record);
  for (const auto& [mid, expires] : tombstones_) {
    storage::mitigation_record grave;
    grave.key = {setup_.who->name, setup_.cuid, mid};
    grave.status = static_cast<std::uint8_t>(sig::status::terminated);
    grave.expires = expires;
    out.mitigations.push_back(std::move(grave));
  }
  return out;
}

void client_state::keep() {
  handing_over_ = false;
  pack_waits_ = false;
  serve_next();
}

/// The sibling has everything, durable and in force, and the store has nothing
/// of it here any more. While the redirect holds all requests are answered by
/// it, withdrawals too: what they mean is there.
void client_state::leave(redirect_order where) {
  if (!where.active) { // the time is over, or the sibling is gone
    left_.reset();
    return;
  }
  left_ = std::move(where);
  handing_over_ = false;
  for (auto& x : queue_)
    x.promise.deliver(redirection_to(*left_));
  queue_.clear();
  tombstones_.clear();
  std::vector<std::uint32_t> all;
  for (const auto& [mid, _] : entries_)
    all.push_back(mid);
  for (auto mid : all) {
    auto& x = entries_.at(mid);
    x.withdrawn = true;
    if (x.suspended)
      erase(mid);
    else
      self_->send(x.handle, atom::revoke_v, moved_on);
  }
  self_->delayed_send(self_, std::chrono::seconds{left_->max_age},
                      atom::leave_v, redirect_order{});
}

/// Vanishes unreported, as what a newer request of the same client replaces
/// here (RFC 9132, Section 4.4.1.3).
void client_state::leave_one(std::uint32_t mid) {
  auto i = entries_.find(mid);
  if (i == entries_.end() || i->second.withdrawn)
    return;
  auto& x = i->second;
  x.withdrawn = true;
  spdlog::info("client {}/{}: mitigation {} ends: {}", setup_.who->name,
               setup_.cuid, mid, newer);
  commit({storage::erase_mitigation{x.record.key},
          storage::append_audit{event(mid, "supersede", newer)}});
  if (x.suspended)
    erase(mid);
  else
    self_->send(x.handle, atom::revoke_v, newer);
}

caf::result<ack> client_state::take_over(storage::snapshot given) {
  if (given.clients.size() != 1)
    return to_error(fail(ec::malformed, "handover", "names no client"));
  auto theirs = given.clients.front();
  left_.reset(); // it comes back
  if (!known_.identity.empty() && known_.identity != theirs.identity
      && !entries_.empty())
    return to_error(fail(ec::conflict, "cuid",
                         "another agent holds mitigations under this cuid "
                         "here"));
  auto merged = known_;
  merged.identity = theirs.identity;
  merged.last_mid = std::max(known_.last_mid, theirs.last_mid);
  merged.mid_used = known_.mid_used || theirs.mid_used;
  merged.seen = wall();
  std::erase_if(given.mitigations, [this](const auto& x) {
    return entries_.contains(x.key.mid) || tombstones_.contains(x.key.mid);
  });
  storage::transaction changes{storage::put_client{merged}};
  for (auto& x : given.mitigations) {
    x.created = ++created_;
    changes.push_back(storage::put_mitigation{x});
  }
  changes.push_back(storage::append_audit{
      {wall(), "sibling", "take-over", setup_.who->name + '/' + setup_.cuid,
       std::to_string(given.mitigations.size()) + " mitigations"}});
  auto promise = self_->make_response_promise<ack>();
  given.clients = {merged};
  auto restored = std::make_shared<storage::snapshot>(std::move(given));
  self_
      ->request(setup_.keeper, node_patience, atom::commit_v,
                std::move(changes))
      .then(
          [this, restored, promise](ack) mutable {
            // Asked for here in the meantime: that is newer.
            std::erase_if(restored->mitigations, [this](const auto& x) {
              return entries_.contains(x.key.mid);
            });
            promise.deliver(restore(*restored));
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

} // namespace tocsin::actors
