// SUPERVISOR: clients that come from a sibling (docs/adr/0008): the taking
// side.
#include "actors/supervisor.hpp"

#include "actors/rules.hpp"
#include "protocol/signal/codec.hpp"
#include "protocol/signal/customer.hpp"
#include "protocol/signal/lifetime.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

namespace {

constexpr std::chrono::seconds store_patience{20};
constexpr std::chrono::seconds client_patience{20};

/// For what a sibling gave to be in force; within sib::offer_patience.
constexpr std::chrono::seconds force_patience{12};
constexpr std::chrono::milliseconds force_interval{200};

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
