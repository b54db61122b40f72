#include "actors/siblings.hpp"

#include "actors/gather.hpp"
#include "actors/rules.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/conflict.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

/// A name, a program: nobody has longer ones.
constexpr std::size_t max_greeting_text = 256;

protocol::siblings::claim_key key_of(const scope_owner& x) {
  return {x.customer, x.cuid, x.mid};
}

sig::target qualified(const scope_claim& x) {
  return sig::qualify_aliases(x.what, x.owner.customer + '/' + x.owner.cuid);
}

/// What a sibling said; scopes that make no sense are left out.
void add_scopes(std::vector<foreign_scope>& out, const std::string& sibling,
                const sibling_scopes& x) {
  for (const auto& y : x.all) {
    if (out.size() >= max_sibling_scopes)
      return;
    if (y.what.size() > max_scope_octets)
      continue;
    auto what = decode_target(y.what);
    if (!what) {
      spdlog::warn("sibling {}: a scope cannot be read: {}", sibling,
                   to_string(what.error()));
      continue;
    }
    out.push_back({sibling,
                   {y.customer, y.cuid, y.mid},
                   std::move(*what),
                   y.remaining,
                   y.active,
                   y.immediate});
  }
}

} // namespace

void siblings_state::init(std::shared_ptr<const siblings_setup> setup) {
  setup_ = std::move(setup);
  desk_ = protocol::siblings::claim_desk{setup_->name};
  peers_.resize(setup_->peers.size());
  for (std::size_t i = 0; i < peers_.size(); ++i)
    start(i);
}

void siblings_state::start(std::size_t index) {
  peers_[index] = self_->spawn(sibling, setup_, index,
                               caf::actor_cast<siblings_actor>(self_));
  self_->monitor(peers_[index]);
}

/// One that fails dies alone; its counterpart is greeted anew.
void siblings_state::on_down(const caf::down_msg& msg) {
  for (std::size_t i = 0; i < peers_.size(); ++i)
    if (peers_[i].address() == msg.source) {
      spdlog::error("the part that talks to sibling {} failed and is started "
                    "again",
                    setup_->peers[i].name);
      start(i);
      return;
    }
}

caf::result<std::vector<foreign_scope>>
siblings_state::ask(const scope_claim& x) {
  using scopes = std::vector<foreign_scope>;
  // What waits for the loss of signal competes with nobody yet.
  if (x.wanted != scope_claim::state::active)
    return scopes{};
  auto what = qualified(x);
  if (!desk_.open({key_of(x.owner), what, x.lifetime}, self_->clock().now()))
    return scopes{};
  sibling_question question{x.owner.customer, x.owner.cuid, x.owner.mid,
                            encode_target(what), x.lifetime};
  auto promise = self_->make_response_promise<scopes>();
  auto found = std::make_shared<scopes>();
  auto open = std::make_shared<std::size_t>(peers_.size());
  auto done = [this, owner = x.owner, found, open, promise]() mutable {
    if (*open > 0 && --*open > 0)
      return;
    desk_.answered(key_of(owner), self_->clock().now());
    promise.deliver(std::move(*found));
  };
  for (std::size_t i = 0; i < peers_.size(); ++i)
    self_->request(peers_[i], sibling_patience, atom::ask_v, question)
        .then(
            [found, done, sibling = setup_->peers[i].name](
                const sibling_scopes& part) mutable {
              add_scopes(*found, sibling, part);
              done();
            },
            [done](const caf::error&) mutable { done(); });
  if (peers_.empty())
    done();
  return promise;
}

caf::result<sibling_scopes> siblings_state::answer(const std::string& asker,
                                                   const sibling_question& x) {
  if (x.what.size() > max_scope_octets)
    return to_error(fail(ec::too_large, "siblings", "a scope is too large"));
  auto what = decode_target(x.what);
  if (!what)
    return to_error(what.error());
  scope_owner who{x.customer, x.cuid, x.mid};
  auto promise = self_->make_response_promise<sibling_scopes>();
  self_->request(setup_->registry, sibling_patience, atom::ask_v, who, *what)
      .then(
          [this, asker, who, what = *what,
           promise](const std::vector<foreign_scope>& held) mutable {
            sibling_scopes out;
            for (const auto& y : held)
              out.all.push_back({y.owner.customer, y.owner.cuid, y.owner.mid,
                                 encode_target(y.what), y.remaining, y.active,
                                 y.immediate});
            add_pending(out, what, who, asker);
            promise.deliver(std::move(out));
          },
          [promise](caf::error& why) mutable {
            promise.deliver(std::move(why));
          });
  return promise;
}

