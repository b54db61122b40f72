// UPSTREAM: the sessions to the server.
#include "actors/upstream.hpp"

#include "protocol/signal/request.hpp"
#include "protocol/signal/response.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace sig = protocol::signal;

/// Something is asked for and not yet answered: the network is under attack,
/// as far as we can tell.
bool upstream_state::in_need() const {
  return std::ranges::any_of(wishes_, [](const auto& x) {
    return x.second.state == progress::requested
           || x.second.state == progress::withdrawing;
  });
}

void upstream_state::connect() {
  if (resolving_ || attempt_ != 0 || finishing_)
    return;
  connect_due_.reset();
  attempted_ = now();
  resolving_ = true;
  self_->request(setup_.resolver, request_round, atom::resolve_v, setup_.host)
      .then(
          [this](std::vector<sig::prefix>& found) {
            resolving_ = false;
            // IPv6 first (RFC 9132, Section 4.3); tried from the back.
            std::ranges::sort(found, [](const auto& a, const auto& b) {
              return a.is_ipv4() && !b.is_ipv4();
            });
            candidates_ = std::move(found);
            try_next_address();
          },
          [this](const caf::error& why) {
            resolving_ = false;
            schedule_retry(to_string(to_failure(why)));
          });
}

void upstream_state::try_next_address() {
  std::string why = "the name of the server has no address";
  while (!candidates_.empty() && !finishing_) {
    auto next = candidates_.back();
    candidates_.pop_back();
    auto text = next.is_ipv4() ? next.address_string()
                               : '[' + next.address_string() + ']';
    text += ':' + std::to_string(setup_.port);
    auto id = next_session_++;
    auto opened = setup_.open(id, {session_target::transport::udp, text, {}},
                              session_owner_actor{self_});
    if (opened) {
      attempt_ = id;
      links_[id] = {caf::actor_cast<session_actor>(*opened), text, false,
                    now()};
      self_->monitor(links_[id].handle);
      return;
    }
    why = to_string(opened.error());
  }
  schedule_retry(why);
}

void upstream_state::schedule_retry(const std::string& why) {
  auto pause = in_need() ? setup_.retry_in_attack : setup_.retry;
  connect_due_ = attempted_ + pause;
  auto wait = std::chrono::duration_cast<std::chrono::seconds>(
      std::max<duration>(*connect_due_ - now(), duration::zero()));
  detail_ = why + "; next attempt in " + std::to_string(wait.count()) + " s";
  if (best_link() == nullptr)
    spdlog::error("upstream {}: no session with {}: {}", setup_.name,
                  setup_.host, detail_);
  arm();
}

/// An operator asks: the pause between attempts shrinks to what is allowed in
/// an attack (RFC 9132, Section 4.7).
void upstream_state::hurry() {
  if (connect_due_ && best_link() == nullptr) {
    connect_due_ = std::min(
        *connect_due_, std::max(now(), attempted_ + setup_.retry_in_attack));
    arm();
  }
}

upstream_state::link* upstream_state::best_link() {
  link* best = nullptr;
  for (auto& [_, x] : links_)
    if (x.up && (best == nullptr || x.since > best->since))
      best = &x;
  return best;
}

void upstream_state::on_opened(const session_opened& x, caf::strong_actor_ptr) {
  auto i = links_.find(x.id);
  if (i == links_.end())
    return;
  i->second.up = true;
  i->second.since = now();
  if (attempt_ == x.id)
    attempt_ = 0;
  candidates_.clear();
  connect_due_.reset();
  failed_.reset();
  detail_.clear();
  spdlog::info("upstream {}: session with {}", setup_.name, i->second.address);
  drop_others(x.id);
  ask_for_all(i->second);
  poll_due_ = now() + poll_interval;
  for (auto& [_, wanted] : wishes_)
    wanted.asking = false; // whatever is under way is asked here again
  pursue_all();
}

/// The new session works, so the old one has served (RFC 9132, Section 4.7).
void upstream_state::drop_others(std::uint64_t keep) {
  for (auto& [id, x] : links_)
    if (id != keep)
      self_->send(x.handle, atom::finish_v,
                  std::string{"a newer session works"});
}

/// Learns what the server holds: the state of our requests, mids that we do not
/// remember, and how long a round trip takes.
void upstream_state::ask_for_all(const link& x) {
  coap_call get;
  get.code = 1; // GET
  get.path = sig::to_segments(sig::mitigate_path{{}, setup_.cuid, {}});
  get.urgent = true;
  get.patience = status_patience;
  self_->request(x.handle, 2 * status_patience, atom::request_v, std::move(get))
      .then(
          [this](const coap_reply& reply) {
            if (reply.code
                == static_cast<std::uint8_t>(sig::response_code::content))
              on_list(reply.body);
          },
          [](const caf::error&) {});
}

void upstream_state::on_silent(std::uint64_t, std::uint32_t) {}

void upstream_state::on_gone(std::uint64_t id, session_end,
                             const std::string& why) {
  auto node = links_.extract(id);
  if (node.empty())
    return;
  bool was_up = node.mapped().up;
  if (attempt_ == id)
    attempt_ = 0;
  if (!was_up)
    failed_ = now();
  if (finishing_)
    return;
  if (best_link() != nullptr) {
    arm();
    return;
  }
  if (was_up) {
    spdlog::warn("upstream {}: session with {} ended: {}", setup_.name,
                 node.mapped().address, why);
    connect();
  } else if (!candidates_.empty()) {
    try_next_address();
  } else if (attempt_ == 0) {
    schedule_retry(why);
  }
}

/// A SESSION failed without a word of its own.
void upstream_state::on_down(const caf::down_msg& msg) {
  for (const auto& [id, x] : links_)
    if (caf::actor_cast<caf::strong_actor_ptr>(x.handle) == msg.source) {
      on_gone(id, session_end::failed, to_string(to_failure(msg.reason)));
      return;
    }
}

} // namespace tocsin::actors
