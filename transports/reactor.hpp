#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/socket_address.hpp"
#include "transports/tcp_stream.hpp"
#include "transports/timer_wheel.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tocsin::transports {

/// Names a UDP socket or a TCP listener of one reactor.
struct socket_id {
  std::uint32_t value = UINT32_MAX;
  friend bool operator==(const socket_id&, const socket_id&) = default;
};

/// Names an entry of one reactor's session table; stale ones are harmless.
struct association {
  std::uint32_t slot = UINT32_MAX;
  std::uint32_t generation = 0;
  friend bool operator==(const association&, const association&) = default;
};

/// Owner of one security association. Called on the reactor's thread only.
class association_handler {
public:
  virtual ~association_handler() = default;

  /// One datagram of the peer; the view ends with the call.
  virtual void on_datagram(byte_view datagram) = 0;

  /// The table let go of this handler by itself: a restarted peer took its
  /// place, or the reactor ends. Not called by reactor::remove().
  virtual void on_evicted() {}
};

/// A peer that proved to own its address.
struct new_peer {
  association id;           ///< will name the association, usable already
  socket_id socket;         ///< where it knocked
  socket_address peer;      ///< its address
  socket_address local;     ///< the address of ours that it used
  cookie_prestate prestate; ///< for dtls_association::server()
};

/// Decides on a new peer: its handler, or null to refuse. The datagram that
/// proved it is then given to on_datagram(); the association counts as a
/// handshake in progress until handshake_done() or remove().
using accept_function =
    std::function<std::shared_ptr<association_handler>(const new_peer&)>;

struct reactor_limits {
  std::size_t max_associations = 200000;
  /// Handshakes cost 0.4 ms each; newcomers beyond this are dropped and
  /// retransmit.
  std::size_t max_handshakes = 256;
  cookie_guard::limits cookies;
  std::size_t receive_buffer = 4u << 20; ///< octets per socket, in the kernel

  /// TCP connections, of both directions; newcomers beyond are reset. Nor do
  /// newcomers get the last 64 file descriptors of the process.
  std::size_t max_connections = 10000;
  /// TCP connections whose handshake goes on; newcomers beyond wait in the
  /// kernel's bounded queue. One source (IPv4 address, IPv6 /64) has 16 of
  /// these at most.
  std::size_t max_stream_handshakes = 256;
  /// Octets that wait for a peer to read. Messages have a few KiB, so this one
  /// has stopped reading; 10,000 of them still fit into memory.
  std::size_t max_stream_output = 256u << 10;
  /// From accept to handshake_done(): a dozen round trips of the slowest path.
  std::chrono::milliseconds stream_handshake_time{15000};
  /// For the last octets and the FIN of the peer, once a connection closes.
  std::chrono::milliseconds stream_close_time{5000};
};

/// Counters since the start; a consistent view is not promised.
struct reactor_stats {
  std::uint64_t received = 0;          ///< datagrams
  std::uint64_t sent = 0;              ///< datagrams
  std::uint64_t delivered = 0;         ///< datagrams given to a handler
  std::uint64_t cookies_sent = 0;      ///< HelloVerifyRequests
  std::uint64_t cookies_throttled = 0; ///< over the rate of answers
  std::uint64_t unknown_dropped = 0;   ///< not a ClientHello, from no one known
  std::uint64_t accepted = 0;          ///< verified newcomers
  std::uint64_t replaced = 0;          ///< of these, restarted peers
  std::uint64_t refused = 0;        ///< verified, but over a limit or unwanted
  std::uint64_t truncated = 0;      ///< larger than a receive slot
  std::uint64_t send_errors = 0;    ///< datagrams the kernel did not take
  std::uint64_t receive_errors = 0; ///< ICMP errors and the like, ignored
  std::size_t associations = 0;
  std::size_t handshakes = 0;

  std::uint64_t streams_accepted = 0;   ///< TCP connections with a handler
  std::uint64_t streams_refused = 0;    ///< over a limit or unwanted
  std::uint64_t streams_timed_out = 0;  ///< did not finish their handshake
  std::uint64_t streams_overflowed = 0; ///< the peer did not read
  std::uint64_t accept_errors = 0;      ///< e.g. out of file descriptors
  std::uint64_t stream_octets_received = 0;
  std::uint64_t stream_octets_sent = 0;
  std::size_t streams = 0; ///< TCP connections, those that close included
  std::size_t stream_handshakes = 0;
};

