#include "protocol/coap/transmitter.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

namespace {

/// Between `ack_timeout` and that times `ack_random_factor`.
duration first_wait(const parameters& values, std::uint64_t random) {
  constexpr double one = 1ull << 53;
  const auto unit = static_cast<double>(random >> 11) / one;
  const auto factor = 1.0 + (values.ack_random_factor - 1.0) * unit;
  return std::chrono::duration_cast<duration>(
      std::chrono::duration<double, duration::period>{values.ack_timeout}
      * factor);
}

} // namespace

bool transmitter::submit(bytes datagram, exchange_id owner, time_point now) {
  if (in_flight_.size() + waiting_.size() >= shared_.bounds.confirmable)
    return false;
  item x;
  x.datagram = std::move(datagram);
  x.info.owner = owner;
  waiting_.push(std::move(x));
  fill_slots(now);
  return true;
}

std::optional<transmitter::outcome> transmitter::finish(std::uint16_t mid,
                                                        time_point now) {
  const auto i = find(mid);
  if (i == in_flight_.end())
    return std::nullopt;
  return remove(i, now);
}

std::optional<transmitter::outcome> transmitter::finish_owner(exchange_id owner,
                                                              time_point now) {
  const auto i = std::ranges::find(in_flight_, owner,
                                   [](const item& x) { return x.info.owner; });
  if (i != in_flight_.end())
    return remove(i, now);
  if (waiting_.remove_if([&](const item& x) { return x.info.owner == owner; }))
    return outcome{owner, {}, 0};
  return std::nullopt;
}

bool transmitter::in_flight(std::uint16_t mid, exchange_id owner) const {
  return std::ranges::any_of(in_flight_, [&](const item& x) {
    return x.mid == mid && x.info.owner == owner;
  });
}

std::optional<transmitter::outcome> transmitter::on_timer(std::uint16_t mid,
                                                          time_point now) {
  const auto i = find(mid);
  if (i == in_flight_.end())
    return std::nullopt;
  if (i->copies_left == 0)
    return remove(i, now);
  if (now - i->info.first_sent > i->span) {
    // The timer comes late. The peer may forget the message id after
    // MAX_TRANSMIT_SPAN, so no more copies; an answer may still arrive.
    i->copies_left = 0;
    i->due = now + i->wait;
    shared_.timers.set({i->due, timer::confirmable, i->mid});
    return std::nullopt;
  }
  --i->copies_left;
  ++shared_.counters.retransmissions;
  i->wait *= 2;
  send_copy(*i, now);
  return std::nullopt;
}

void transmitter::fill_slots(time_point now) {
  while (in_flight_.size() < shared_.values.nstart && !waiting_.empty()) {
    auto x = *waiting_.pop();
    if (launch(x, now))
      in_flight_.push_back(std::move(x));
    // Else no message id is free; the exchange fails by its deadline.
  }
}

bool transmitter::launch(item& x, time_point now) {
  const auto mid = shared_.fresh_mid(now);
  if (!mid)
    return false;
  x.mid = *mid;
  set_mid(x.datagram, *mid);
  x.copies_left = shared_.values.max_retransmit;
  x.span = shared_.values.max_transmit_span();
  x.wait = first_wait(shared_.values, shared_.random());
  x.info.first_sent = now;
  send_copy(x, now);
  return true;
}

void transmitter::send_copy(item& x, time_point now) {
  ++x.info.copies;
  x.due = now + x.wait;
  shared_.timers.set({x.due, timer::confirmable, x.mid});
  shared_.send(x.datagram);
}

transmitter::outcome transmitter::remove(std::vector<item>::iterator i,
                                         time_point now) {
  const auto info = i->info;
  shared_.timers.clear({i->due, timer::confirmable, i->mid});
  in_flight_.erase(i);
  fill_slots(now);
  return info;
}

std::vector<transmitter::item>::iterator transmitter::find(std::uint16_t mid) {
  return std::ranges::find(in_flight_, mid, &item::mid);
}

} // namespace tocsin::protocol::coap
