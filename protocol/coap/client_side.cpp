#include "protocol/coap/client_side.hpp"

#include "protocol/coap/option_rules.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

exchange_id client_side::send(outgoing_request request, time_point now) {
  if (request.same_token) {
    const auto id = *request.same_token;
    send_again(id, std::move(request), now);
    return id;
  }
  const auto id = fresh_id();
  if (open_.size() >= shared_.bounds.exchanges) {
    report(id, failure_reason::overload);
    return id;
  }
  bytes datagram;
  if (!encode(id, request, datagram)) {
    report(id, failure_reason::too_large);
    return id;
  }
  auto& x = open_[id];
  x.keep_open = request.keep_open;
  schedule(x, request, now);
  start(id, x, std::move(datagram), now);
  return id;
}

/// One more request in an exchange that is kept open. It takes the place of
/// what may be on its way there.
void client_side::send_again(exchange_id id, outgoing_request request,
                             time_point now) {
  const auto i = open_.find(id);
  if (i == open_.end() || !i->second.keep_open) {
    report(id, failure_reason::cancelled);
    return;
  }
  bytes datagram;
  if (!encode(id, request, datagram)) {
    fail(id, failure_reason::too_large, now);
    return;
  }
  auto& x = i->second;
  settle(id, x, now);
  set_resting(x, false);
  schedule(x, request, now);
  start(id, x, std::move(datagram), now);
}

bool client_side::encode(exchange_id id, outgoing_request& request,
                         bytes& out) const {
  if (request.code == code::get || request.code == code::del)
    request.payload.clear();
  const header head{1, request.type == type::non ? type::non : type::con, 0,
                    request.code, 0};
  return is_request(request.code)
         && serialise(head, token{id}, request.options, request.payload, out)
         && out.size() <= shared_.bounds.message_size;
}

void client_side::schedule(exchange& x, const outgoing_request& request,
                           time_point now) {
  x.confirmable = request.type != type::non;
  x.urgent = request.urgent;
  x.copies = 0;
  x.attempts = std::max(request.repeat.attempts, 1u);
  x.interval = std::max(request.repeat.interval, shared_.values.non_interval);
  x.deadline = now
               + request.deadline.value_or(
                   x.confirmable ? shared_.values.exchange_lifetime()
                                 : x.interval * x.attempts);
}

void client_side::cancel(exchange_id id, time_point now) {
  const auto i = open_.find(id);
  if (i == open_.end())
    return;
  const auto answered = i->second.answered;
  close(i, now);
  if (!answered)
    report(id, failure_reason::cancelled);
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
  const auto& open = i->second;
  if (open.answered && x.type != type::ack && repeat_reply(x, now))
    return;
  if (!check_response(x)) {
    if (x.type == type::con)
      shared_.send_empty(type::rst, x.mid);
    fail(i->first, failure_reason::bad_response, now);
    return;
  }
  acknowledge(x, now);
  deliver(i, x, now);
}

// Only a response that can belong to no other copy tells the round-trip time;
// one in an exchange that had a response before may be a notification.
void client_side::deliver(table::iterator i, message& x, time_point now) {
  const auto id = i->first;
  auto& open = i->second;
  settle(id, open, now);
  ++shared_.counters.responses;
  response_received answer{
      id, x.code, std::move(x.options), std::move(x.payload), {}, false};
  answer.further = open.answered;
  if (open.copies == 1 && !open.answered)
    answer.rtt = now - open.first_sent;
  if (open.keep_open) {
    open.answered = true;
    set_resting(open, true);
  } else {
    close(i, now);
  }
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
  if (repeat_reply(x, now))
    return;
  ++shared_.counters.unexpected;
  if (x.type == type::non && was_repeated(x))
    return;
  shared_.send_empty(type::rst, x.mid);
}

/// Has this response come before? Then its acknowledgement goes again.
bool client_side::repeat_reply(const message& x, time_point now) {
  const auto reply = shared_.seen.find({x.mid, true}, now);
  if (!reply)
    return false;
  ++shared_.counters.duplicates;
  if (x.type == type::con && !reply->empty())
    shared_.send(*reply);
  return true;
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

/// Ends the sending: nothing of the exchange is on its way any more.
void client_side::settle(exchange_id id, exchange& x, time_point now) {
  if (x.due)
    shared_.timers.clear({*x.due, timer::exchange, id});
  x.due.reset();
  if (x.held) {
    held_.remove_if([&](exchange_id other) { return other == id; });
    x.held = false;
    arm_probe_timer();
  }
  if (const auto i = non_mids_.find(x.mid);
      i != non_mids_.end() && i->second == id)
    non_mids_.erase(i);
  if (x.confirmable) {
    if (const auto sent = confirmables_.finish_owner(id, now)) {
      x.copies = sent->copies;
      x.first_sent = sent->first_sent;
    }
  }
  x.datagram = {};
}

void client_side::set_resting(exchange& x, bool resting) {
  if (x.resting != resting)
    resting ? ++resting_ : --resting_;
  x.resting = resting;
}

// A late response to an exchange that was kept open may be a notification,
// which only a RST ends (RFC 7641, Section 3.6).
void client_side::close(table::iterator i, time_point now) {
  const auto id = i->first;
  settle(id, i->second, now);
  set_resting(i->second, false);
  if (i->second.copies > 1 && !i->second.keep_open) {
    late_[next_late_] = id;
    next_late_ = (next_late_ + 1) % late_.size();
  }
  open_.erase(i);
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
