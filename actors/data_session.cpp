#include "actors/data_session.hpp"

#include "actors/identity.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace tocsin::actors {

namespace {

/// For the SUPERVISOR to find, or to start, a DATASTORE.
constexpr std::chrono::seconds lookup_patience{10};

/// Of concern to a connection only (RFC 9110, Section 7.6.1), or dealt with.
constexpr std::array<std::string_view, 11> of_connection{"connection",
                                                         "content-length",
                                                         "expect",
                                                         "keep-alive",
                                                         "te",
                                                         "trailer",
                                                         "upgrade",
                                                         "proxy-authenticate",
                                                         "http2-settings",
                                                         "proxy-connection",
                                                         "transfer-encoding"};

/// Seconds after which to try again.
constexpr unsigned soon = 1;

struct restconf_error {
  std::string_view type; // RFC 8040, Section 7.1
  std::string_view tag;  // RFC 8040, Section 7, or the nearest of RFC 6241
};

restconf_error error_of(unsigned status) {
  switch (status) {
  case 400:
    return {"protocol", "malformed-message"};
  case 401:
  case 403:
    return {"protocol", "access-denied"};
  case 413:
  case 414:
  case 431:
    return {"transport", "too-big"};
  case 417:
  case 501:
  case 505:
    return {"transport", "operation-not-supported"};
  case 429:
  case 503:
    return {"transport", "resource-denied"};
  default:
    return {"transport", "operation-failed"};
  }
}

std::string json_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

void consider(std::optional<time_point>& due, std::optional<time_point> x) {
  if (x && (!due || *x < *due))
    due = x;
}

} // namespace

http_answer refuse_in_json(unsigned status, std::string_view detail) {
  auto [type, tag] = error_of(status);
  std::string text = R"({"ietf-restconf:errors":{"error":[{"error-type":")";
  text.append(type).append(R"(","error-tag":")").append(tag);
  text.append(R"(","error-message":")").append(json_text(detail));
  text += "\"}]}}";
  return {status,
          {{"content-type", "application/yang-data+json"},
           {"cache-control", "no-cache"}},
          std::move(text)};
}

data_session::data_session(caf::actor_config& cfg,
                           std::shared_ptr<data_session_setup> setup)
    : pinned{cfg, setup->where}, setup_{std::move(setup)},
      http_{setup_->limits.http, setup_->refuse,
            [this] { return setup_->clock.at(clock().now()); }, clock().now()},
      timer_{setup_->reactor}, born_{clock().now()}, heard_{born_} {
  peer_.address = setup_->address;
  peer_.session = setup_->id;
}

data_session::behavior_type data_session::make_behavior() {
  return {
      [this](atom::packet, const bytes& octets) { on_packet(octets); },
      [this](atom::tick) { on_tick(); },
      [this](atom::drained) {
        write_due_.reset();
        pump();
      },
      [this](atom::gone, const std::string& why) {
        setup_->forget = [] {};
        end(why);
      },
      [this](atom::status) { return view(); },
      [this](atom::finish, const std::string& why) { say_goodbye(why); },
  };
}

void data_session::on_exit() {
  timer_.stop();
  store_ = datastore_actor{};
  if (std::exchange(admitted_, false))
    setup_->admission->leave(peer_.customer);
}

void data_session::on_packet(const bytes& octets) {
  if (ended_)
    return;
  heard_ = clock().now();
  setup_->security->receive(octets, heard_);
  pump();
}

void data_session::on_tick() {
  timer_.rang();
  if (ended_)
    return;
  auto now = clock().now();
  setup_->security->on_time(now);
  if (write_due_ && now >= *write_due_)
    return end("the client does not take its answer");
  if (up_)
    http_.on_time(now);
  pump();
}

/// Moves everything as far as it goes: octets in, requests, octets out.
void data_session::pump() {
  if (ended_)
    return;
  auto& security = *setup_->security;
  using state = transports::secure_association::state;
  if (!up_ && security.current() == state::established)
    on_established();
  bytes octets;
  while (up_ && http_.wants_input() && security.next_plaintext(octets))
    http_.receive(octets, clock().now());
  take_requests();
  flush();
  if (ended_)
    return;
  if (security.current() == state::closed)
    return end(security.failure_reason().empty() ? "closed by the peer"
                                                 : security.failure_reason());
  if (http_.finished()) {
    security.close();
    return end("the last answer was given");
  }
  arm();
}

void data_session::arm() {
  auto due = setup_->security->next_deadline();
  if (up_)
    consider(due, http_.next_deadline());
  consider(due, write_due_);
  timer_.set(this, due);
}

void data_session::on_established() {
  up_ = true;
  setup_->established();
  const auto& who = setup_->security->peer();
  peer_.fingerprint = who.fingerprint;
  peer_.identity = identity_of(who);
  auto found = setup_->customers.find(proven_names(who));
  customer_known_ = static_cast<bool>(found);
  if (found)
    peer_.customer = (*found)->name;
  else
    spdlog::warn("data session {}: {} is no known customer: {}", setup_->id,
                 setup_->address, to_string(found.error()));
  admitted_ = setup_->admission->enter(peer_.customer);
  spdlog::info("data session {}: up with {} ({}) at {}, {}{}", setup_->id,
               customer_known_ ? peer_.customer : "a stranger", peer_.identity,
               setup_->address, setup_->security->protocol(),
               setup_->security->resumed() ? ", resumed" : "");
  send(setup_->owner, atom::opened_v, data_opened{setup_->id, peer_},
       caf::actor_cast<caf::strong_actor_ptr>(this));
}

