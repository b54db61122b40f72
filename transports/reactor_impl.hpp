#pragma once
#include "transports/association_table.hpp"
#include "transports/inbox.hpp"
#include "transports/reactor.hpp"
#include "transports/tcp_streams.hpp"
#include "transports/udp_socket.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace tocsin::transports {

inline constexpr std::uint32_t inbox_tag = UINT32_MAX;
inline constexpr std::uint32_t streams_tag = UINT32_MAX - 1;

/// Set in the ids of TCP listeners, whose table is another one.
inline constexpr std::uint32_t stream_listener_bit = 1u << 31;

inline bool names_stream_listener(socket_id id) noexcept {
  return (id.value & stream_listener_bit) != 0;
}

// Written by the reactor's thread, read by any.
struct reactor_counter {
  std::atomic<std::uint64_t> value{0};
  void set(std::uint64_t x) { value.store(x, std::memory_order_relaxed); }
  void add(std::uint64_t x = 1) { set(get() + x); }
  std::uint64_t get() const { return value.load(std::memory_order_relaxed); }
};

struct reactor_counters {
  reactor_counter received, sent, delivered, cookies_sent, cookies_throttled,
      unknown_dropped, accepted, replaced, refused, truncated, send_errors,
      receive_errors, associations, handshakes, streams_accepted,
      streams_refused, streams_timed_out, streams_overflowed, accept_errors,
      stream_octets_received, stream_octets_sent, streams, stream_handshakes;
};

struct reactor::impl {
  struct endpoint {
    std::unique_ptr<udp_socket> socket; // null: closed
    accept_function accept;             // null: a client socket
  };

  explicit impl(const reactor_limits& bounds);
  ~impl();

  bool watch(int descriptor, std::uint32_t tag);
  tcp_streams& tcp();
  void close_stream_listener(socket_id id);
  socket_address stream_listener_address(socket_id id) const;
  void publish_streams();

  result<socket_id> open(const socket_address& local, accept_function accept,
                         const std::string& interface);
  void close(socket_id id);
  endpoint* find(socket_id id);
  void turn(std::chrono::milliseconds patience);
  int wait_time(std::chrono::milliseconds patience) const;
  void serve(std::uint32_t index);
  void serve_batch(std::uint32_t index,
                   std::span<const udp_datagram> datagrams);
  bool serve_known(std::uint32_t index, const udp_datagram& x);
  void serve_stranger(std::uint32_t index, const udp_datagram& x);
  void welcome(std::uint32_t index, const udp_datagram& x,
               const cookie_prestate& prestate);
  void deliver(association id, byte_view datagram);
  void drop(association id, bool evicted);
  void send(association id, byte_view datagram);
  void settle();
  void publish();
  void evict_all();

  reactor_limits limits;
  time_point now;
  timer_wheel wheel;
  cookie_guard guard;
  inbox tasks;
  int poll;
  std::vector<endpoint> endpoints;
  std::vector<std::unique_ptr<udp_socket>> closed_sockets; // until settle()
  udp_socket::counters closed_counts;
  association_table table;
  std::vector<std::shared_ptr<association_handler>> departed; // likewise
  std::size_t handshakes = 0;
  std::unique_ptr<tcp_streams> streams; // null until the first use of TCP
  std::function<void()> hook;
  reactor_counters counted;
  std::atomic<bool> stopping{false};
  std::atomic<std::thread::id> thread{};
};

} // namespace tocsin::transports
