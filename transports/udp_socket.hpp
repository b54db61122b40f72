#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "transports/socket_address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tocsin::transports {

/// One datagram as it came; `data` is valid until the next receive().
struct udp_datagram {
  socket_address peer;
  socket_address local; ///< the address of ours it was sent to
  byte_view data;
};

/// A non-blocking UDP socket that works in batches. ICMP errors are not asked
/// for, so a forged one changes nothing (RFC 7252, Section 4.2). One thread.
class udp_socket {
public:
  static constexpr std::size_t batch = 64;
  /// A jumbo frame; what is larger is dropped and counted.
  static constexpr std::size_t receive_capacity = 9216;
  static constexpr std::size_t send_capacity = 2048;

  struct settings {
    bool server = false; ///< SO_REUSEPORT, and remember the local address
    std::size_t receive_buffer = 4u << 20;
    std::string interface = {}; ///< the only one to use; empty: any
  };

  struct counters {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t truncated = 0;
    std::uint64_t send_errors = 0;
    std::uint64_t receive_errors = 0;

    counters& operator+=(const counters& x) noexcept {
      received += x.received;
      sent += x.sent;
      truncated += x.truncated;
      send_errors += x.send_errors;
      receive_errors += x.receive_errors;
      return *this;
    }
  };

  /// Fails with ec::io; `where` is the address.
  static result<std::unique_ptr<udp_socket>> open(const socket_address& local,
                                                  const settings& how);
  ~udp_socket();
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  const socket_address& local() const noexcept { return local_; }

  /// Reads up to `batch` datagrams; `full` tells whether there may be more.
  std::span<const udp_datagram> receive(bool& full);

  /// Copies a datagram to the batch to send; sends that if it is full. With a
  /// wildcard server socket it leaves from `local`.
  void queue(const socket_address& peer, const socket_address& local,
             byte_view data);

  /// Sends the batch. What the kernel does not take is counted and lost.
  void flush();

  const counters& counted() const noexcept { return counters_; }

private:
  struct buffers;
  udp_socket(int descriptor, const socket_address& local, bool server);

  int descriptor_;
  socket_address local_;
  bool many_locals_; // bound to a wildcard, as a server
  std::size_t queued_ = 0;
  std::unique_ptr<buffers> buffers_;
  counters counters_;
};

} // namespace tocsin::transports
