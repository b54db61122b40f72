#include "tests/sim/ledger.hpp"

#include "protocol/signal/codec.hpp"

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

std::uint32_t number_at_end(const std::string& text) {
  auto at = text.find_last_not_of("0123456789");
  auto first = at == std::string::npos ? 0 : at + 1;
  std::uint32_t x = 0;
  std::from_chars(text.data() + first, text.data() + text.size(), x);
  return x;
}

} // namespace

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
    world_.note(fmt::format("{}/{} ordered for {} s{}", cuid, x.key.mid,
                            x.lifetime, order.renew ? ", renewed" : ""));
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
      world_.note(fmt::format("{}/{} gone at the server", gone->key.cuid,
                              gone->key.mid));
    }
    return;
  }
  if (auto* audit = std::get_if<storage::append_audit>(&x))
    world_.note(fmt::format("server says {}: {} {}", audit->event.action,
                            audit->event.subject, audit->event.outcome));
  auto* put = std::get_if<storage::put_mitigation>(&x);
  if (put == nullptr)
    return;
  const auto& record = put->record;
  auto [i, is_new] = grants_.try_emplace({record.key.cuid, record.key.mid});
  auto& grant = i->second;
  if (is_new || !grant.present) {
    grant = {};
    grant.created = world_.now();
    grant.immediate = request_in(record.body).trigger_mitigation.value_or(true);
  }
  bool terminated =
      record.status == static_cast<std::uint8_t>(sig::status::terminated);
  if (terminated && !grant.grave)
    grant.grave = world_.now();
  if (!terminated)
    grant.expires = record.expires < 0
                        ? std::nullopt
                        : std::optional{world_.clock().when(record.expires)};
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
