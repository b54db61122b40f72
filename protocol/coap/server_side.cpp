#include "protocol/coap/server_side.hpp"

namespace tocsin::protocol::coap {

void server_side::on_request(message& x, time_point now) {
  if (is_duplicate(x.type, x.mid, now))
    return;
  if (const auto why = check_request(x)) {
    ++shared_.counters.refused;
    refuse(x, *why, now);
    return;
  }
  if (size() >= shared_.bounds.pending_requests) {
    ++shared_.counters.overloaded;
    auto answer = diagnostic(code::unavailable, "too many requests at once");
    answer.options.add_uint(option::max_age, busy_max_age);
    reply({.type = x.type, .mid = x.mid, .token = x.token, .separate_at = {}},
          answer, now);
    return;
  }
  ++shared_.counters.requests;
  const auto id = take(x, now);
  shared_.events.push(incoming_request{
      id, x.type, x.code, x.token, std::move(x.options), std::move(x.payload)});
}

/// Answers a duplicate as it was answered before; remembers what is none.
bool server_side::is_duplicate(type kind, std::uint16_t mid, time_point now) {
  const dedup::key key{mid, false};
  if (const auto reply = shared_.seen.find(key, now)) {
    ++shared_.counters.duplicates;
    if (kind == type::con && !reply->empty())
      shared_.send(*reply);
    return true;
  }
  shared_.seen.insert(key, now, now + shared_.lifetime(kind));
  return false;
}

void server_side::answer_at_once(const header& head, const token& id,
                                 instant_answers& by, byte_view content,
                                 time_point now) {
  if (is_duplicate(head.type, head.mid, now))
    return;
  ++shared_.counters.requests;
  reply({.type = head.type, .mid = head.mid, .token = id, .separate_at = {}},
        {by.answer(content), {}, {}}, now);
}

void server_side::refuse(const message& x, const refusal& why, time_point now) {
  reply({.type = x.type, .mid = x.mid, .token = x.token, .separate_at = {}},
        diagnostic(why.code, why.detail), now);
}

void server_side::respond(request_id id, const response& answer,
                          time_point now) {
  auto* x = find(id);
  if (!x)
    return;
  reply(*x, answer, now);
  release(id, *x);
}

void server_side::drop(request_id id, time_point) {
  auto* x = find(id);
  if (!x)
    return;
  if (x->type == type::con && !x->acknowledged)
    shared_.seen.set_reply({x->mid, false},
                           shared_.send_empty(type::ack, x->mid));
  release(id, *x);
}

// The id is remembered for as long as no other message of ours bears it.
notification_id server_side::notify(const token& to, const response& what,
                                    time_point now) {
  const auto id = notified_.fresh_id();
  const auto mid = shared_.fresh_mid(now);
  if (!mid)
    return id;
  build({1, type::non, 0, what.code, *mid}, to, what);
  shared_.send(shared_.scratch);
  ++shared_.counters.notifications;
  notified_.remember({*mid, id, to, now + shared_.values.exchange_lifetime()});
  return id;
}

bool server_side::on_reset(std::uint16_t mid, time_point now) {
  const auto sent = notified_.take(mid, now);
  if (!sent)
    return false;
  shared_.events.push(notification_rejected{sent->id, sent->to});
  return true;
}

void server_side::on_timer(request_id id) {
  auto* x = find(id);
  if (!x || x->acknowledged)
    return;
  x->acknowledged = true;
  shared_.seen.set_reply({x->mid, false},
                         shared_.send_empty(type::ack, x->mid));
}

request_id server_side::take(const message& x, time_point now) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto index = free_.back();
  free_.pop_back();
  auto& y = slots_[index];
  const auto id = request_id{++y.uses} << 32 | index;
  y.taken = true;
  y.acknowledged = false;
  y.type = x.type;
  y.mid = x.mid;
  y.token = x.token;
  if (x.type == type::con) {
    y.separate_at = now + shared_.values.separate_after;
    shared_.timers.set({y.separate_at, timer::separate, id});
  }
  return id;
}

server_side::slot* server_side::find(request_id id) {
  const auto index = static_cast<std::uint32_t>(id);
  if (index >= slots_.size())
    return nullptr;
  auto& x = slots_[index];
  return x.taken && x.uses == id >> 32 ? &x : nullptr;
}

void server_side::release(request_id id, slot& x) {
  if (x.type == type::con && !x.acknowledged)
    shared_.timers.clear({x.separate_at, timer::separate, id});
  x.taken = false;
  free_.push_back(static_cast<std::uint32_t>(id));
}

// Once an empty ACK has left, no other ACK may carry the response (RFC 7252,
// Section 5.2.2).
void server_side::reply(const slot& x, const response& answer, time_point now) {
  if (x.type == type::con && !x.acknowledged) {
    build({1, type::ack, 0, answer.code, x.mid}, x.token, answer);
    shared_.send(shared_.scratch);
    shared_.seen.set_reply({x.mid, false}, shared_.scratch);
  } else if (x.type == type::con) {
    build({1, type::con, 0, answer.code, 0}, x.token, answer);
    if (!confirmables_.submit(shared_.scratch, transmitter::nobody, now))
      ++shared_.counters.lost;
  } else if (const auto mid = shared_.fresh_mid(now)) {
    build({1, type::non, 0, answer.code, *mid}, x.token, answer);
    shared_.send(shared_.scratch);
  }
}

/// Serialises into the scratch buffer; an answer that cannot be sent becomes
/// an error that can.
bool server_side::build(const header& head, const token& id,
                        const response& answer) {
  auto& out = shared_.scratch;
  out.clear();
  if (is_response(answer.code)
      && serialise(head, id, answer.options, answer.payload, out)
      && out.size() <= shared_.bounds.message_size)
    return true;
  out.clear();
  auto instead = head;
  instead.code = code::internal;
  return bool{serialise(instead, id, {},
                        as_octets("the response does not fit into a message"),
                        out)};
}

} // namespace tocsin::protocol::coap
