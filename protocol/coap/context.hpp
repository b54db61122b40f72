#pragma once
#include "protocol/coap/codec.hpp"
#include "protocol/coap/deadlines.hpp"
#include "protocol/coap/dedup.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fifo.hpp"
#include "protocol/coap/mid_sequence.hpp"
#include "protocol/coap/outbox.hpp"

namespace tocsin::protocol::coap {

/// What the parts of one endpoint share.
struct context {
  context(const parameters& p, random_source r, const limits& l)
      : values{clamped(p)}, bounds{l}, random{std::move(r)}, out{l.outbox},
        mids{random()}, seen{l.remembered, l.reply_octets} {}

  parameters values;
  limits bounds;
  random_source random;
  endpoint_counters counters;
  outbox out;
  mid_sequence mids;
  dedup seen;
  deadlines timers;
  fifo<event> events;
  bytes scratch; ///< for building a datagram; free between calls

  /// Puts a datagram into the outbox or, as a network would, loses it.
  void send(byte_view datagram) {
    ++(out.push(datagram) ? counters.sent : counters.lost);
  }

  /// Sends an empty ACK or RST and returns its octets, valid until the
  /// scratch buffer is used again.
  byte_view send_empty(type kind, std::uint16_t mid) {
    scratch.clear();
    serialise_empty(kind, mid, scratch);
    send(scratch);
    if (kind == type::rst)
      ++counters.resets_sent;
    return scratch;
  }

  /// A message id for something sent now; nothing if all are in use.
  std::optional<std::uint16_t> fresh_mid(time_point now) {
    auto mid = mids.next(now, values.exchange_lifetime());
    if (!mid)
      ++counters.no_message_id;
    return mid;
  }

  /// How long a message of that type is recognised as a duplicate.
  duration lifetime(type kind) const {
    return kind == type::con ? values.exchange_lifetime()
                             : values.non_lifetime();
  }
};

} // namespace tocsin::protocol::coap
