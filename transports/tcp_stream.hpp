#pragma once
#include "protocol/bytes.hpp"
#include "transports/socket_address.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tocsin::transports {

/// Names a TCP connection of one reactor; stale ones are harmless.
struct connection {
  std::uint32_t slot = UINT32_MAX;
  std::uint32_t generation = 0;
  friend bool operator==(const connection&, const connection&) = default;
};

/// Owner of one TCP connection. Called on the reactor's thread only, and never
/// from inside send_stream(), close_stream() or connect_stream().
class stream_handler {
public:
  virtual ~stream_handler() = default;

  /// Client side: the connection that connect_stream() began is open.
  virtual void on_connected() {}

  /// The next piece of the stream, of any size; the view ends with the call.
  virtual void on_octets(byte_view octets) = 0;

  /// All that was queued has gone to the kernel: time for the next piece of
  /// something long.
  virtual void on_drained() {}

  /// The peer ended the connection, or it broke, or a limit ended it; the last
  /// call. `reason`: a sentence for a person. If the peer ended it in an
  /// orderly way, what is queued by the end of this turn is still sent. Not
  /// called after reactor::close_stream().
  virtual void on_closed(const std::string& reason) = 0;

  /// The reactor let go of the connection by itself: its listening socket was
  /// closed, or the reactor ends. The last call.
  virtual void on_evicted() {}
};

/// A peer that completed the three-way handshake of TCP, so it has the address.
struct new_stream {
  connection id;        ///< will name the connection, usable already
  socket_address peer;  ///< its address
  socket_address local; ///< the address of ours that it used
};

/// Decides on a new connection: its handler, or null to refuse. It counts as a
/// handshake in progress until handshake_done() or its end.
using stream_accept_function =
    std::function<std::shared_ptr<stream_handler>(const new_stream&)>;

} // namespace tocsin::transports
