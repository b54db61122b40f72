#include "protocol/coap/stream_client.hpp"

#include "protocol/coap/option_rules.hpp"

namespace tocsin::protocol::coap {

exchange_id stream_client::send(const outgoing_request& request,
                                time_point now) {
  if (request.same_token)
    return send_again(request);
  const auto id = fresh_id();
  if (shared_.over || shared_.releasing) {
    report(id, failure_reason::reset);
    return id;
  }
  if (waiting_ >= shared_.bounds.exchanges) {
    report(id, failure_reason::overload);
    return id;
  }
  if (!post(request, id)) {
    report(id, failure_reason::too_large);
    return id;
  }
  const auto deadline = now + request.deadline.value_or(stream_deadline);
  open_[id] = {now, deadline, true, request.keep_open};
  ++waiting_;
  shared_.timers.set({deadline, timer::exchange, id});
  return id;
}

/// Only the first response of an exchange is waited for, so that there is no
/// deadline to be set here.
exchange_id stream_client::send_again(const outgoing_request& request) {
  const auto i = open_.find(*request.same_token);
  if (i == open_.end() || !i->second.keep_open) {
    const auto id = fresh_id();
    report(id,
           shared_.over ? failure_reason::reset : failure_reason::cancelled);
    return id;
  }
  const auto id = i->first;
  if (!post(request, id))
    fail(i, failure_reason::too_large);
  return id;
}

bool stream_client::post(const outgoing_request& request, exchange_id id) {
  const auto bare = request.code == code::get || request.code == code::del;
  return is_request(request.code)
         && shared_.post(request.code, token{id}, request.options,
                         bare ? byte_view{} : byte_view{request.payload});
}

exchange_id stream_client::fresh_id() {
  auto id = shared_.random();
  while (open_.contains(id))
    ++id;
  return id;
}

void stream_client::cancel(exchange_id id) {
  const auto i = open_.find(id);
  if (i == open_.end())
    return;
  if (i->second.waiting)
    fail(i, failure_reason::cancelled);
  else
    close(i);
}

// Nobody waits for a response whose token is unknown, for instance after
// `cancel`; a stream has no RST to say so.
void stream_client::on_response(message& x, time_point now) {
  const auto i = x.token.size() == token::max_size ? open_.find(x.token.key())
                                                   : open_.end();
  if (i == open_.end()) {
    ++shared_.counters.unexpected;
    return;
  }
  if (!check_response(x)) {
    fail(i, failure_reason::bad_response);
    return;
  }
  ++shared_.counters.responses;
  auto& y = i->second;
  response_received answer{
      i->first, x.code,    std::move(x.options), std::move(x.payload),
      {},       !y.waiting};
  if (y.waiting)
    answer.rtt = now - y.sent;
  if (y.keep_open)
    stop_waiting(i);
  else
    close(i);
  shared_.events.push(std::move(answer));
}

void stream_client::on_timer(exchange_id id) {
  if (const auto i = open_.find(id); i != open_.end() && i->second.waiting)
    fail(i, failure_reason::timeout);
}

void stream_client::fail_all() {
  while (!open_.empty())
    fail(open_.begin(), failure_reason::reset);
}

void stream_client::stop_waiting(table::iterator i) {
  auto& x = i->second;
  if (!x.waiting)
    return;
  x.waiting = false;
  --waiting_;
  shared_.timers.clear({x.deadline, timer::exchange, i->first});
}

void stream_client::close(table::iterator i) {
  stop_waiting(i);
  open_.erase(i);
}

void stream_client::fail(table::iterator i, failure_reason reason) {
  const auto id = i->first;
  close(i);
  report(id, reason);
}

void stream_client::report(exchange_id id, failure_reason reason) {
  if (reason == failure_reason::timeout)
    ++shared_.counters.timeouts;
  shared_.events.push(request_failed{id, reason});
}

} // namespace tocsin::protocol::coap
