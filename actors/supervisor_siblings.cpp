// SUPERVISOR: nodes of the same organisation (docs/adr/0008): what siblings are
// told, and clients that go to one of them or come from one.
#include "actors/supervisor.hpp"

#include "actors/rules.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/customer.hpp"
#include "protocol/signal/lifetime.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sib = protocol::siblings;
namespace sig = protocol::signal;

namespace {

constexpr std::chrono::seconds store_patience{20};
constexpr std::chrono::seconds client_patience{20};

/// For what a sibling gave to be in force; within sib::offer_patience.
constexpr std::chrono::seconds force_patience{12};
constexpr std::chrono::milliseconds force_interval{200};

/// Clients on their way at one time; others wait.
constexpr std::size_t max_handovers = 4;

/// Under this name what a sibling gave is kept among the records of peers until
/// the sibling says whose it is: its name, and the mids.
constexpr std::string_view taken_prefix = "taken/";

std::string taken_name(const std::string& customer, const std::string& cuid) {
  return std::string{taken_prefix} + customer + '/' + cuid;
}

storage::session_record taken_record(const std::string& sibling,
                                     const sibling_parcel& x,
                                     unix_seconds now) {
  auto text = sibling + '\n';
  for (const auto& one : x.mitigations)
    text += std::to_string(one.mid) + ' ';
  return {"", taken_name(x.customer, x.cuid), 0,
          bytes(text.begin(), text.end()), now};
}

std::vector<std::uint32_t> mids_of(const storage::session_record& x) {
  std::string text{x.body.begin(), x.body.end()};
  std::vector<std::uint32_t> out;
  std::uint64_t number = 0;
  for (auto i = text.find('\n') + 1; i < text.size(); ++i)
    if (text[i] == ' ') {
      out.push_back(static_cast<std::uint32_t>(number));
      number = 0;
    } else {
      number = number * 10 + static_cast<unsigned>(text[i] - '0');
    }
  return out;
}

result<void> check_parcel(const sig::customer& who, const sibling_parcel& x) {
  if (x.mitigations.size() > max_parcel_mitigations)
    return fail(ec::too_large, "handover", "too many mitigations at once");
  std::size_t octets = 0;
  for (const auto& one : x.mitigations) {
    octets += one.body.size() + one.aliased.size();
    if (octets > max_parcel_octets)
      return fail(ec::too_large, "handover", "too much at once");
    if (one.status == static_cast<std::uint8_t>(sig::status::terminated))
      continue;
    auto name = "mitigation " + std::to_string(one.mid);
    auto body = sig::decode(one.body, sig::direction::request);
    auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
    auto aliased = decode_target(one.aliased);
    if (scope == nullptr || scope->scope.size() != 1 || !aliased)
      return fail(ec::malformed, "handover", name + " cannot be read");
    for (const auto* what : {&scope->scope[0].what, &*aliased})
      if (auto ok = sig::authorise(who, *what); !ok)
        return fail(ec::unauthorized, "handover",
                    name + " is not the customer's own here: "
                        + to_string(ok.error())
                        + "; siblings configure customers alike");
  }
  return {};
}

storage::snapshot unpack(const sibling_parcel& x, unix_seconds now) {
  storage::snapshot out;
  out.clients.push_back(
      {x.customer, x.cuid, x.identity, x.last_mid, x.mid_used, now});
  for (const auto& one : x.mitigations) {
    storage::mitigation_record y;
    y.key = {x.customer, x.cuid, one.mid};
    y.body = one.body;
    y.lifetime = one.lifetime;
    y.expires = sig::expiry(one.left, now);
    y.start = one.start;
    y.status = one.status;
    y.flags = one.flags;
    y.created = one.created;
    y.aliased = one.aliased;
    y.hop_limit = one.hop_limit;
    y.cdid = one.cdid;
    y.chosen = one.chosen;
    out.mitigations.push_back(std::move(y));
  }
  std::ranges::sort(out.mitigations, {}, &storage::mitigation_record::created);
  return out;
}

/// Why it is not in force yet; empty: it is, or it is not to be.
std::string lacks(const mitigation_view& x) {
  bool begins = x.immediate && x.status == sig::status::in_progress
                && x.approval != "waiting";
  if (!begins)
    return {};
  for (const auto& at : x.enforcement)
    if (at.state == "active")
      return {};
  auto why = "mitigation " + std::to_string(x.mid) + " is not in force there";
  for (const auto& at : x.enforcement)
    why += ": " + at.mitigator + ' ' + at.state
           + (at.detail.empty() ? "" : ", " + at.detail);
  return why;
}

} // namespace

