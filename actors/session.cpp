#include "actors/session.hpp"

#include "actors/heartbeat.hpp"
#include "actors/identity.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/stream_endpoint.hpp"
#include "protocol/spare_buffers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace tocsin::actors {

namespace coap = protocol::coap;
namespace sig = protocol::signal;

namespace {

std::unique_ptr<coap::message_layer> make_layer(const session_setup& setup,
                                                time_point now) {
  if (setup.security->reliable())
    return std::make_unique<coap::stream_endpoint>(coap::parameters{},
                                                   setup.random, now);
  coap::limits bounds;
  bounds.message_size = static_cast<std::uint32_t>(std::min<std::size_t>(
      bounds.message_size, setup.security->max_plaintext()));
  return std::make_unique<coap::endpoint>(coap::parameters{}, setup.random,
                                          bounds);
}

} // namespace

session::session(caf::actor_config& cfg, std::shared_ptr<session_setup> setup)
    : pinned{cfg, setup->where}, setup_{std::move(setup)},
      agent_{make_layer(*setup_, clock().now()), setup_->random},
      timer_{setup_->reactor}, config_{setup_->policy,
                                       setup_->security->reliable()},
      born_{clock().now()}, heard_{born_}, told_{born_} {
  peer_.address = setup_->address;
  peer_.session = setup_->id;
  peer_.customer = setup_->peer;
  if (setup_->server)
    return;
  sig::config_client_settings settings;
  settings.wish = setup_->wishes;
  settings.reliable = setup_->security->reliable();
  settings.acceptable = setup_->policy;
  // sids have to ascend over all sessions and restarts: the clock does.
  negotiator_ = std::make_unique<sig::config_client>(
      std::move(settings), static_cast<std::uint32_t>(setup_->clock.at(born_)));
  if (auto rtt = setup_->path ? setup_->path->rtt.load() : 0; rtt > 0)
    learn_rtt(duration{rtt});
}

session::behavior_type session::make_behavior() {
  if (!setup_->server) {
    // The UPSTREAM that is started in place of one that failed opens a session
    // of its own: nobody would ever end this one.
    monitor(setup_->owner);
    set_down_handler([this](const caf::down_msg&) {
      end(session_end::failed, "its UPSTREAM has failed");
    });
  }
  return {
      [this](atom::packet, const bytes& octets) { on_packet(octets); },
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
      [this](atom::notify, std::uint64_t request, dots_response& x) {
        notify(request, std::move(x));
        pump();
      },
      [this](atom::cancel, std::uint64_t observation) {
        observing_.erase(observation);
        agent_.cancel(observation, clock().now());
        pump();
      },
      [this](atom::refresh, std::uint64_t observation) {
        if (!observing_.contains(observation))
          return; // it has ended meanwhile, and UPSTREAM was told
        agent_.reregister(observation, clock().now());
        pump();
      },
      [this](atom::abandon, std::uint64_t tag) { abandon(tag); },
      [this](atom::mode, const std::string& cuid, bool active) {
        set_mode(cuid, active);
        pump();
      },
      [this](atom::redirect, redirect_order& x) {
        redirect(std::move(x));
        pump();
      },
      [this](atom::status) { return view(); },
      [this](atom::finish, const std::string& why) { say_goodbye(why); },
  };
}

void session::on_exit() {
  timer_.stop();
  ended_ = true; // no datagram counts any more
  clients_.clear();
  calls_.clear();
  observers_.clear();
  heartbeat_ = heartbeat_actor{}; // the two hold each other
}

void session::on_packet(const bytes& octets) {
  if (ended_)
    return;
  setup_->security->receive(octets, clock().now());
  pump();
}

void session::take(byte_view datagram) {
  if (ended_)
    return;
  auto& security = *setup_->security;
  auto answered = beats_.given();
  bool all_answered = up_;
  if (up_) {
    auto now = clock().now();
    security.receive(datagram, now);
    auto messages = drain(now);
    all_answered = beats_.given() - answered == messages
                   && security.current()
                          == transports::secure_association::state::established;
    flush();
    tell_traffic();
  }
  if (!all_answered)
    caf::anon_send(session_actor{this}, atom::packet_v,
                   up_ ? bytes{} : bytes(datagram.begin(), datagram.end()));
}

