#include "actors/session.hpp"

#include "actors/heartbeat.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

namespace {

/// HEARTBEAT needs to know that the peer is alive, not how often it speaks.
constexpr std::chrono::seconds traffic_notice{1};

coap::limits bounds_of(const transports::dtls_association& dtls) {
  coap::limits x;
  x.message_size = static_cast<std::uint32_t>(
      std::min<std::size_t>(x.message_size, dtls.max_plaintext()));
  return x;
}

/// Who the agent is, stable over a renewed certificate (RFC 9132, Section 8).
std::string identity_of(const transports::peer_identity& x) {
  if (!x.dns_names.empty())
    return x.dns_names.front();
  return x.common_name.empty() ? x.spki_fingerprint : x.common_name;
}

} // namespace

session::session(caf::actor_config& cfg, std::shared_ptr<session_setup> setup)
    : pinned{cfg, setup->where}, setup_{std::move(setup)},
      endpoint_{coap::parameters{}, setup_->random, bounds_of(*setup_->dtls)},
      timer_{setup_->reactor}, born_{clock().now()}, heard_{born_}, told_{
                                                                        born_} {
  peer_.address = setup_->address;
  peer_.session = setup_->id;
  peer_.customer = setup_->peer;
}

session::behavior_type session::make_behavior() {
  return {
      [this](atom::packet, const bytes& datagram) { on_packet(datagram); },
      [this](atom::tick) { on_tick(); },
      [this](atom::gone) {
        setup_->forget = [] {}; // the table let go of it already
        end(session_end::replaced, "the peer started anew");
      },
      [this](atom::gone, const std::string& why) {
        setup_->forget = [] {};
        end(session_end::failed, why);
      },
      [this](atom::request, coap_call& what) { return call(std::move(what)); },
      [this](atom::heard, bool peer_hb_status) {
        send_heartbeat(peer_hb_status);
        pump();
      },
      [this](atom::lost, std::uint32_t missed) {
        missed_ = missed;
        end(session_end::lost,
            "lost: " + std::to_string(missed) + " heartbeats went unanswered");
      },
      [this](atom::silent, std::uint32_t missed) {
        send(setup_->owner, atom::silent_v, setup_->id, missed);
      },
      [](atom::notify, std::uint64_t, const dots_response&) {},
      [](atom::cancel, std::uint64_t) {},
      [](atom::mode, const std::string&, bool) {},
      [](atom::redirect, const redirect_order&) {},
      [this](atom::status) { return view(); },
      [this](atom::finish, const std::string& why) {
        setup_->dtls->close();
        end(session_end::shut_down, why);
      },
  };
}

void session::on_exit() {
  timer_.stop();
  clients_.clear();
  calls_.clear();
  heartbeat_ = heartbeat_actor{}; // the two hold each other
}

void session::on_packet(const bytes& datagram) {
  if (ended_)
    return;
  setup_->dtls->receive(datagram, clock().now());
  pump();
}

void session::on_tick() {
  timer_.rang();
  if (ended_)
    return;
  auto now = clock().now();
  setup_->dtls->on_time(now);
  endpoint_.on_time(now);
  pump();
}

/// Moves everything as far as it goes: records in, events, messages out.
void session::pump() {
  auto& dtls = *setup_->dtls;
  using state = transports::dtls_association::state;
  if (!up_ && dtls.current() == state::established)
    on_established();
  bytes buffer;
  while (dtls.next_plaintext(buffer)) {
    note_traffic();
    endpoint_.receive(buffer, clock().now());
  }
  while (auto event = endpoint_.next_event())
    on_event(*event);
  while (up_ && endpoint_.next_datagram(buffer))
    if (auto ok = dtls.send(buffer); !ok)
      spdlog::debug("session {}: message not sent: {}", setup_->id,
                    to_string(ok.error()));
  while (dtls.next_datagram(buffer))
    setup_->send(buffer);
  if (dtls.current() == state::closed) {
    if (dtls.failure_reason().empty())
      end(session_end::closed, "closed by the peer");
    else
      end(session_end::failed, dtls.failure_reason());
    return;
  }
  auto due = endpoint_.next_deadline();
  if (auto other = dtls.next_deadline(); other && (!due || *other < *due))
    due = other;
  timer_.set(this, due);
}