void supervisor_state::spawn_siblings() {
  if (!setup_.siblings)
    return;
  auto setup = std::make_shared<siblings_setup>(*setup_.siblings);
  setup->registry = registry_;
  setup->parent = caf::actor_cast<supervisor_actor>(self_);
  siblings_ = self_->spawn(siblings, std::move(setup));
  watch(caf::actor_cast<caf::actor>(siblings_));
}

bool supervisor_state::restart_siblings(const caf::down_msg& msg) {
  const auto& dead = msg.source;
  if (auto i = handovers_.find(dead); i != handovers_.end()) {
    auto what = std::move(i->second);
    handovers_.erase(i);
    if (msg.reason != caf::exit_reason::user_shutdown)
      end_handover(what);
    return true;
  }
  if (!siblings_ || siblings_.address() != dead)
    return false;
  spdlog::error("SIBLINGS failed and are started again");
  joined_.clear();
  spawn_siblings();
  for (auto& [_, handle] : clients_)
    self_->send(handle, atom::ask_v,
                caf::actor_cast<caf::strong_actor_ptr>(siblings_));
  return true;
}

caf::result<sibling_greeting>
supervisor_state::greet_sibling(const sibling_greeting& x) {
  if (!siblings_ || !ready_ || finishing_)
    return to_error(
        fail(ec::unavailable, "siblings", "the node is starting or ending"));
  auto promise = self_->make_response_promise<sibling_greeting>();
  self_->request(siblings_, sib::call_patience, atom::hello_v, x)
      .then([promise](
                sibling_greeting& y) mutable { promise.deliver(std::move(y)); },
            [promise](caf::error& why) mutable {
              promise.deliver(std::move(why));
            });
  return promise;
}

sibling_holdings supervisor_state::holdings() const {
  sibling_holdings x;
  x.sessions = sessions_.size();
  x.clients = clients_.size();
  for (const auto& [_, usage] : accounts_)
    x.mitigations += usage->mitigations();
  return x;
}

/// Clients are not sent to a sibling that is not there: they are served here.
void supervisor_state::on_sibling(const std::string& sibling, bool up) {
  if (up)
    joined_.insert(sibling);
  else
    joined_.erase(sibling);
  std::vector<peer_key> theirs; // the map changes when one is over
  for (const auto& [peer, x] : moved_)
    if (x.sibling == sibling)
      theirs.push_back(peer);
  for (const auto& peer : theirs) {
    if (!up)
      take_back(peer);
    tell_moved(peer);
  }
}

/// Where a client went nobody is: what it asks for here is served, and goes on
/// being so when the sibling is back.
void supervisor_state::take_back(const peer_key& peer) {
  auto i = moved_.find(peer);
  if (i == moved_.end())
    return;
  for (const auto& key : i->second.clients)
    if (auto client = clients_.find(key); client != clients_.end())
      self_->send(client->second, atom::leave_v, redirect_order{});
  moved_.erase(i);
}

const sibling_setup*
supervisor_state::sibling_named(const std::string& sibling) const {
  if (!setup_.siblings)
    return nullptr;
  auto i =
      std::ranges::find(setup_.siblings->peers, sibling, &sibling_setup::name);
  return i == setup_.siblings->peers.end() ? nullptr : &*i;
}

redirect_order supervisor_state::order_to(const std::string& sibling) const {
  const auto* peer = sibling_named(sibling);
  if (peer == nullptr || !peer->where)
    return {};
  return {true,
          *peer->where,
          setup_.siblings->redirect_time,
          "handed over to sibling " + sibling,
          true,
          setup_.redirects.tolerance};
}

/// The order for the sessions of this peer, if it was handed over lately.
redirect_order supervisor_state::moved_order(const peer_key& peer) {
  auto i = moved_.find(peer);
  if (i == moved_.end())
    return {};
  if (self_->clock().now() >= i->second.until) {
    moved_.erase(i);
    return {};
  }
  if (!joined_.contains(i->second.sibling))
    return {};
  return order_to(i->second.sibling);
}

void supervisor_state::tell_moved(const peer_key& peer) {
  auto up = sessions_of_.find(peer);
  if (up == sessions_of_.end())
    return;
  auto order = moved_order(peer);
  if (!order.active)
    order = redirect_;
  for (auto id : up->second)
    self_->send(sessions_.at(id).handle, atom::redirect_v, order);
}

void supervisor_state::on_moved(const client_key& key) {
  auto owner = identities_.find(key);
  auto active = std::ranges::find_if(handovers_, [&](const auto& x) {
    return x.second.customer == key.first && x.second.cuid == key.second;
  });
  if (active == handovers_.end())
    return;
  auto identity =
      owner == identities_.end() ? active->second.identity : owner->second;
  peer_key peer{key.first, identity};
  auto& x = moved_[peer];
  x.sibling = active->second.sibling;
  x.until = self_->clock().now()
            + std::chrono::seconds{setup_.siblings->redirect_time};
  x.clients.insert(key);
  tell_moved(peer);
}

