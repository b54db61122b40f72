#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/socket_address.hpp"
#include "transports/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace tocsin::transports {

/// Names a UDP socket of one reactor.
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
};

/// One thread's worth of UDP: sockets, session table, timers, and an inbox for
/// other threads. Known peers are served before strangers in each batch;
/// strangers cost neither memory nor a handler until their cookie is verified.
///
/// A turn: wait; inbox; sockets, up to a fixed number of batches; timers; turn
/// hook; flush. Unless said otherwise, members are for the reactor's thread,
/// or for any one thread while run() is not active.
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

  /// Opens a client socket; a port 0 lets the kernel choose. Fails with
  /// ec::io.
  result<socket_id> open(const socket_address& local_or_any);

  /// Closes a socket and evicts its associations.
  void close(socket_id socket);

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
