// SIBLING: the connection to one other node of the same organisation.
#include "actors/siblings.hpp"

#include "actors/rules.hpp"
#include "protocol/siblings/handover.hpp"
#include "protocol/signal/codec.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace sib = protocol::siblings;
namespace sig = protocol::signal;

namespace {

/// How long other parts of this node may take to answer a sibling.
constexpr std::chrono::seconds own_patience{2};

/// SUPERVISOR waits for CLIENT, KEEPER and MITIGATORs.
constexpr std::chrono::seconds parcel_patience = sib::offer_patience;

} // namespace

/// Of two nodes that are configured for each other, one calls.
void sibling_state::init(std::shared_ptr<const siblings_setup> setup,
                         std::size_t index, siblings_actor parent) {
  setup_ = std::move(setup);
  index_ = index;
  parent_ = std::move(parent);
  self_->monitor(parent_); // and ends with it
  link_.emplace(setup_->name < peer().name, now());
  arm();
}

void sibling_state::arm() {
  alarm_.set(self_, link_->next_deadline());
}

void sibling_state::on_tick(std::uint64_t generation) {
  if (!alarm_.rang(generation))
    return;
  act(link_->on_time(now()));
}

void sibling_state::act(const std::vector<sib::link_action>& actions) {
  for (const auto& x : actions) {
    if (std::holds_alternative<sib::call>(x))
      call();
    else if (std::holds_alternative<sib::greet>(x))
      greet_door();
    else if (const auto* p = std::get_if<sib::ping>(&x))
      ping(p->number);
    else
      part();
  }
  tell_node();
  arm();
}

void sibling_state::call() {
  auto number = ++call_;
  peer().call([home = caf::actor_cast<sibling_actor>(self_),
               number](result<caf::strong_actor_ptr> found) {
    if (found)
      caf::anon_send(home, atom::opened_v, number, std::move(*found));
    else
      caf::anon_send(home, atom::gone_v, number, found.error().detail);
  });
}

void sibling_state::on_reached(std::uint64_t number,
                               const caf::strong_actor_ptr& door) {
  if (number != call_ || !door)
    return;
  door_ = door;
  act(link_->on_reached(now()));
}

void sibling_state::on_failed(std::uint64_t number, const std::string& why,
                              bool refused) {
  if (number != call_)
    return;
  if (refused)
    spdlog::error("sibling {} is not joined with: {}", peer().name, why);
  link_->on_failed(why, refused, now());
  arm();
}

/// The first message; its form never changes, so that any version can be told.
void sibling_state::greet_door() {
  auto number = call_;
  self_
      ->request(caf::actor_cast<caf::actor>(door_), sib::call_patience,
                atom::hello_v, sib::wire_version, setup_->name, setup_->program,
                caf::actor_cast<caf::strong_actor_ptr>(self_))
      .then(
          [this, number](std::uint32_t version, const std::string& who,
                         const std::string& program,
                         const caf::strong_actor_ptr& speaker) {
            if (number != call_)
              return;
            sibling_greeting theirs{version, who, program, speaker};
            auto ok =
                sib::judge({version, who, program}, setup_->name, peer().name);
            if (ok && speaker)
              return join(theirs);
            on_failed(number, ok ? "it gave no answer" : ok.error().detail,
                      true);
          },
          [this, number](const caf::error& why) {
            auto x = to_failure(why);
            on_failed(number, x.detail,
                      x.code == ec::unsupported || x.code == ec::unacceptable);
          });
}

caf::result<sibling_greeting> sibling_state::greet(const sibling_greeting& x) {
  if (auto ok =
          sib::judge({x.version, x.name, x.program}, setup_->name, peer().name);
      !ok) {
    spdlog::error("sibling {} is not joined with: {}", peer().name,
                  ok.error().detail);
    return to_error(ok.error());
  }
  ++call_; // a call of our own is no longer wanted
  join(x);
  return sibling_greeting{sib::wire_version, setup_->name, setup_->program,
                          caf::actor_cast<caf::strong_actor_ptr>(self_)};
}

void sibling_state::join(const sibling_greeting& theirs) {
  part();
  peer_ = caf::actor_cast<sibling_actor>(theirs.speaker);
  self_->monitor(peer_);
  program_ = theirs.program;
  held_ = {};
  link_->on_greeted(now());
  spdlog::info("joined with sibling {} ({}) at {}", peer().name, program_,
               peer().address);
  tell_node();
  arm();
}

void sibling_state::part() {
  if (!peer_)
    return;
  self_->demonitor(peer_.address());
  peer_ = sibling_actor{};
}

void sibling_state::on_down(const caf::down_msg& msg) {
  if (parent_.address() == msg.source) {
    self_->quit(caf::exit_reason::user_shutdown);
    return;
  }
  if (!peer_ || peer_.address() != msg.source)
    return;
  peer_ = sibling_actor{};
  link_->on_lost("the connection to it is gone", now());
  tell_node();
  arm();
}

/// SUPERVISOR sends no client to a sibling that is not there.
void sibling_state::tell_node() {
  bool up = link_->joined();
  if (up == told_up_)
    return;
  told_up_ = up;
  if (!up)
    spdlog::warn("sibling {} is down: {}; it is looked for", peer().name,
                 link_->reason());
  if (setup_->parent)
    self_->send(setup_->parent, atom::changed_v, peer().name, up);
}

void sibling_state::ping(std::uint64_t number) {
  if (!peer_)
    return;
  self_->request(peer_, sib::lost_after, atom::heard_v, number)
      .then(
          [this, number](const sibling_holdings& x) {
            held_ = x;
            link_->on_heard(number, now());
            arm();
          },
          [](const caf::error&) {
            // the link has a deadline of its own
          });
}

