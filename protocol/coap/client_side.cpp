#include "protocol/coap/client_side.hpp"

#include "protocol/coap/option_rules.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

exchange_id client_side::send(outgoing_request request, time_point now) {
  const auto id = fresh_id();
  if (open_.size() >= shared_.bounds.exchanges) {
    report(id, failure_reason::overload);
    return id;
  }
  exchange x;
  x.confirmable = request.type != type::non;
  x.urgent = request.urgent;
  x.attempts = std::max(request.repeat.attempts, 1u);
  x.interval = std::max(request.repeat.interval, shared_.values.non_interval);
  x.deadline = now
               + request.deadline.value_or(
                   x.confirmable ? shared_.values.exchange_lifetime()
                                 : x.interval * x.attempts);
  if (request.code == code::get || request.code == code::del)
    request.payload.clear();
  bytes datagram;
  const header head{1, x.confirmable ? type::con : type::non, 0, request.code,
                    0};
  if (!is_request(request.code)
      || !serialise(head, token{id}, request.options, request.payload, datagram)
      || datagram.size() > shared_.bounds.message_size) {
    report(id, failure_reason::too_large);
    return id;
  }
  start(id, open_[id] = std::move(x), std::move(datagram), now);
  return id;
}

void client_side::cancel(exchange_id id, time_point now) {
  if (open_.contains(id))
    fail(id, failure_reason::cancelled, now);
}

exchange_id client_side::fresh_id() {
  auto id = shared_.random();
  while (id == transmitter::nobody || open_.contains(id))
    ++id;
  return id;
}

void client_side::start(exchange_id id, exchange& x, bytes datagram,
                        time_point now) {
  if (!x.confirmable) {
    x.datagram = std::move(datagram);
    arm(id, x, x.deadline);
    send_or_hold(id, x, now);
    return;
  }
  arm(id, x, x.deadline);
  if (!confirmables_.submit(std::move(datagram), id, now))
    fail(id, failure_reason::overload, now);
}

// Repeats of a NON are copies with new message ids, since the peer drops what
// it has seen and answers no second time (RFC 7252, Section 4.5).
void client_side::send_or_hold(exchange_id id, exchange& x, time_point now) {
  if (x.urgent || (gate_.open(now) && held_.empty())) {
    send_copy(id, x, now);
    return;
  }
  ++shared_.counters.held;
  x.held = true;
  held_.push(id);
  arm(id, x, x.deadline);
  arm_probe_timer();
}

void client_side::send_copy(exchange_id id, exchange& x, time_point now) {
  const auto next = std::min(now + x.interval, x.deadline);
  const auto mid = shared_.fresh_mid(now);
  if (!mid) {
    arm(id, x, next);
    return;
  }
  if (x.copies++ == 0) {
    x.first_sent = now;
  } else {
    ++shared_.counters.repeats;
    non_mids_.erase(x.mid);
  }
  arm(id, x, x.copies < x.attempts ? next : x.deadline);
  x.mid = *mid;
  non_mids_[*mid] = id;
  set_mid(x.datagram, *mid);
  shared_.send(x.datagram);
  if (!x.urgent)
    gate_.on_sent(x.datagram.size() + shared_.values.record_overhead,
                  shared_.values.probing_rate, now);
}

void client_side::on_heard(time_point now) {
  gate_.on_heard(now);
  if (!held_.empty())
    release_held(now);
}

void client_side::release_held(time_point now) {
  disarm_probe_timer();
  while (gate_.open(now)) {
    const auto id = held_.pop();
    if (!id)
      return;
    const auto i = open_.find(*id);
    i->second.held = false;
    send_copy(*id, i->second, now);
  }
  arm_probe_timer();
}

void client_side::arm(exchange_id id, exchange& x, time_point due) {
  if (x.due)
    shared_.timers.clear({*x.due, timer::exchange, id});
  x.due = due;
  shared_.timers.set({due, timer::exchange, id});
}

void client_side::arm_probe_timer() {
  disarm_probe_timer();
  if (held_.empty())
    return;
  probe_due_ = gate_.opens();
  shared_.timers.set({*probe_due_, timer::probe, 0});
}

void client_side::disarm_probe_timer() {
  if (probe_due_)
    shared_.timers.clear({*probe_due_, timer::probe, 0});
  probe_due_.reset();
}