// The giving side.

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
               && identity->second.starts_with("behind a gateway")))
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

// The taking side.

caf::result<ack> supervisor_state::take_over(const std::string& sibling,
                                             const sibling_parcel& x) {
  const auto* who = setup_.customers.by_name(x.customer);
  if (who == nullptr || x.customer == own_orders)
    return to_error(fail(ec::unauthorized, "handover",
                         "customer '" + x.customer
                             + "' is not configured; siblings configure "
                               "customers alike"));
  if (auto ok = check_parcel(*who, x); !ok)
    return to_error(ok.error());
  auto used = cuids_.find(x.cuid);
  if (used != cuids_.end() && used->second != x.customer)
    return to_error(
        fail(ec::conflict, "cuid", "another customer's client uses this cuid"));
  auto wall = setup_.clock.at(self_->clock().now());
  auto mark = taken_record(sibling, x, wall);
  storage::transaction changes{storage::put_session{mark}};
  storage::session_record config{x.customer, x.identity, x.sid, x.config, wall};
  bool fresh = x.configured && !configs_.contains({x.customer, x.identity});
  if (fresh)
    changes.push_back(storage::put_session{config});
  auto promise = self_->make_response_promise<ack>();
  self_->request(keeper_, store_patience, atom::commit_v, std::move(changes))
      .then(
          [this, x, mark, config, fresh, wall, promise](ack) mutable {
            taken_[mark.identity] = mark;
            if (fresh)
              configs_[{config.customer, config.identity}] = config;
            adopt_taken({x.customer, x.cuid}, unpack(x, wall), promise);
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

void supervisor_state::adopt_taken(const client_key& key,
                                   storage::snapshot given,
                                   ack_promise promise) {
  // It is served here from now on, wherever it was sent before.
  for (const auto& x : given.clients)
    moved_.erase({x.customer, x.identity});
  auto known = clients_.find(key);
  auto client = known == clients_.end() ? spawn_client(key) : known->second;
  auto until = self_->clock().now() + force_patience;
  self_->request(client, client_patience, atom::adopt_v, std::move(given))
      .then(
          [this, client, until, customer = key.first,
           promise](ack done) mutable {
            if (table_of(customer).entries.empty())
              promise.deliver(done); // nothing would put it into force
            else
              await_force(client, until, promise);
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
}

/// The sibling lets its rules go when ours are there.
void supervisor_state::await_force(const client_actor& client, time_point until,
                                   ack_promise promise) {
  self_->request(client, client_patience, atom::list_v)
      .then(
          [this, client, until,
           promise](const std::vector<mitigation_view>& all) mutable {
            std::string why;
            for (const auto& x : all)
              if (why.empty())
                why = lacks(x);
            if (why.empty()) {
              promise.deliver(ack::done);
              return;
            }
            if (self_->clock().now() >= until) {
              promise.deliver(to_error(fail(ec::unavailable, "handover", why)));
              return;
            }
            self_->delayed_send(self_, force_interval, atom::begin_v,
                                std::uint64_t{next_wait_});
            waits_.emplace(next_wait_++,
                           wait_for_force{client, until, promise});
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
}

void supervisor_state::look_again(std::uint64_t wait) {
  auto node = waits_.extract(wait);
  if (!node.empty())
    await_force(node.mapped().client, node.mapped().until,
                node.mapped().promise);
}

caf::result<ack> supervisor_state::settle(const std::string& sibling,
                                          const sibling_client& x, bool ours) {
  auto i = taken_.find(taken_name(x.customer, x.cuid));
  if (i == taken_.end())
    return ack::done; // said before, or never given
  auto mids = mids_of(i->second);
  auto client = clients_.find({x.customer, x.cuid});
  if (!ours && client != clients_.end())
    for (auto mid : mids)
      self_->send(client->second, atom::leave_v, mid);
  spdlog::info("client {}/{}: sibling {} {}", x.customer, x.cuid, sibling,
               ours ? "has handed it over" : "has kept it after all");
  auto promise = self_->make_response_promise<ack>();
  self_
      ->request(
          keeper_, store_patience, atom::commit_v,
          storage::transaction{storage::erase_session{"", i->second.identity}})
      .then(
          [this, record = i->first, promise](ack done) mutable {
            taken_.erase(record);
            promise.deliver(done);
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

} // namespace tocsin::actors