caf::result<sibling_scopes> sibling_state::ask(const sibling_question& x) {
  if (!peer_ || !link_->ask(now()))
    return to_error(fail(ec::unavailable, "sibling", peer().name));
  auto promise = self_->make_response_promise<sibling_scopes>();
  self_->request(peer_, sibling_patience, atom::claim_v, x)
      .then(
          [this, promise](sibling_scopes& found) mutable {
            link_->on_answered(now());
            promise.deliver(std::move(found));
          },
          [this, promise](caf::error& why) mutable {
            if (why == caf::sec::request_timeout)
              act(link_->on_unanswered(now()));
            else
              link_->on_answered(now());
            promise.deliver(std::move(why));
          });
  return promise;
}

/// One message for each scope that a decision concerns; only while it listens,
/// so that nothing piles up before one that hangs.
void sibling_state::tell(const sibling_verdict& x) {
  if (peer_ && link_->joined())
    self_->send(peer_, atom::notify_v, x);
}

caf::result<caf::strong_actor_ptr> sibling_state::counterpart() const {
  if (!peer_ || link_->now_is() != sib::link::state::up)
    return to_error(fail(ec::unavailable, "sibling",
                         "sibling '" + peer().name + "' is "
                             + std::string{to_string(link_->now_is())} + ": "
                             + link_->reason()));
  return caf::actor_cast<caf::strong_actor_ptr>(peer_);
}

// What the sibling says.

caf::result<sibling_holdings> sibling_state::holdings() {
  auto promise = self_->make_response_promise<sibling_holdings>();
  self_->request(setup_->parent, own_patience, atom::heard_v)
      .then(
          [promise](const sibling_holdings& x) mutable { promise.deliver(x); },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

caf::result<sibling_scopes>
sibling_state::on_question(const sibling_question& x) {
  auto promise = self_->make_response_promise<sibling_scopes>();
  self_->request(parent_, own_patience, atom::claim_v, peer().name, x)
      .then(
          [promise](sibling_scopes& found) mutable {
            promise.deliver(std::move(found));
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

void sibling_state::on_verdict(const sibling_verdict& x) {
  foreign_notice out{peer().name, {x.customer, x.cuid, x.mid}, {}, {}};
  if (x.what > static_cast<std::uint8_t>(foreign_verdict::superseded)
      || x.information.size() > max_scope_octets)
    return;
  out.what = static_cast<foreign_verdict>(x.what);
  if (out.what != foreign_verdict::superseded) {
    auto body = sig::decode(x.information, sig::direction::response);
    auto* scope = body ? std::get_if<sig::mitigation_scope>(&*body) : nullptr;
    if (scope == nullptr || scope->scope.empty() || !scope->scope[0].conflict) {
      spdlog::warn("sibling {}: a conflict cannot be read", peer().name);
      return;
    }
    out.information = *scope->scope[0].conflict;
  }
  self_->send(setup_->registry, atom::notify_v, std::move(out));
}

caf::result<ack> sibling_state::on_parcel(const sibling_parcel& x) {
  auto promise = self_->make_response_promise<ack>();
  self_->request(setup_->parent, parcel_patience, atom::adopt_v, peer().name, x)
      .then([promise](ack done) mutable { promise.deliver(done); },
            [promise](caf::error& why) mutable {
              promise.deliver(std::move(why));
            });
  return promise;
}

caf::result<ack> sibling_state::on_settle(const sibling_client& x, bool ours) {
  auto promise = self_->make_response_promise<ack>();
  self_
      ->request(setup_->parent, sib::word_patience, atom::settle_v, peer().name,
                x, ours)
      .then([promise](ack done) mutable { promise.deliver(done); },
            [promise](caf::error& why) mutable {
              promise.deliver(std::move(why));
            });
  return promise;
}

sibling_view sibling_state::view() const {
  sibling_view x;
  x.name = peer().name;
  x.address = peer().address;
  auto state = link_->now_is();
  x.state = link_->joined() ? std::string{to_string(state)} : "down";
  x.detail = link_->reason();
  x.since_s = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now() - link_->since())
          .count());
  x.program = program_;
  x.sessions = held_.sessions;
  x.clients = held_.clients;
  x.mitigations = held_.mitigations;
  x.missed = link_->missed();
  return x;
}

sibling_actor::behavior_type
sibling(sibling_actor::stateful_pointer<sibling_state> self,
        std::shared_ptr<const siblings_setup> setup, std::size_t index,
        siblings_actor parent) {
  auto* state = &self->state;
  state->init(std::move(setup), index, std::move(parent));
  self->set_default_handler(caf::drop);
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::heard, std::uint64_t) { return state->holdings(); },
      [state](atom::claim, const sibling_question& x) {
        return state->on_question(x);
      },
      [state](atom::notify, const sibling_verdict& x) { state->on_verdict(x); },
      [state](atom::adopt, const sibling_parcel& x) {
        return state->on_parcel(x);
      },
      [state](atom::settle, const sibling_client& x, bool ours) {
        return state->on_settle(x, ours);
      },
      [state](atom::hello, const sibling_greeting& x) {
        return state->greet(x);
      },
      [state](atom::ask, const sibling_question& x) { return state->ask(x); },
      [state](atom::report, const sibling_verdict& x) { state->tell(x); },
      [state](atom::client) { return state->counterpart(); },
      [state](atom::status) { return state->view(); },
      [state](atom::opened, std::uint64_t number,
              const caf::strong_actor_ptr& door) {
        state->on_reached(number, door);
      },
      [state](atom::gone, std::uint64_t number, const std::string& why) {
        state->on_failed(number, why, false);
      },
      [state](atom::tick, std::uint64_t generation) {
        state->on_tick(generation);
      },
  };
}

} // namespace tocsin::actors
