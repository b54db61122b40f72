#include "protocol/coap/stream_endpoint.hpp"

#include "protocol/coap/stream_client.hpp"
#include "protocol/coap/stream_signals.hpp"

namespace tocsin::protocol::coap {

struct stream_endpoint::state {
  state(const parameters& values, random_source random, time_point now,
        const limits& bounds, stream_limits stream)
      : shared{values, std::move(random), bounds, stream},
        signals{shared, server, now}, reader{shared.message_size} {
    signals.introduce();
  }

  void receive(byte_view octets, time_point now);
  void on_frame(byte_view frame, time_point now);
  void dispatch(message& x, time_point now);
  void refuse(std::string_view why);
  void on_time(time_point now);
  void settle();

  stream_context shared;
  stream_client client{shared};
  stream_server server{shared};
  stream_signals signals;
  frame_reader reader;
  notification_id next_notification = 1;
};

void stream_endpoint::state::receive(byte_view octets, time_point now) {
  while (!shared.over) {
    const auto frame = reader.next(octets);
    if (!frame)
      refuse(frame.error().code == ec::too_large
                 ? "the message exceeds Max-Message-Size"
                 : "the token length is reserved");
    else if (*frame)
      on_frame(**frame, now);
    else
      break;
  }
}

void stream_endpoint::state::on_frame(byte_view frame, time_point now) {
  ++shared.counters.received;
  auto x = parse_frame(frame);
  if (x)
    dispatch(*x, now);
  else if (x.error().code == ec::too_large)
    refuse("the message has too many options");
  else
    refuse("the message is malformed (" + x.error().where + ')');
}

void stream_endpoint::state::dispatch(message& x, time_point now) {
  constexpr unsigned signaling_class = 7;
  if (x.code == code::empty)
    return; // a keep-alive (RFC 8323, Section 3.4)
  if (class_of(x.code) == signaling_class)
    signals.on_signal(x);
  else if (!signals.introduced())
    shared.abort("the first message is not a CSM");
  else if (is_request(x.code))
    server.on_request(x);
  else if (is_response(x.code))
    client.on_response(x, now);
  else
    refuse("code " + code_string(x.code) + " is reserved");
}

/// A message format error (RFC 8323, Section 5.6).
void stream_endpoint::state::refuse(std::string_view why) {
  ++shared.counters.malformed;
  shared.abort(why);
}

void stream_endpoint::state::on_time(time_point now) {
  signals.on_time(now);
  while (const auto due = shared.timers.pop_due(now))
    client.on_timer(due->id);
}

/// What has ended the stream may have been deep within a part, so that the
/// parts learn of it afterwards.
void stream_endpoint::state::settle() {
  if (!shared.over)
    return;
  client.fail_all();
  server.clear();
}

stream_endpoint::stream_endpoint(parameters values, random_source random,
                                 time_point now, limits bounds,
                                 stream_limits stream)
    : state_{std::make_unique<state>(values, std::move(random), now, bounds,
                                     stream)} {}

stream_endpoint::~stream_endpoint() = default;

void stream_endpoint::receive(byte_view octets, time_point now) {
  state_->receive(octets, now);
  state_->settle();
}

exchange_id stream_endpoint::send_request(outgoing_request request,
                                          time_point now) {
  const auto id = state_->client.send(request, now);
  state_->settle();
  return id;
}

void stream_endpoint::cancel(exchange_id id, time_point) {
  state_->client.cancel(id);
}

void stream_endpoint::respond(request_id id, const response& answer,
                              time_point) {
  state_->server.respond(id, answer);
  state_->settle();
}

void stream_endpoint::drop(request_id id, time_point) {
  state_->server.drop(id);
  state_->settle();
}

notification_id stream_endpoint::notify(const token& to, const response& what,
                                        time_point) {
  const auto id = state_->next_notification++;
  state_->server.notify(to, what);
  state_->settle();
  return id;
}

std::optional<event> stream_endpoint::next_event() {
  return state_->shared.events.pop();
}

bool stream_endpoint::next_datagram(bytes& out) {
  return state_->shared.out.take(out);
}

std::optional<time_point> stream_endpoint::next_deadline() const {
  const auto csm = state_->signals.deadline();
  const auto exchange = state_->shared.timers.next();
  return csm && exchange ? std::min(*csm, *exchange) : csm ? csm : exchange;
}

void stream_endpoint::on_time(time_point now) {
  state_->on_time(now);
  state_->settle();
}

void stream_endpoint::set_parameters(const parameters& values) {
  state_->shared.values = clamped(values);
}

const parameters& stream_endpoint::current_parameters() const noexcept {
  return state_->shared.values;
}

const endpoint_counters& stream_endpoint::counters() const noexcept {
  return state_->shared.counters;
}

std::size_t stream_endpoint::pending_requests() const noexcept {
  return state_->server.size();
}

std::size_t stream_endpoint::open_exchanges() const noexcept {
  return state_->client.waiting();
}

std::size_t stream_endpoint::max_message() const noexcept {
  return state_->shared.largest();
}

bool stream_endpoint::bert() const noexcept {
  return state_->shared.peer_block_wise
         && state_->shared.peer_message_size > base_message_size;
}

void stream_endpoint::release(time_point) {
  state_->signals.release();
  state_->settle();
}

} // namespace tocsin::protocol::coap