/// One thread's worth of UDP and TCP: sockets, session table, connections,
/// timers, and an inbox for other threads. Known peers are served before
/// strangers in each batch; strangers cost neither memory nor a handler until
/// their cookie is verified, or the handshake of TCP is complete.
///
/// A turn: wait; inbox; UDP sockets, up to a fixed number of batches; TCP, of
/// each connection up to one piece: up to 64 that are established, up to 16
/// newcomers, listeners; timers; turn hook; flush. Unless said otherwise,
/// members are for the reactor's thread, or for any one thread while run() is
/// not active.
class reactor {
public:
  explicit reactor(const reactor_limits& limits = {});
  ~reactor(); ///< evicts all handlers
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// Opens a server socket (SO_REUSEPORT; IPv6 is V6ONLY). Answers leave from
  /// the address that the peer used, also if `local` is a wildcard. Fails with
  /// ec::io.
  result<socket_id> listen(const socket_address& local, accept_function accept);

  /// Opens a client socket; a port 0 lets the kernel choose. With an
  /// `interface` nothing passes any other. Fails with ec::io.
  result<socket_id> open(const socket_address& local_or_any,
                         const std::string& interface = {});

  /// Closes a socket and evicts its associations, or its connections.
  void close(socket_id socket);

  /// Closes all sockets; evicts all associations and connections, our own
  /// included.
  void close_all();

  /// The address a socket is bound to.
  socket_address local_address(socket_id socket) const;

  /// Adds a peer by our own decision (client side). An association of the same
  /// addresses is evicted. Fails with ec::too_large or ec::not_found.
  result<association> add(socket_id socket, const socket_address& peer,
                          std::shared_ptr<association_handler> handler);

  /// Forgets an association; its handler is released at the end of the turn.
  void remove(association id);

  /// The association finished its handshake and no longer counts against
  /// max_handshakes.
  void handshake_done(association id);

  /// Queues a datagram; it leaves at the end of the turn at the latest. Losses
  /// are counted, not reported. A stale id is ignored.
  void send(association id, byte_view datagram);

  /// Opens a listening TCP socket (SO_REUSEPORT; IPv6 is V6ONLY; TCP_NODELAY;
  /// Fast Open, RFC 9132, Section 7.1). Over the limits, and while the system
  /// has no descriptors, newcomers wait in the kernel or are reset; see
  /// reactor_limits. Fails with ec::io.
  result<socket_id> listen_stream(const socket_address& local,
                                  stream_accept_function accept);

  /// Begins to connect; on_connected() or on_closed() tells the result, in a
  /// later turn or at the end of this one. It may take minutes: a time limit
  /// is the caller's, who then calls close_stream(). `interface`: as for
  /// open(). Fails with ec::io or ec::too_large.
  result<connection> connect_stream(const socket_address& local_or_any,
                                    const socket_address& peer,
                                    std::shared_ptr<stream_handler> handler,
                                    const std::string& interface = {});

  /// Queues octets; they leave at the end of the turn, or when the peer makes
  /// room. Before on_connected() they wait. If more than max_stream_output
  /// would wait, the connection is ended with on_closed(). A stale id is
  /// ignored.
  void send_stream(connection id, byte_view octets);

  /// Lets go of a connection: no more calls of its handler, which is released
  /// at the end of the turn. With `flush`, what is queued is sent, then FIN,
  /// within stream_close_time; without, and if it is not open yet, it is reset
  /// at once. A stale id is ignored.
  void close_stream(connection id, bool flush);

  /// The peer of a connection finished its handshake (as TLS sees it): it no
  /// longer counts against max_stream_handshakes, has no time limit any more,
  /// and is served before newcomers. Our own connections need no such call.
  void handshake_done(connection id);

  timer_wheel& timers() noexcept;

  /// Runs `task` on the reactor's thread, in order of posting. Any thread.
  void post(std::function<void()> task);

  /// Runs once a turn, after inbox, datagrams and timers, before what they
  /// queued is sent; also right before the reactor ends.
  void set_turn_hook(std::function<void()> hook);

  /// Time at the begin of the turn.
  time_point now() const noexcept;

  /// Serves until stop(). The calling thread becomes the reactor's.
  void run();

  /// Does one turn, waiting at most `patience` (0: not at all). For tests and
  /// embedding; run() is a loop of these.
  void turn(std::chrono::milliseconds patience);

  /// Lets run() return soon. Any thread, also before run().
  void stop();

  /// Whether the caller is the thread inside run(). Any thread.
  bool in_thread() const noexcept;

  /// Any thread.
  reactor_stats stats() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace tocsin::transports