void session::on_established() {
  up_ = true;
  setup_->established();
  const auto& who = setup_->dtls->peer();
  peer_.fingerprint = who.fingerprint;
  peer_.identity = identity_of(who);
  if (setup_->server) {
    auto found =
        setup_->customers.find({{who.fingerprint, who.spki_fingerprint},
                                who.dns_names,
                                who.common_name});
    if (found) {
      customer_ = *found;
      peer_.customer = customer_->name;
    } else {
      spdlog::warn("session {}: {} is no known customer: {}", setup_->id,
                   setup_->address, to_string(found.error()));
    }
  }
  auto role = setup_->server ? sig::heartbeat_role::server
                             : sig::heartbeat_role::client;
  heartbeat_ = spawn<heartbeat, caf::lazy_init>(
      where(), setup_->reactor, session_actor{this}, role, setup_->heartbeats);
  send(heartbeat_, atom::tick_v);
  spdlog::info("session {}: up with {} ({}) at {}", setup_->id,
               peer_.customer.empty() ? "a stranger" : peer_.customer,
               peer_.identity, setup_->address);
  send(setup_->owner, atom::opened_v, session_opened{setup_->id, peer_},
       caf::actor_cast<caf::strong_actor_ptr>(this));
}

void session::on_event(coap::event& x) {
  if (auto* request = std::get_if<coap::incoming_request>(&x))
    on_request(*request);
  else if (auto* response = std::get_if<coap::response_received>(&x))
    on_response(*response);
  else if (auto* failed = std::get_if<coap::request_failed>(&x))
    on_failure(*failed);
}

void session::note_traffic() {
  heard_ = clock().now();
  if (heartbeat_ && heard_ - told_ >= traffic_notice) {
    told_ = heard_;
    send(heartbeat_, atom::traffic_v);
  }
}

void session::end(session_end how, const std::string& why) {
  if (ended_)
    return;
  ended_ = true;
  bytes datagram;
  while (setup_->dtls->next_datagram(datagram)) // close_notify
    setup_->send(datagram);
  setup_->forget();
  for (auto& [_, promise] : calls_)
    promise.deliver(to_error(fail(ec::closed, "session", why)));
  calls_.clear();
  // A handshake that came to nothing is none of the operator's business
  // unless he asks: scanners make thousands of them.
  if (up_)
    spdlog::info("session {}: ended with {}: {}", setup_->id, setup_->address,
                 why);
  else
    spdlog::debug("session {}: no handshake with {}: {}", setup_->id,
                  setup_->address, why);
  send(setup_->owner, atom::gone_v, setup_->id, how, why);
  quit();
}

session_view session::view() const {
  auto now = clock().now();
  session_view x;
  x.id = setup_->id;
  x.side = setup_->server ? "server" : "client";
  x.peer = peer_.customer;
  x.address = setup_->address;
  x.identity = peer_.fingerprint;
  x.transport = "dtls";
  x.state = ended_ ? "closed" : up_ ? "up" : "handshaking";
  using namespace std::chrono;
  x.age_s =
      static_cast<std::uint64_t>(duration_cast<seconds>(now - born_).count());
  x.idle_ms = static_cast<std::uint64_t>(
      duration_cast<milliseconds>(now - heard_).count());
  x.missed_heartbeats = missed_;
  x.peer_hears_us = peer_hears_us_;
  const auto& n = endpoint_.counters();
  x.requests_in = n.requests;
  x.requests_out = n.responses + n.timeouts;
  return x;
}

} // namespace tocsin::actors