void session::on_tick() {
  timer_.rang();
  if (ended_)
    return;
  auto now = clock().now();
  setup_->security->on_time(now);
  agent_.on_time(now);
  if (negotiator_ && up_)
    negotiate(negotiator_->on_time(now));
  if (is_stale())
    // It may be gone for good: what it left for that case is not given up.
    return say_goodbye("the client did not ask for its configuration again",
                       session_end::failed);
  pump();
}

/// Moves everything as far as it goes: octets in, events, messages out.
void session::pump() {
  if (ended_)
    return;
  auto& security = *setup_->security;
  using state = transports::secure_association::state;
  if (!up_ && security.current() == state::established)
    on_established();
  drain(clock().now());
  while (auto event = agent_.next_event())
    on_event(*event);
  flush();
  if (ended_)
    return;
  tell_traffic();
  if (security.current() == state::closed) {
    if (security.failure_reason().empty())
      end(session_end::closed, "closed by the peer");
    else
      end(session_end::failed, security.failure_reason());
    return;
  }
  if (closing_ && agent_.pending_requests() == 0) {
    security.close();
    end(session_end::closed, "closed by the peer");
    return;
  }
  auto due = agent_.next_deadline();
  auto consider = [&due](std::optional<time_point> x) {
    if (x && (!due || *x < *due))
      due = x;
  };
  consider(security.next_deadline());
  if (negotiator_ && up_)
    consider(negotiator_->next_deadline());
  consider(config_stale_);
  timer_.set(this, due);
}

/// What was decrypted goes to the agent; returns the number of messages.
std::size_t session::drain(time_point now) {
  std::size_t messages = 0;
  auto buffer = spare_buffers::take();
  while (setup_->security->next_plaintext(buffer)) {
    ++messages;
    note_traffic(now);
    agent_.receive(buffer, now);
  }
  spare_buffers::give(std::move(buffer));
  return messages;
}

/// What is to be said leaves, as far as the association allows.
void session::flush() {
  auto& security = *setup_->security;
  auto buffer = spare_buffers::take();
  while (up_ && agent_.next_datagram(buffer)) {
    // A stream knows no boundaries: what is longer than a record goes in
    // pieces.
    byte_view rest{buffer};
    do {
      auto piece =
          security.reliable()
              ? rest.first(std::min(rest.size(), security.max_plaintext()))
              : rest;
      rest = rest.subspan(piece.size());
      if (auto ok = security.send(piece); !ok) {
        spdlog::debug("session {}: message not sent: {}", setup_->id,
                      to_string(ok.error()));
        break;
      }
    } while (!rest.empty());
  }
  while (security.next_datagram(buffer))
    setup_->send(buffer);
  spare_buffers::give(std::move(buffer));
}

void session::on_established() {
  up_ = true;
  told_ = clock().now(); // HEARTBEAT begins with that
  agent_.set_instant_answers(&beats_);
  setup_->established();
  const auto& who = setup_->security->peer();
  peer_.fingerprint = who.fingerprint;
  peer_.identity = identity_of(who);
  peer_.cdid = cdid_of(who);
  if (setup_->server) {
    auto found = setup_->customers.find(proven_names(who));
    if (found) {
      customer_ = *found;
      peer_.customer = customer_->name;
    } else {
      spdlog::warn("session {}: {} is no known customer: {}", setup_->id,
                   setup_->address, to_string(found.error()));
    }
  }
  setup_->security->forget_peer(); // what matters was copied
  auto role = setup_->server ? sig::heartbeat_role::server
                             : sig::heartbeat_role::client;
  heartbeat_ = spawn<heartbeat, caf::lazy_init>(where(), setup_->reactor,
                                                session_actor{this}, role,
                                                sig::heartbeats_of(values()));
  send(heartbeat_, atom::tick_v);
  spdlog::info("session {}: up with {} ({}) at {}, {}{}", setup_->id,
               peer_.customer.empty() ? "a stranger" : peer_.customer,
               peer_.identity, setup_->address, setup_->security->protocol(),
               setup_->security->resumed() ? ", resumed" : "");
  send(setup_->owner, atom::opened_v, session_opened{setup_->id, peer_},
       caf::actor_cast<caf::strong_actor_ptr>(this));
  use_values();
  if (setup_->server)
    restore_config();
  else
    negotiate(negotiator_->start(false, clock().now()));
}

