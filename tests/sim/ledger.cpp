#include "tests/sim/ledger.hpp"

#include "actors/client_flags.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/scope.hpp"

#include <spdlog/fmt/fmt.h>

#include <charconv>

namespace tocsin::sim {

namespace sig = protocol::signal;

namespace {

// flags of a wish that UPSTREAM stores
constexpr std::uint8_t flag_renew = 1;
constexpr std::uint8_t flag_withdrawing = 2;
constexpr std::uint8_t flag_active = 4;

sig::mitigation request_in(const bytes& body) {
  auto decoded = sig::decode(body, sig::direction::request);
  auto* scope =
      decoded ? std::get_if<sig::mitigation_scope>(&*decoded) : nullptr;
  return scope != nullptr && !scope->scope.empty() ? scope->scope[0]
                                                   : sig::mitigation{};
}

/// Copies of reports may overtake those of later ones within this.
constexpr duration report_spread = std::chrono::seconds{60};

std::uint32_t number_at_end(const std::string& text) {
  auto at = text.find_last_not_of("0123456789");
  auto first = at == std::string::npos ? 0 : at + 1;
  std::uint32_t x = 0;
  std::from_chars(text.data() + first, text.data() + text.size(), x);
  return x;
}

} // namespace

std::string text(const ledger::name& x) {
  return fmt::format("{}/{}", x.first, x.second);
}

void ledger::on_client_change(const std::string& cuid,
                              const storage::change& x) {
  if (auto* put = std::get_if<storage::put_mitigation>(&x)) {
    on_client_record(cuid, put->record);
  } else if (auto* gone = std::get_if<storage::erase_mitigation>(&x)) {
    if (auto i = orders_.find({cuid, gone->key.mid}); i != orders_.end()) {
      i->second.erased = true;
      world_.note(
          fmt::format("{}/{} forgotten by its client", cuid, gone->key.mid));
    }
  } else if (auto* audit = std::get_if<storage::append_audit>(&x)) {
    on_client_audit(cuid, audit->event);
  }
}

void ledger::on_client_record(const std::string& cuid,
                              const storage::mitigation_record& x) {
  auto [i, is_new] = orders_.try_emplace({cuid, x.key.mid});
  auto& order = i->second;
  order.erased = false;
  if (is_new) {
    order.request = request_in(x.body);
    order.renew = (x.flags & flag_renew) != 0;
    order.durable = world_.now();
    bool armed = order.request.trigger_mitigation == false;
    std::string what;
    for (const auto& prefix : order.request.what.prefixes)
      what += ' ' + prefix.to_string();
    world_.note(fmt::format("{}/{} ordered for {} s{}{}:{}", cuid, x.key.mid,
                            x.lifetime, order.renew ? ", renewed" : "",
                            armed ? ", for loss of signal" : "", what));
  }
  if ((x.flags & flag_withdrawing) != 0 && !order.withdrawn) {
    order.withdrawn = world_.now();
    world_.note(fmt::format("{}/{} to be withdrawn", cuid, x.key.mid));
  }
  if ((x.flags & flag_active) != 0) {
    order.indefinite = x.expires < 0;
    order.expires = world_.clock().when(x.expires);
  }
}

void ledger::on_client_audit(const std::string& cuid,
                             const storage::audit_event& x) {
  auto i = orders_.find({cuid, number_at_end(x.subject)});
  if (i == orders_.end())
    return;
  auto& order = i->second;
  world_.note(
      fmt::format("{} says {}: {} {}", cuid, x.action, x.subject, x.outcome));
  if (x.action == "granted") {
    if (!order.granted)
      order.granted = world_.now();
    if (!grants_.contains(i->first))
      world_.violate(fmt::format("{}/{} was granted, yet is on no disk", cuid,
                                 i->first.second));
  } else if (x.action == "refused") {
    order.refused = true;
  } else if (x.action == "superseded") {
    order.superseded = true;
    judge_superseded(i->first);
  } else if (x.action == "ended") {
    order.ended = true;
    auto grant = grants_.find(i->first);
    bool over =
        grant == grants_.end() || !grant->second.present
        || (grant->second.expires && *grant->second.expires <= world_.now());
    if (!over)
      world_.violate(
          fmt::format("{}/{} is said to have ended, yet the disk has it", cuid,
                      i->first.second));
  } else if (x.action == "withdrawn") {
    order.confirmed = world_.now();
    auto grant = grants_.find(i->first);
    if (grant != grants_.end() && grant->second.present && !grant->second.grave)
      world_.violate(
          fmt::format("{}/{}: its end was confirmed, yet the disk has it", cuid,
                      i->first.second));
  }
}

void ledger::on_server_change(const storage::change& x) {
  if (auto* gone = std::get_if<storage::erase_mitigation>(&x)) {
    if (auto i = grants_.find({gone->key.cuid, gone->key.mid});
        i != grants_.end()) {
      i->second.present = false;
      world_.note(fmt::format("{}/{} gone at {}{}", gone->key.cuid,
                              gone->key.mid, server_ == "server" ? "the " : "",
                              server_));
    }
    return;
  }
  if (auto* audit = std::get_if<storage::append_audit>(&x))
    world_.note(fmt::format("{} says {}: {} {}", server_, audit->event.action,
                            audit->event.subject, audit->event.outcome));
  if (auto* put = std::get_if<storage::put_mitigation>(&x))
    on_server_record(put->record);
}

void ledger::on_server_record(const storage::mitigation_record& x) {
  name which{x.key.cuid, x.key.mid};
  auto [i, is_new] = grants_.try_emplace(which);
  auto& grant = i->second;
  auto status = static_cast<sig::status>(x.status);
  if (status == sig::status::terminated) {
    if (!grant.grave)
      grant.grave = world_.now();
    return;
  }
  auto before = grant;
  bool anew = is_new || !grant.present;
  if (anew) {
    auto request = request_in(x.body);
    grant = {};
    grant.triggered = before.triggered;
    grant.lost_conflicts = before.lost_conflicts;
    grant.what = request.what;
    grant.immediate = request.trigger_mitigation.value_or(true);
  }
  if (before.grave && !anew) { // asked for again in its terminating period
    if (auto order = orders_.find(which);
        order != orders_.end() && order->second.confirmed)
      world_.violate(text(which) + " is back after its end was confirmed");
    grant.grave.reset();
  }
  grant.armed = status == sig::status::signal_loss;
  grant.running = !grant.armed && status != sig::status::withdrawn;
  grant.in_force =
      status == sig::status::mitigated || status == sig::status::stopped;
  grant.suspended = (x.flags & actors::flag_suspended) != 0;
  grant.nobody = (x.flags & actors::flag_nobody) != 0;
  grant.left = (x.flags & actors::flag_left) != 0;
  grant.expires = x.expires < 0 ? std::nullopt
                                : std::optional{world_.clock().when(x.expires)};
  if (anew || grant.armed != before.armed || grant.running != before.running
      || grant.suspended != before.suspended
      || before.grave.has_value() != grant.grave.has_value())
    grant.since = world_.now();
  if (grant.suspended && (anew || !before.suspended)) {
    ++grant.lost_conflicts;
    world_.note(text(which) + " is deactivated");
    if (!anew && deactivated)
      deactivated(which);
  }
  if (!anew && !grant.immediate && before.armed && grant.running
      && !grant.suspended && !before.suspended) {
    ++grant.triggered;
    world_.note(text(which) + " starts: its client is lost");
    if (triggered)
      triggered(which);
  }
}

/// A later order of the same client replaces it (RFC 9132, Section 4.4.1.3),
/// and has been granted.
void ledger::judge_superseded(const name& which) {
  auto grant = grants_.find(which);
  if (grant != grants_.end() && grant->second.present && !grant->second.grave)
    world_.violate(text(which)
                   + " is said to be replaced, yet the disk has it");
  const auto& mine = orders_.at(which).request;
  for (const auto& [other, x] : orders_)
    if (other.first == which.first && other.second > which.second
        && grants_.contains(other)
        && x.request.trigger_mitigation.value_or(true)
               == mine.trigger_mitigation.value_or(true)
        && sig::overlaps(x.request.what, mine.what))
      return;
  world_.violate(text(which) + " is said to be replaced, yet nothing did");
}

void ledger::reporting(const name& which, sig::attack_status what) {
  world_.note(fmt::format("{} is reported about: {}", text(which),
                          sig::to_string(what)));
  auto& last = asked_[which];
  bool lone = world_.now() - last > report_spread;
  last = world_.now();
  pending_[which] = lone;
  if (auto i = reports_.find(which); i != reports_.end())
    i->second.lone = false; // until this one is answered, too
}

void ledger::reported(const name& which, sig::attack_status what) {
  world_.note(fmt::format("{}: the server knows: {}", text(which),
                          sig::to_string(what)));
  if (auto i = grants_.find(which); i == grants_.end())
    world_.violate(text(which) + " was reported about, yet is on no disk");
  reports_[which] = {what, asked_[which], world_.now(), pending_[which]};
}

void ledger::acknowledged(const std::string& cuid, std::uint32_t mid) {
  auto i = orders_.find({cuid, mid});
  if (i == orders_.end()) {
    world_.violate(
        fmt::format("{}/{} was acknowledged to the operator, yet is on no disk",
                    cuid, mid));
    return;
  }
  i->second.acknowledged = true;
}

} // namespace tocsin::sim