void client_side::on_response(message& x, time_point now) {
  const auto i = find(x);
  if (i == open_.end()) {
    on_unexpected(x, now);
    return;
  }
  const auto id = i->first;
  if (!check_response(x)) {
    if (x.type == type::con)
      shared_.send_empty(type::rst, x.mid);
    fail(id, failure_reason::bad_response, now);
    return;
  }
  acknowledge(x, now);
  const auto done = close(i, now);
  ++shared_.counters.responses;
  response_received answer{
      id, x.code, std::move(x.options), std::move(x.payload), {}};
  if (done.copies == 1)
    answer.rtt = now - done.first_sent;
  shared_.events.push(std::move(answer));
}

/// By token; a piggybacked response must also carry the message id of the
/// request (RFC 7252, Section 5.3.2).
client_side::table::iterator client_side::find(const message& x) {
  if (x.token.size() != token::max_size)
    return open_.end();
  const auto i = open_.find(x.token.key());
  if (i != open_.end() && x.type == type::ack
      && !confirmables_.in_flight(x.mid, i->first))
    return open_.end();
  return i;
}

void client_side::acknowledge(const message& x, time_point now) {
  if (x.type == type::ack)
    return;
  const dedup::key key{x.mid, true};
  const auto reply =
      x.type == type::con ? shared_.send_empty(type::ack, x.mid) : byte_view{};
  if (!shared_.seen.find(key, now))
    shared_.seen.insert(key, now, now + shared_.lifetime(x.type));
  shared_.seen.set_reply(key, reply);
}

void client_side::on_unexpected(const message& x, time_point now) {
  if (x.type == type::ack) {
    ++shared_.counters.unexpected;
    return;
  }
  if (const auto reply = shared_.seen.find({x.mid, true}, now)) {
    ++shared_.counters.duplicates;
    if (x.type == type::con && !reply->empty())
      shared_.send(*reply);
    return;
  }
  ++shared_.counters.unexpected;
  if (x.type == type::non && was_repeated(x))
    return;
  shared_.send_empty(type::rst, x.mid);
}

bool client_side::was_repeated(const message& x) const {
  return x.token.size() == token::max_size
         && std::ranges::find(late_, x.token.key()) != late_.end();
}

void client_side::on_ack(std::uint16_t mid, time_point now) {
  const auto sent = confirmables_.finish(mid, now);
  if (!sent || sent->owner == transmitter::nobody)
    return;
  // The response comes separately, before the deadline.
  if (const auto i = open_.find(sent->owner); i != open_.end()) {
    i->second.copies = sent->copies;
    i->second.first_sent = sent->first_sent;
  }
}

void client_side::on_reset(std::uint16_t mid, time_point now) {
  if (const auto sent = confirmables_.finish(mid, now)) {
    if (sent->owner != transmitter::nobody)
      fail(sent->owner, failure_reason::reset, now);
    return;
  }
  if (const auto i = non_mids_.find(mid); i != non_mids_.end())
    fail(i->second, failure_reason::reset, now);
}

void client_side::on_timer(exchange_id id, time_point now) {
  const auto i = open_.find(id);
  if (i == open_.end())
    return;
  auto& x = i->second;
  x.due.reset();
  if (now >= x.deadline || x.confirmable || x.held)
    fail(id, failure_reason::timeout, now);
  else
    send_or_hold(id, x, now);
}

void client_side::on_confirmable_timer(std::uint16_t mid, time_point now) {
  const auto given_up = confirmables_.on_timer(mid, now);
  if (given_up && given_up->owner != transmitter::nobody)
    fail(given_up->owner, failure_reason::timeout, now);
}

void client_side::on_probe_timer(time_point now) {
  probe_due_.reset();
  release_held(now);
}

client_side::exchange client_side::close(table::iterator i, time_point now) {
  const auto id = i->first;
  auto x = std::move(i->second);
  open_.erase(i);
  if (x.due)
    shared_.timers.clear({*x.due, timer::exchange, id});
  if (x.held) {
    held_.remove_if([&](exchange_id other) { return other == id; });
    arm_probe_timer();
  }
  if (!x.confirmable && x.copies > 0)
    non_mids_.erase(x.mid);
  if (x.confirmable) {
    if (const auto sent = confirmables_.finish_owner(id, now)) {
      x.copies = sent->copies;
      x.first_sent = sent->first_sent;
    }
  }
  if (x.copies > 1) {
    late_[next_late_] = id;
    next_late_ = (next_late_ + 1) % late_.size();
  }
  return x;
}

void client_side::fail(exchange_id id, failure_reason reason, time_point now) {
  const auto i = open_.find(id);
  if (i == open_.end())
    return;
  close(i, now);
  report(id, reason);
}

void client_side::report(exchange_id id, failure_reason reason) {
  if (reason == failure_reason::timeout)
    ++shared_.counters.timeouts;
  shared_.events.push(request_failed{id, reason});
}

} // namespace tocsin::protocol::coap
