#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/dtls.hpp"
#include "transports/udp_socket.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tocsin::tools::load {

/// What happens to the clients of a swarm; `slot` names one. The calls come
/// out of swarm::turn() and may use the swarm.
class swarm_events {
public:
  virtual void on_up(std::size_t slot) = 0;
  virtual void on_message(std::size_t slot, byte_view plaintext) = 0;
  /// The association failed or the server closed it.
  virtual void on_down(std::size_t slot, const std::string& why) = 0;

protected:
  ~swarm_events() = default;
};

/// Where a swarm goes, and as whom.
struct swarm_target {
  transports::socket_address server; ///< IPv4, on this machine
  std::string server_name;
  std::shared_ptr<const transports::credentials> credentials;
  /// With it each slot keeps the ticket of its last session, and uses it for
  /// the next one.
  std::shared_ptr<transports::resumption_cache> tickets{};
};

/// Many DTLS clients behind one UDP socket. Each association has a source
/// address of its own out of 127.64.0.0/10, so the server sees as many peers
/// while sending and receiving go on in batches. One thread.
class swarm {
public:
  /// `events` must outlive the swarm. Fails with ec::io.
  static result<std::unique_ptr<swarm>>
  make(swarm_target target, std::size_t slots, swarm_events& events);

  std::size_t size() const noexcept { return clients_.size(); }

  /// Starts a handshake in an empty slot, from an address not used before.
  result<void> open(std::size_t slot);

  /// Sends one message; the association must be up.
  void send(std::size_t slot, byte_view message);

  /// Says goodbye and empties the slot.
  void close(std::size_t slot);

  bool up(std::size_t slot) const noexcept;

  /// Whether the session of this slot, which must be up, resumed another.
  bool resumed(std::size_t slot) const noexcept;

  /// Sends a datagram past the association, as who spoofs its address would.
  void inject(std::size_t slot, byte_view datagram);

  /// Waits at most `patience` for datagrams, handles what came and what is
  /// due, and sends what was queued.
  void turn(duration patience);

  /// The same for clients that are gone: drops what came and sends nothing.
  /// Returns how many datagrams that were.
  std::uint64_t ignore(duration patience);

  /// Datagrams that this side dropped or could not send.
  std::uint64_t dropped() const noexcept;

private:
  struct client {
    std::unique_ptr<transports::dtls_association> dtls; // null: empty slot
    transports::socket_address local;
    std::uint32_t serial = 0;
    std::uint32_t opened = 0; // how often
    bool up = false;
    bool listed = false; // in `shaking_`
  };

  swarm(swarm_target target, std::size_t slots, swarm_events& events,
        std::unique_ptr<transports::udp_socket> socket);
  client* find(const transports::socket_address& local, std::size_t& slot);
  void pump(std::size_t slot);
  void flush(client& x);
  void on_time();
  void wait(duration patience) const;

  swarm_target target_;
  swarm_events& events_;
  std::unique_ptr<transports::udp_socket> socket_;
  std::vector<client> clients_;
  std::vector<std::size_t> shaking_; // slots with a handshake in progress
  bytes datagram_, plaintext_;
};

} // namespace tocsin::tools::load
