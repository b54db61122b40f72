#pragma once
#include "protocol/coap/deadlines.hpp"
#include "protocol/coap/fifo.hpp"
#include "protocol/coap/stream_codec.hpp"
#include "protocol/coap/stream_endpoint.hpp"
#include "protocol/coap/stream_outbox.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

/// Signaling codes (RFC 8323, Section 5); the peer may send others.
namespace signal {
inline constexpr code csm = make_code(7, 1);
inline constexpr code ping = make_code(7, 2);
inline constexpr code pong = make_code(7, 3);
inline constexpr code release = make_code(7, 4);
inline constexpr code abort = make_code(7, 5);
} // namespace signal

/// Options of signaling messages, numbered for each code anew (RFC 8323,
/// Section 5.2).
namespace signal_option {
inline constexpr option_number max_message_size = 2;    ///< CSM
inline constexpr option_number block_wise_transfer = 4; ///< CSM
inline constexpr option_number custody = 2;             ///< Ping, Pong
inline constexpr option_number hold_off = 4;            ///< Release
inline constexpr option_number bad_csm_option = 2;      ///< Abort
} // namespace signal_option

/// What the parts of one stream endpoint share.
struct stream_context {
  stream_context(const parameters& p, random_source r, const limits& l,
                 stream_limits s)
      : values{clamped(p)}, bounds{l}, random{std::move(r)},
        message_size{std::max(s.message_size, base_message_size)},
        out{s.outbox_octets} {}

  parameters values;
  limits bounds;
  random_source random;
  std::uint32_t message_size; ///< of ours
  endpoint_counters counters;
  stream_outbox out;
  deadlines timers;
  fifo<event> events;
  bytes scratch; ///< for building a frame; free between calls

  // What the peer's CSMs said so far.
  std::uint32_t peer_message_size = base_message_size;
  bool peer_block_wise = false;

  bool releasing = false; ///< either side sent Release
  bool over = false;      ///< nothing is received or sent any more

  /// Largest frame that may be sent now.
  std::size_t largest() const noexcept {
    return std::min(peer_message_size, message_size);
  }

  /// Queues a frame; false if it does not fit into a message. A peer that does
  /// not read ends the connection.
  bool post(code what, const token& id, const option_list& options,
            byte_view payload) {
    if (!build(what, id, options, payload))
      return false;
    if (over)
      return true;
    if (out.push(scratch))
      ++counters.sent;
    else
      end("the peer does not read");
    return true;
  }

  /// Ends the connection with an Abort. The text must not repeat anything that
  /// came from the peer.
  void abort(std::string_view why, const option_list& options = {}) {
    if (over)
      return;
    const auto fits = build(signal::abort, {}, options, as_octets(why))
                      || build(signal::abort, {}, options, {});
    if (fits && out.push(scratch))
      ++counters.sent;
    end("aborted: " + std::string{why});
  }

  /// Ends the connection without a word.
  void end(std::string why) {
    if (over)
      return;
    over = true;
    events.push(stream_ended{false, std::move(why)});
  }

private:
  bool build(code what, const token& id, const option_list& options,
             byte_view payload) {
    scratch.clear();
    return serialise_frame(what, id, options, payload, scratch)
           && scratch.size() <= largest();
  }
};

} // namespace tocsin::protocol::coap
