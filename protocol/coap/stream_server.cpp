#include "protocol/coap/stream_server.hpp"

#include "protocol/coap/option_rules.hpp"

namespace tocsin::protocol::coap {

void stream_server::on_request(message& x) {
  if (const auto why = check_request(x)) {
    ++shared_.counters.refused;
    reply(x.token, diagnostic(why->code, why->detail));
    return;
  }
  if (pending_.size() >= shared_.bounds.pending_requests) {
    ++shared_.counters.overloaded;
    auto answer = diagnostic(code::unavailable, "too many requests at once");
    answer.options.add_uint(option::max_age, busy_max_age);
    reply(x.token, answer);
    return;
  }
  ++shared_.counters.requests;
  const auto id = next_id_++;
  pending_.emplace(id, x.token);
  shared_.events.push(incoming_request{id, type::con, x.code, x.token,
                                       std::move(x.options),
                                       std::move(x.payload)});
}

void stream_server::respond(request_id id, const response& answer) {
  const auto i = pending_.find(id);
  if (i == pending_.end())
    return;
  reply(i->second, answer);
  finish(i);
}

void stream_server::drop(request_id id) {
  if (const auto i = pending_.find(id); i != pending_.end())
    finish(i);
}

void stream_server::notify(const token& to, const response& what) {
  if (shared_.over)
    return;
  ++shared_.counters.notifications;
  reply(to, what);
}

void stream_server::pong_in_turn(const token& id) {
  if (pending_.empty())
    pong(id, true);
  else if (pongs_.size() >= most_pongs)
    pong(id, false);
  else
    pongs_.push_back({id, next_id_, pending_.size()});
}

void stream_server::clear() {
  pending_.clear();
  pongs_.clear();
}

void stream_server::finish(std::map<request_id, token>::iterator i) {
  for (auto& x : pongs_)
    if (i->first < x.before)
      --x.left;
  pending_.erase(i);
  // Whatever an earlier Pong waits for, a later one waits for as well.
  while (!pongs_.empty() && pongs_.front().left == 0) {
    pong(pongs_.front().token, true);
    pongs_.erase(pongs_.begin());
  }
}

/// An answer that cannot be sent becomes an error that can, for a peer that
/// takes next to nothing an empty one.
void stream_server::reply(const token& id, const response& answer) {
  const auto text = as_octets("the response does not fit into a message");
  const auto sent =
      (is_response(answer.code)
       && shared_.post(answer.code, id, answer.options, answer.payload))
      || shared_.post(code::internal, id, {}, text)
      || shared_.post(code::internal, id, {}, {});
  if (!sent)
    ++shared_.counters.lost;
}

void stream_server::pong(const token& id, bool custody) {
  option_list options;
  if (custody)
    options.add(signal_option::custody);
  if (!shared_.post(signal::pong, id, options, {}))
    ++shared_.counters.lost;
}

} // namespace tocsin::protocol::coap