/// What is being decided here is as good as held; see claim_desk.
void siblings_state::add_pending(sibling_scopes& out, const sig::target& what,
                                 const scope_owner& who,
                                 const std::string& asker) {
  for (const auto* x : desk_.overlapping(what, asker, self_->clock().now())) {
    bool known = std::ranges::any_of(out.all, [x](const sibling_scope& y) {
      return y.customer == x->key.customer && y.cuid == x->key.cuid
             && y.mid == x->key.mid;
    });
    bool own = x->key.customer == who.customer && x->key.cuid == who.cuid;
    if (known || own || out.all.size() >= max_sibling_scopes)
      continue;
    out.all.push_back({x->key.customer, x->key.cuid, x->key.mid,
                       encode_target(x->what), x->lifetime, true, true});
  }
}

void siblings_state::report(const foreign_notice& x) {
  auto to = by_name(x.sibling);
  if (!to)
    return;
  sibling_verdict out;
  out.customer = x.owner.customer;
  out.cuid = x.owner.cuid;
  out.mid = x.owner.mid;
  out.what = static_cast<std::uint8_t>(x.what);
  if (x.what != foreign_verdict::superseded)
    out.information = sig::encode(sig::refused(x.information));
  self_->send(to, atom::report_v, std::move(out));
}

caf::result<sibling_greeting> siblings_state::greet(const sibling_greeting& x) {
  auto to = by_name(x.name);
  if (!to) {
    // Which one it was meant to be nobody knows; the version says more.
    auto why = protocol::siblings::judge({x.version, x.name, x.program},
                                         setup_->name, x.name);
    if (why)
      why = fail(ec::unacceptable, "siblings",
                 "node '" + setup_->name + "' has no sibling '" + x.name
                     + "'; add a [[siblings.peer]] of this name there");
    spdlog::warn("a node that calls itself '{}' wants to be joined with, and "
                 "is refused: {}",
                 x.name, why.error().detail);
    return to_error(why.error());
  }
  auto promise = self_->make_response_promise<sibling_greeting>();
  self_->request(to, protocol::siblings::call_patience, atom::hello_v, x)
      .then([promise](
                sibling_greeting& y) mutable { promise.deliver(std::move(y)); },
            [promise](caf::error& why) mutable {
              promise.deliver(std::move(why));
            });
  return promise;
}

sibling_actor siblings_state::by_name(const std::string& wanted) const {
  for (std::size_t i = 0; i < peers_.size(); ++i)
    if (setup_->peers[i].name == wanted)
      return peers_[i];
  return {};
}

caf::result<caf::strong_actor_ptr>
siblings_state::find(const std::string& wanted) const {
  if (auto found = by_name(wanted))
    return caf::actor_cast<caf::strong_actor_ptr>(found);
  return to_error(
      fail(ec::not_found, "sibling", "there is no sibling '" + wanted + "'"));
}

caf::result<std::vector<sibling_view>> siblings_state::status() {
  using views = std::vector<sibling_view>;
  auto promise = self_->make_response_promise<views>();
  gather_into<sibling_view>(
      self_, peers_, std::chrono::seconds{2},
      [promise](views all) mutable {
        std::ranges::sort(all, {}, &sibling_view::name);
        promise.deliver(std::move(all));
      },
      atom::status_v);
  return promise;
}

siblings_actor::behavior_type
siblings(siblings_actor::stateful_pointer<siblings_state> self,
         std::shared_ptr<const siblings_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(setup));
  self->set_down_handler(
      [state](const caf::down_msg& msg) { state->on_down(msg); });
  return {
      [state](atom::ask, const scope_claim& x) { return state->ask(x); },
      [state](atom::report, const foreign_notice& x) { state->report(x); },
      [state](atom::claim, const std::string& asker,
              const sibling_question& x) { return state->answer(asker, x); },
      [state](atom::hello, const sibling_greeting& x) {
        return state->greet(x);
      },
      [state](atom::client, const std::string& wanted) {
        return state->find(wanted);
      },
      [state](atom::status) { return state->status(); },
  };
}

caf::behavior sibling_door(caf::event_based_actor* self,
                           supervisor_actor home) {
  self->set_default_handler(caf::drop);
  using answer = caf::result<std::uint32_t, std::string, std::string,
                             caf::strong_actor_ptr>;
  return {
      [self, home](atom::hello, std::uint32_t version, const std::string& who,
                   const std::string& program,
                   const caf::strong_actor_ptr& speaker) -> answer {
        if (who.size() > max_greeting_text || program.size() > max_greeting_text
            || !speaker)
          return to_error(
              fail(ec::malformed, "siblings", "that is no greeting"));
        auto promise =
            self->make_response_promise<std::uint32_t, std::string, std::string,
                                        caf::strong_actor_ptr>();
        self->request(home, protocol::siblings::call_patience, atom::hello_v,
                      sibling_greeting{version, who, program, speaker})
            .then(
                [promise](const sibling_greeting& x) mutable {
                  promise.deliver(x.version, x.name, x.program, x.speaker);
                },
                [promise](caf::error& why) mutable {
                  promise.deliver(std::move(why));
                });
        return promise;
      },
  };
}

} // namespace tocsin::actors