void data_session::take_requests() {
  while (serving_ == 0 && !ended_) {
    auto next = http_.next_request();
    if (!next)
      return;
    on_request(*std::move(next));
  }
}

void data_session::on_request(incoming x) {
  ++requests_;
  serving_ = x.id;
  if (!admitted_) {
    http_.stop();
    return turn_away(503, "this customer has too many connections", soon);
  }
  if (!setup_->admission->admit(peer_.customer, clock().now()))
    return turn_away(429, "this customer makes too many requests", soon);
  if (!customer_known_)
    return turn_away(403, "the certificate belongs to no customer");
  call_ = {peer_, std::move(x.message)};
  for (auto name : of_connection)
    call_.request.fields.erase(name);
  forward(static_cast<bool>(store_));
}

/// `known`: the DATASTORE is one that served before, and may be gone.
void data_session::forward(bool known) {
  if (store_)
    return ask(known);
  auto id = serving_;
  request(setup_->owner, lookup_patience, atom::store_v, peer_.customer)
      .then(
          [this, id](caf::strong_actor_ptr& found) {
            if (id != serving_ || ended_)
              return;
            store_ = caf::actor_cast<datastore_actor>(std::move(found));
            ask(false);
          },
          [this, id](const caf::error& why) {
            if (id == serving_ && !ended_)
              on_store_failure(why, false);
          });
}

void data_session::ask(bool known) {
  auto id = serving_;
  request(store_, setup_->limits.answer, atom::serve_v, call_)
      .then(
          [this, id](http_answer& x) {
            if (id == serving_ && !ended_)
              answer(std::move(x));
          },
          [this, id, known](const caf::error& why) {
            if (id == serving_ && !ended_)
              on_store_failure(why, known);
          });
}

void data_session::on_store_failure(const caf::error& why, bool known) {
  store_ = datastore_actor{};
  // It ended before it saw the request: there may be another by now.
  if (known && why == caf::sec::request_receiver_down)
    return forward(false);
  auto failed = to_failure(why);
  spdlog::warn("data session {}: a request of {} failed: {}", setup_->id,
               peer_.customer, to_string(failed));
  if (failed.code == ec::timeout)
    turn_away(504, "the node did not answer in time");
  else if (failed.code == ec::internal)
    turn_away(500, "the node failed to serve this request");
  else
    turn_away(503, "the node cannot serve this request now", soon);
  pump();
}

/// Answers without the DATASTORE; `wait_s`: when to try again.
void data_session::turn_away(unsigned status, std::string_view detail,
                             unsigned wait_s) {
  ++refusals_;
  auto x = setup_->refuse(status, detail);
  if (wait_s > 0)
    x.fields.set("retry-after", std::to_string(wait_s));
  http_.answer(std::exchange(serving_, 0), std::move(x), clock().now());
  call_ = {};
}

void data_session::answer(http_answer x) {
  // RFC 8040, Section 5.5: every response says it.
  if (!x.fields.find("cache-control"))
    x.fields.add("cache-control", "no-cache");
  http_.answer(std::exchange(serving_, 0), std::move(x), clock().now());
  call_ = {};
  pump();
}

/// One piece at a time, so that what a client does not read waits here, in the
/// answer, and not a second time in the buffers of TLS and TCP.
void data_session::flush() {
  auto& security = *setup_->security;
  bytes octets;
  while (up_ && !write_due_ && http_.next_output(octets)) {
    if (auto sent = security.send(octets); !sent) {
      spdlog::debug("data session {}: nothing can be sent: {}", setup_->id,
                    to_string(sent.error()));
      break;
    }
    write_due_ = clock().now() + setup_->limits.write;
  }
  while (security.next_datagram(octets))
    setup_->send(octets);
}

void data_session::say_goodbye(const std::string& why) {
  if (ended_)
    return;
  http_.stop();
  if (up_ && !http_.finished())
    return pump();
  setup_->security->close();
  end(why);
}

void data_session::end(const std::string& why) {
  if (std::exchange(ended_, true))
    return;
  bytes octets;
  while (setup_->security->next_datagram(octets)) // close_notify
    setup_->send(octets);
  setup_->forget();
  if (up_)
    spdlog::info("data session {}: ended with {} after {} requests: {}",
                 setup_->id, setup_->address, requests_, why);
  else
    spdlog::debug("data session {}: no handshake with {}: {}", setup_->id,
                  setup_->address, why);
  send(setup_->owner, atom::gone_v, data_ended{setup_->id, why});
  quit();
}

session_view data_session::view() const {
  using namespace std::chrono;
  auto now = clock().now();
  session_view x;
  x.id = setup_->id;
  x.side = "server";
  x.peer = peer_.customer;
  x.address = setup_->address;
  x.identity = peer_.fingerprint.empty() ? peer_.identity : peer_.fingerprint;
  x.transport = "HTTPS, " + std::string{setup_->security->protocol()};
  x.state = ended_ ? "closed" : up_ ? "up" : "handshaking";
  x.age_s =
      static_cast<std::uint64_t>(duration_cast<seconds>(now - born_).count());
  x.idle_ms = static_cast<std::uint64_t>(
      duration_cast<milliseconds>(now - heard_).count());
  x.resumed = setup_->security->resumed();
  x.requests_in = requests_;
  return x;
}

} // namespace tocsin::actors
