#include "actors/handover.hpp"

#include "protocol/signal/lifetime.hpp"

#include <spdlog/spdlog.h>

namespace tocsin::actors {

namespace sib = protocol::siblings;
namespace sig = protocol::signal;

namespace {

constexpr std::chrono::seconds store_patience{20};
constexpr std::string_view record_prefix = "handover/";

std::string audit_text(sib::handover_stage stage) {
  switch (stage) {
  case sib::handover_stage::offered:
    return "offered";
  case sib::handover_stage::moved:
    return "handed over";
  case sib::handover_stage::revoked:
    return "called off";
  case sib::handover_stage::none:
    return "over";
  }
  return "over";
}

} // namespace

/// Lines: customer, cuid, sibling, and the identity, which may hold anything.
storage::session_record to_record(const handover_record& x) {
  auto text = x.customer + '\n' + x.cuid + '\n' + x.sibling + '\n' + x.identity;
  return {"", std::string{record_prefix} + x.customer + '/' + x.cuid,
          static_cast<std::uint32_t>(x.stage), bytes(text.begin(), text.end()),
          x.changed};
}

std::optional<handover_record> read_handover(const storage::session_record& x) {
  if (!x.customer.empty() || !x.identity.starts_with(record_prefix))
    return std::nullopt;
  handover_record out;
  if (x.sid > static_cast<std::uint32_t>(sib::handover_stage::revoked))
    return std::nullopt;
  out.stage = static_cast<sib::handover_stage>(x.sid);
  out.changed = x.changed;
  std::string text{x.body.begin(), x.body.end()};
  for (auto* into : {&out.customer, &out.cuid, &out.sibling}) {
    auto end = text.find('\n');
    if (end == std::string::npos)
      return std::nullopt;
    *into = text.substr(0, end);
    text.erase(0, end + 1);
  }
  out.identity = std::move(text);
  return out;
}

void handover_state::init(handover_setup setup) {
  setup_ = std::move(setup);
  if (setup_.what.stage == sib::handover_stage::none)
    machine_.emplace(now());
  else
    machine_.emplace(setup_.what.stage, now());
  if (setup_.client)
    self_->monitor(setup_.client);
}

void handover_state::start() {
  act(machine_->begin(now()));
}

void handover_state::on_tick(std::uint64_t generation) {
  if (alarm_.rang(generation))
    act(machine_->on_time(now()));
}

/// CLIENT failed, and serves on from its store once it is started again; after
/// it was handed over, that it ends is as it should be.
void handover_state::on_down() {
  setup_.client = client_actor{};
  act(machine_->on_failed("the client's part of this node failed", now()));
}

void handover_state::act(const actions& all) {
  for (const auto& x : all)
    act(x);
  if (!machine_->over())
    alarm_.set(self_, machine_->next_deadline());
}

void handover_state::act(const sib::handover_action& x) {
  if (std::holds_alternative<sib::pack_client>(x))
    pack();
  else if (const auto* s = std::get_if<sib::store_stage>(&x))
    store(s->stage);
  else if (std::holds_alternative<sib::offer>(x))
    offer();
  else if (std::holds_alternative<sib::release_client>(x)) {
    self_->send(setup_.parent, atom::leave_v, setup_.what.customer,
                setup_.what.cuid);
    if (setup_.client)
      self_->send(setup_.client, atom::leave_v, setup_.where);
  } else if (std::holds_alternative<sib::keep_client>(x)) {
    if (setup_.client)
      self_->send(setup_.client, atom::keep_v);
  } else if (std::holds_alternative<sib::settle>(x))
    word(true);
  else if (std::holds_alternative<sib::revoke_offer>(x))
    word(false);
  else if (const auto* c = std::get_if<sib::conclude>(&x))
    conclude(c->moved, c->why);
  else
    self_->quit(caf::exit_reason::user_shutdown);
}

void handover_state::pack() {
  self_->request(setup_.client, sib::handover_patience, atom::handover_v)
      .then(
          [this](storage::snapshot& x) {
            packed_ = std::move(x);
            if (!packed_.clients.empty())
              setup_.what.identity = packed_.clients.front().identity;
            act(machine_->on_packed(now()));
          },
          [this](const caf::error& why) {
            act(machine_->on_failed(to_failure(why).detail, now()));
          });
}

storage::transaction handover_state::changes_for(sib::handover_stage stage) {
  auto record = setup_.what;
  record.stage = stage;
  record.changed = wall();
  auto subject = record.customer + '/' + record.cuid;
  storage::transaction out{storage::append_audit{
      {wall(), "operator", "handover", subject,
       audit_text(stage) + ": sibling " + record.sibling}}};
  if (stage == sib::handover_stage::none)
    out = {storage::erase_session{"", to_record(record).identity}};
  else
    out.push_back(storage::put_session{to_record(record)});
  if (stage == sib::handover_stage::moved) {
    moving_ = true;
    for (const auto& x : packed_.mitigations)
      out.push_back(storage::erase_mitigation{x.key});
    out.push_back(storage::erase_client{record.customer, record.cuid});
  }
  // Whether the transaction above failed or its answer was lost: all is back.
  if (stage == sib::handover_stage::revoked && moving_) {
    for (const auto& x : packed_.mitigations)
      out.push_back(storage::put_mitigation{x});
    for (const auto& x : packed_.clients)
      out.push_back(storage::put_client{x});
  }
  return out;
}

void handover_state::store(sib::handover_stage stage) {
  self_
      ->request(setup_.keeper, store_patience, atom::commit_v,
                changes_for(stage))
      .then([this](ack) { act(machine_->on_stored(now())); },
            [this](const caf::error& why) {
              act(machine_->on_store_failed(to_failure(why).detail, now()));
            });
}

template <class Then>
void handover_state::with_sibling(Then then) {
  auto failed = [this](const caf::error& why) {
    act(machine_->on_failed(to_failure(why).detail, now()));
  };
  self_
      ->request(setup_.siblings, sib::word_patience, atom::client_v,
                setup_.what.sibling)
      .then(
          [this, then, failed](const caf::strong_actor_ptr& found) {
            self_
                ->request(caf::actor_cast<sibling_actor>(found),
                          sib::word_patience, atom::client_v)
                .then(then, failed);
          },
          failed);
}

void handover_state::offer() {
  with_sibling(
      [this](const caf::strong_actor_ptr& there) { send_parcel(there); });
}

void handover_state::send_parcel(const caf::strong_actor_ptr& to) {
  auto what = parcel();
  std::size_t octets = 0;
  for (const auto& x : what.mitigations)
    octets += x.body.size() + x.aliased.size();
  if (what.mitigations.size() > max_parcel_mitigations
      || octets > max_parcel_octets) {
    act(machine_->on_refused("the client has too much for one handover; "
                             "withdraw some of it",
                             now()));
    return;
  }
  self_
      ->request(caf::actor_cast<sibling_actor>(to), sib::offer_patience,
                atom::adopt_v, std::move(what))
      .then([this](ack) { act(machine_->on_held(now())); },
            [this](const caf::error& why) {
              act(machine_->on_refused(
                  setup_.what.sibling + ": " + to_failure(why).detail, now()));
            });
}

void handover_state::word(bool ours) {
  with_sibling([this, ours](const caf::strong_actor_ptr& there) {
    self_
        ->request(caf::actor_cast<sibling_actor>(there), sib::word_patience,
                  atom::settle_v,
                  sibling_client{setup_.what.customer, setup_.what.cuid}, ours)
        .then([this](ack) { act(machine_->on_confirmed(now())); },
              [this](const caf::error& why) {
                act(machine_->on_failed(to_failure(why).detail, now()));
              });
  });
}

/// Lifetimes go as what is left of them, for clocks differ.
sibling_parcel handover_state::parcel() const {
  sibling_parcel out;
  out.customer = setup_.what.customer;
  out.cuid = setup_.what.cuid;
  for (const auto& x : packed_.clients) {
    out.identity = x.identity;
    out.last_mid = x.last_mid;
    out.mid_used = x.mid_used;
  }
  for (const auto& x : packed_.mitigations)
    out.mitigations.push_back({x.key.mid, x.body, x.lifetime,
                               sig::remaining_lifetime(x.expires, wall()),
                               x.start, x.status, x.flags, x.created, x.aliased,
                               x.hop_limit, x.cdid, x.chosen});
  if (setup_.config && !setup_.config->body.empty()) {
    out.configured = true;
    out.sid = setup_.config->sid;
    out.config = setup_.config->body;
  }
  return out;
}

void handover_state::conclude(bool moved, const std::string& why) {
  if (moved)
    spdlog::info("client {}/{} is handed over to sibling {}",
                 setup_.what.customer, setup_.what.cuid, setup_.what.sibling);
  else
    spdlog::warn("client {}/{} is not handed over to sibling {}: {}",
                 setup_.what.customer, setup_.what.cuid, setup_.what.sibling,
                 why);
  self_->send(setup_.parent, atom::handover_v,
              handover_result{setup_.what.customer, setup_.what.cuid, moved,
                              packed_.mitigations.size(), why});
}

handover_actor::behavior_type
handover(handover_actor::stateful_pointer<handover_state> self,
         std::shared_ptr<handover_setup> setup) {
  auto* state = &self->state;
  state->init(std::move(*setup));
  self->set_down_handler([state](const caf::down_msg&) { state->on_down(); });
  return {
      [state](atom::begin) { state->start(); },
      [state](atom::tick, std::uint64_t generation) {
        state->on_tick(generation);
      },
  };
}

} // namespace tocsin::actors
