#include "protocol/coap/endpoint.hpp"

#include "protocol/coap/client_side.hpp"
#include "protocol/coap/server_side.hpp"

namespace tocsin::protocol::coap {

response diagnostic(code x, std::string_view text) {
  const auto octets = as_octets(text);
  return {x, {}, {octets.begin(), octets.end()}};
}

std::string_view to_string(failure_reason x) noexcept {
  switch (x) {
  case failure_reason::timeout:
    return "timeout";
  case failure_reason::reset:
    return "reset";
  case failure_reason::cancelled:
    return "cancelled";
  case failure_reason::bad_response:
    return "bad_response";
  case failure_reason::too_large:
    return "too_large";
  case failure_reason::overload:
    return "overload";
  }
  return "unknown";
}

/// The parts hold references to each other, so they live on the heap and the
/// endpoint can be moved.
struct endpoint::state {
  state(const parameters& values, random_source random, const limits& bounds)
      : shared{values, std::move(random), bounds} {}

  void receive(byte_view datagram, time_point now);
  bool answer_at_once(const header& head, byte_view datagram, time_point now);
  void dispatch(message& x, time_point now);
  void on_time(time_point now);

  context shared;
  transmitter confirmables{shared};
  client_side client{shared, confirmables};
  server_side server{shared, confirmables};
  instant_answers* instant = nullptr;
};

void endpoint::state::receive(byte_view datagram, time_point now) {
  auto& counters = shared.counters;
  ++counters.received;
  const auto head = peek_header(datagram);
  if (!head || head->version != 1) {
    ++counters.malformed;
    return;
  }
  if (answer_at_once(*head, datagram, now))
    return;
  client.on_heard(now);
  auto x = parse(datagram);
  if (x) {
    dispatch(*x, now);
    return;
  }
  ++counters.malformed;
  if (head->type == type::con)
    shared.send_empty(type::rst, head->mid);
}

// What is recognised changes no deadline, so that its owner need not look;
// hence not while requests of ours wait for a sign of life.
bool endpoint::state::answer_at_once(const header& head, byte_view datagram,
                                     time_point now) {
  if (!instant || client.holds_requests()
      || (head.type != type::con && head.type != type::non))
    return false;
  const auto token_octets = token_of(head, datagram);
  if (!token_octets)
    return false;
  const auto content = datagram.subspan(
      static_cast<std::size_t>(token_octets->end() - datagram.begin()));
  if (!instant->recognises(head.code, content))
    return false;
  client.on_heard(now);
  server.answer_at_once(head, token{*token_octets}, *instant, content, now);
  return true;
}

// Messages that fit nowhere: a CON must be rejected, a NON may be ignored,
// ACK and RST are never answered (RFC 7252, Sections 4.2 and 4.3).
void endpoint::state::dispatch(message& x, time_point now) {
  const auto is_con_or_non = x.type == type::con || x.type == type::non;
  if (x.type == type::rst && x.code == code::empty) {
    ++shared.counters.resets_received;
    if (!server.on_reset(x.mid, now))
      client.on_reset(x.mid, now);
  } else if (x.type == type::ack && x.code == code::empty) {
    client.on_ack(x.mid, now);
  } else if (x.type != type::rst && is_response(x.code)) {
    client.on_response(x, now);
  } else if (is_con_or_non && is_request(x.code)) {
    server.on_request(x, now);
  } else {
    if (x.type != type::con || x.code != code::empty)
      ++shared.counters.malformed; // all but a ping
    if (x.type == type::con)
      shared.send_empty(type::rst, x.mid);
  }
}

void endpoint::state::on_time(time_point now) {
  while (const auto due = shared.timers.pop_due(now)) {
    switch (due->kind) {
    case timer::exchange:
      client.on_timer(due->id, now);
      break;
    case timer::confirmable:
      client.on_confirmable_timer(static_cast<std::uint16_t>(due->id), now);
      break;
    case timer::separate:
      server.on_timer(due->id);
      break;
    case timer::probe:
      client.on_probe_timer(now);
      break;
    }
  }
}

endpoint::endpoint(parameters values, random_source random, limits bounds)
    : state_{std::make_unique<state>(values, std::move(random), bounds)} {}

endpoint::~endpoint() = default;
endpoint::endpoint(endpoint&&) noexcept = default;
endpoint& endpoint::operator=(endpoint&&) noexcept = default;

void endpoint::receive(byte_view datagram, time_point now) {
  state_->receive(datagram, now);
}

exchange_id endpoint::send_request(outgoing_request request, time_point now) {
  return state_->client.send(std::move(request), now);
}

void endpoint::cancel(exchange_id id, time_point now) {
  state_->client.cancel(id, now);
}

void endpoint::respond(request_id id, const response& answer, time_point now) {
  state_->server.respond(id, answer, now);
}

void endpoint::drop(request_id id, time_point now) {
  state_->server.drop(id, now);
}

notification_id endpoint::notify(const token& to, const response& what,
                                 time_point now) {
  return state_->server.notify(to, what, now);
}

std::optional<event> endpoint::next_event() {
  return state_->shared.events.pop();
}

bool endpoint::next_datagram(bytes& out) {
  return state_->shared.out.take(out);
}

std::optional<time_point> endpoint::next_deadline() const {
  return state_->shared.timers.next();
}

void endpoint::on_time(time_point now) {
  state_->on_time(now);
}

void endpoint::set_parameters(const parameters& values) {
  state_->shared.values = clamped(values);
}

const parameters& endpoint::current_parameters() const noexcept {
  return state_->shared.values;
}

const endpoint_counters& endpoint::counters() const noexcept {
  return state_->shared.counters;
}

std::size_t endpoint::pending_requests() const noexcept {
  return state_->server.size();
}

std::size_t endpoint::open_exchanges() const noexcept {
  return state_->client.size();
}

void endpoint::set_instant_answers(instant_answers* by) {
  state_->instant = by;
}

std::size_t endpoint::max_message() const noexcept {
  return state_->shared.bounds.message_size;
}

} // namespace tocsin::protocol::coap
