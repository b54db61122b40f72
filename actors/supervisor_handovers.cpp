// SUPERVISOR: clients that go to a sibling (docs/adr/0008): the giving side.
#include "actors/identity.hpp"
#include "actors/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sib = protocol::siblings;

namespace {

constexpr std::chrono::seconds store_patience{20};

/// Clients on their way at one time; others wait.
constexpr std::size_t max_handovers = 4;

} // namespace

caf::result<std::vector<handover_result>>
supervisor_state::hand_over(const handover_wish& wish) {
  const auto* peer = sibling_named(wish.to);
  if (peer == nullptr)
    return to_error(
        fail(ec::not_found, "to",
             "there is no sibling '" + wish.to + "'; see [[siblings.peer]]"));
  if (!peer->where)
    return to_error(fail(ec::missing, "alt_server",
                         "clients cannot be told where sibling '" + wish.to
                             + "' is; set 'alt_server' in its "
                               "[[siblings.peer]]"));
  if (round_)
    return to_error(fail(ec::conflict, "handover",
                         "another handover is under way; wait for its end"));
  auto has_left = [&](const client_key& key) {
    return std::ranges::any_of(moved_, [&](const auto& x) {
      return x.second.clients.contains(key)
             && self_->clock().now() < x.second.until;
    });
  };
  auto fitting = [&](const client_key& key) {
    return key.first != own_orders && !has_left(key)
           && (wish.customer.empty() || wish.customer == key.first)
           && (wish.cuid.empty() || wish.cuid == key.second);
  };
  std::vector<client_key> all;
  for (const auto& [key, _] : clients_)
    if (fitting(key))
      all.push_back(key);
  if (!wish.all && all.empty())
    return to_error(
        fail(ec::not_found, "cuid", "no client fits this customer and cuid"));
  if (!wish.all && all.size() > 1)
    return to_error(fail(ec::malformed, "cuid",
                         "several clients fit; name customer and cuid, or say "
                         "'all'"));
  round_.emplace();
  round_->wish = wish;
  round_->waiting.assign(all.begin(), all.end());
  round_->promise =
      self_->make_response_promise<std::vector<handover_result>>();
  auto promise = round_->promise;
  begin_handovers();
  return promise;
}

void supervisor_state::begin_handovers() {
  if (!round_)
    return;
  while (!round_->waiting.empty() && round_->open.size() < max_handovers) {
    auto key = round_->waiting.front();
    round_->waiting.pop_front();
    round_->open.insert(key);
    begin_handover(key);
  }
  if (round_->open.empty() && round_->waiting.empty())
    end_round();
}

void supervisor_state::begin_handover(const client_key& key) {
  auto client = clients_.find(key);
  auto identity = identities_.find(key);
  handover_result out{key.first, key.second, false, 0, {}};
  bool pending = std::ranges::any_of(handovers_, [&](const auto& x) {
    return x.second.customer == key.first && x.second.cuid == key.second;
  });
  if (client == clients_.end())
    out.detail = "it has ended";
  else if (pending)
    out.detail = "an earlier handover of it is not settled yet; the sibling "
                 "has to be up for that";
  else if (key.second.find('/') != std::string::npos
           || (identity != identities_.end()
               && identity->second.starts_with(behind_gateway)))
    out.detail = "it is behind a gateway, which alone can be redirected";
  else if (identity == identities_.end())
    out.detail = "it has asked for nothing yet";
  if (!out.detail.empty())
    return on_handover(std::move(out));
  handover_record what;
  what.customer = key.first;
  what.cuid = key.second;
  what.sibling = round_->wish.to;
  what.identity = identity->second;
  spawn_handover(std::move(what), client->second);
}

void supervisor_state::spawn_handover(handover_record what,
                                      client_actor client) {
  auto setup = std::make_shared<handover_setup>();
  setup->what = what;
  setup->client = std::move(client);
  if (auto i = configs_.find({what.customer, what.identity});
      i != configs_.end())
    setup->config = i->second;
  setup->where = order_to(what.sibling);
  setup->keeper = keeper_;
  setup->siblings = siblings_;
  setup->parent = caf::actor_cast<supervisor_actor>(self_);
  setup->clock = setup_.clock;
  auto handle = self_->spawn(handover, std::move(setup));
  watch(caf::actor_cast<caf::actor>(handle));
  handovers_[handle.address()] = std::move(what);
  self_->send(handle, atom::begin_v);
}

/// What is decided of one client; its HANDOVER may go on to tell the sibling.
/// Through the mailbox, for all may fail at once.
void supervisor_state::on_handover(handover_result x) {
  if (!round_)
    return; // it goes on after a restart, and nobody asked
  if (x.cuid.empty())
    return begin_handovers();
  if (round_->open.erase({x.customer, x.cuid}) == 0)
    return;
  round_->results.push_back(std::move(x));
  self_->send(caf::actor_cast<supervisor_actor>(self_), atom::handover_v,
              handover_result{});
}

/// A HANDOVER that failed: CLIENT serves on, and the store knows how far it was
/// for the next start.
void supervisor_state::end_handover(const handover_record& x) {
  spdlog::error("the handover of client {}/{} failed", x.customer, x.cuid);
  if (auto i = clients_.find({x.customer, x.cuid}); i != clients_.end())
    self_->send(i->second, atom::keep_v);
  on_handover({x.customer, x.cuid, false, 0, "a part of this node failed"});
}

/// With `all`, whoever comes later goes there too, once everybody has moved.
void supervisor_state::end_round() {
  auto round = std::move(*round_);
  round_.reset();
  bool moved = std::ranges::all_of(round.results, &handover_result::moved);
  const auto* peer = sibling_named(round.wish.to);
  if (!round.wish.all || !moved || peer == nullptr) {
    round.promise.deliver(std::move(round.results));
    return;
  }
  redirect_wish wish{true, peer->where->alt_server,
                     peer->where->alt_server_records,
                     setup_.siblings->redirect_time};
  self_
      ->request(caf::actor_cast<supervisor_actor>(self_), store_patience,
                atom::redirect_v, wish)
      .then(
          [round](const node_view&) mutable {
            round.promise.deliver(std::move(round.results));
          },
          [round](caf::error& why) mutable {
            round.promise.deliver(std::move(why));
          });
}

void supervisor_state::restore_handover(const storage::session_record& x) {
  if (x.identity.starts_with(taken_prefix)) {
    taken_[x.identity] = x;
    return;
  }
  auto found = read_handover(x);
  if (found && found->stage != sib::handover_stage::none)
    unsettled_.push_back(std::move(*found));
}

/// Once everything else is restored.
void supervisor_state::resume_handovers() {
  for (auto& x : unsettled_) {
    if (sibling_named(x.sibling) == nullptr) {
      spdlog::error("client {}/{} was being handed over to '{}', which is no "
                    "sibling any more; what it holds of the client ends by its "
                    "lifetime",
                    x.customer, x.cuid, x.sibling);
      continue;
    }
    auto until = setup_.clock.when(x.changed)
                 + std::chrono::seconds{setup_.siblings->redirect_time};
    if (x.stage == sib::handover_stage::moved && self_->clock().now() < until
        && setup_.customers.by_name(x.customer) != nullptr) {
      client_key key{x.customer, x.cuid};
      auto& entry = moved_[{x.customer, x.identity}];
      entry.sibling = x.sibling;
      entry.until = until;
      entry.clients.insert(key);
      self_->send(spawn_client(key), atom::leave_v, order_to(x.sibling));
    }
    spawn_handover(x, {});
  }
  unsettled_.clear();
}

} // namespace tocsin::actors