void session::on_event(coap::agent_event& x) {
  if (auto* request = std::get_if<coap::incoming_request>(&x))
    on_request(*request);
  else if (auto* response = std::get_if<coap::response_received>(&x))
    on_response(*response);
  else if (auto* failed = std::get_if<coap::request_failed>(&x))
    on_failure(*failed);
  else if (auto* over = std::get_if<coap::observation_ended>(&x))
    on_observation_ended(over->id);
  else
    on_stream_end(std::get<coap::stream_ended>(x));
}

void session::on_stream_end(const coap::stream_ended& x) {
  if (x.orderly) {
    closing_ = true; // after the answers that are due (RFC 8323, 5.5)
    return;
  }
  flush(); // Abort says why
  setup_->security->close();
  end(session_end::failed, x.reason);
}

void session::say_goodbye(const std::string& why, session_end how) {
  if (ended_)
    return;
  if (up_) {
    agent_.release(clock().now());
    flush();
  }
  setup_->security->close();
  end(how, why);
}

void session::set_mode(const std::string& cuid, bool active) {
  bool before = !mitigating_.empty();
  if (active)
    mitigating_.insert(cuid);
  else
    mitigating_.erase(cuid);
  if (before == active && before == !mitigating_.empty())
    return;
  if (!setup_->server) {
    if (heartbeat_)
      send(heartbeat_, atom::mode_v, !mitigating_.empty());
    negotiator_->set_under_attack(!mitigating_.empty());
  }
  use_values();
}

/// Here and below anonymously: also between turns, when an actor has no unit
/// that runs it.
void session::note_traffic(time_point now) {
  heard_ = now;
  if (!std::exchange(proven_, true) && !setup_->server)
    caf::anon_send(setup_->owner, atom::heard_v, setup_->id);
}

/// Unless something else has told HEARTBEAT already.
void session::tell_traffic() {
  if (!heartbeat_ || heard_ - told_ < traffic_notice)
    return;
  told_ = heard_;
  caf::anon_send(heartbeat_, atom::traffic_v);
}

void session::end(session_end how, const std::string& why) {
  if (ended_)
    return;
  ended_ = true;
  bytes octets;
  while (setup_->security->next_datagram(octets)) // close_notify
    setup_->send(octets);
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
  if (!setup_->server)
    demonitor(setup_->owner.address());
  quit();
}

session_view session::view() const {
  auto now = clock().now();
  session_view x;
  x.id = setup_->id;
  x.side = setup_->server ? "server" : "client";
  x.peer = peer_.customer;
  x.address = setup_->address;
  x.identity = peer_.fingerprint.empty() ? peer_.identity : peer_.fingerprint;
  x.transport = setup_->security->protocol();
  x.state = ended_ ? "closed" : up_ ? "up" : "handshaking";
  using namespace std::chrono;
  x.age_s =
      static_cast<std::uint64_t>(duration_cast<seconds>(now - born_).count());
  x.idle_ms = static_cast<std::uint64_t>(
      duration_cast<milliseconds>(now - heard_).count());
  x.missed_heartbeats = missed_;
  x.peer_hears_us = peer_hears_us_;
  x.mitigating = !mitigating_.empty();
  x.resumed = setup_->security->resumed();
  x.redirected = redirect_.active;
  x.heartbeat_s =
      static_cast<std::uint32_t>(values().heartbeat_interval.count());
  x.missing_hb_allowed = values().missing_hb_allowed;
  x.sid = negotiator_ ? negotiator_->sid() : config_.sid();
  x.observations = agent_.observations();
  const auto& n = agent_.counters();
  x.requests_in = n.requests;
  x.requests_out = n.responses + n.timeouts;
  return x;
}

} // namespace tocsin::actors
