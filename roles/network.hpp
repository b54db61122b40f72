#pragma once
#include "actors/data_client.hpp"
#include "actors/data_session.hpp"
#include "actors/home.hpp"
#include "actors/session.hpp"
#include "actors/upstream.hpp"
#include "transports/credentials.hpp"
#include "transports/reactor.hpp"
#include "transports/resumption_cache.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace tocsin::roles {

/// What all sessions with clients have in common.
struct server_sessions {
  std::shared_ptr<const transports::credentials> credentials;
  std::shared_ptr<const transports::ticket_keys> tickets;
  bool require_alpn = true; ///< of TLS clients
  protocol::signal::customer_table customers;
  protocol::signal::config_policy policy;
  actors::epoch clock;
  actors::supervisor_actor supervisor;
};

/// What all connections of the data channel have in common.
struct data_sessions {
  std::shared_ptr<const transports::credentials> credentials;
  std::shared_ptr<const transports::ticket_keys> tickets;
  protocol::signal::customer_table customers;
  actors::data_limits limits;
  std::shared_ptr<actors::data_admission> admission; ///< of the node
  actors::epoch clock;
  actors::data_owner_actor owner;
};

/// What all sessions with one upstream have in common.
struct upstream_sessions {
  std::string name;
  std::shared_ptr<const transports::credentials> credentials;
  std::shared_ptr<transports::resumption_cache> resumable;
  std::string server_name; ///< checked against the certificate
  std::optional<transports::socket_address> source; ///< local address
  std::string interface; ///< the only one to call through; empty: any
  std::size_t ipv4_datagram = 1232; ///< largest payload of UDP over IPv4
  std::size_t ipv6_datagram = 1232; ///< and over IPv6
  protocol::signal::config_policy policy;
  /// What to negotiate; absent: the server's defaults hold.
  std::optional<protocol::signal::session_sets> wishes;
  std::shared_ptr<actors::path_estimate> path =
      std::make_shared<actors::path_estimate>();
  actors::epoch clock;
};

/// What a DATA CLIENT is told about its server.
struct data_upstream_sessions {
  std::string name; ///< of the upstream
  std::string host; ///< name or address
  std::uint16_t port = 443;
  std::shared_ptr<const transports::credentials> credentials;
  std::shared_ptr<transports::resumption_cache> resumable;
  std::string server_name; ///< checked against the certificate
  std::optional<transports::socket_address> source; ///< local address
  std::string interface; ///< the only one to call through; empty: any
};

/// Where a server listens.
struct listen_addresses {
  std::vector<transports::socket_address> udp; ///< DTLS
  std::vector<transports::socket_address> tcp; ///< TLS
};

/// The reactors of a node, each with its thread and the home of the SESSIONs
/// born on it. Listening sockets of one address are shared by all reactors.
class network {
public:
  network(caf::actor_system& system, std::uint32_t reactors,
          const transports::reactor_limits& limits);
  ~network();
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  /// Opens listening sockets; before start(). Fails with ec::io.
  result<void> listen(const listen_addresses& where, server_sessions what);

  /// Opens listening sockets of the data channel (HTTPS); before start(). Fails
  /// with ec::io.
  result<void> listen_data(const std::vector<transports::socket_address>& where,
                           data_sessions what);

  /// How an UPSTREAM opens sessions; they are spread over the reactors. The
  /// function lives no longer than this.
  actors::session_opener opener(upstream_sessions what);

  /// How a DATA UPSTREAM starts its DATA CLIENT; they are spread as sessions
  /// are. The function lives no longer than this.
  std::function<
      result<actors::data_client_actor>(const actors::resolver_actor& names)>
  data_opener(data_upstream_sessions what);

  /// Starts the threads.
  void start();

  /// Takes no new sessions from now on: who is told goodbye must not come back
  /// to a node that is about to end. Any thread.
  void refuse_newcomers() noexcept { refusing_ = true; }

  /// Ends the threads; sessions still alive are evicted. Idempotent.
  void stop();

private:
  struct shard {
    transports::reactor reactor;
    actors::home home;
    std::vector<transports::socket_id> sockets; ///< the reactor's thread only
    /// Those that are at home here; the reactor's thread only.
    std::vector<caf::weak_actor_ptr> data_clients;
    std::thread thread;

    shard(caf::actor_system& system, const transports::reactor_limits& limits);
    void close(transports::socket_id socket);
    void keep(const actors::data_client_actor& client);
    void end_data_clients();
    void close_all();
  };

  using setup_ptr = std::shared_ptr<actors::session_setup>;
  using common_ptr = std::shared_ptr<const server_sessions>;

  transports::accept_function accept_udp(shard& here, common_ptr common);
  transports::stream_accept_function accept_tcp(shard& here, common_ptr common);
  // network_data.cpp
  using data_ptr = std::shared_ptr<const data_sessions>;
  transports::stream_accept_function accept_data(shard& here, data_ptr common);

  setup_ptr server_setup(shard& here, const server_sessions& common,
                         const transports::socket_address& peer);
  actors::session_actor spawn(const setup_ptr& setup);

  result<caf::strong_actor_ptr> open_session(const upstream_sessions& what,
                                             std::uint64_t id,
                                             const actors::session_target& to,
                                             actors::session_owner_actor owner);

  caf::actor_system& system_;
  std::vector<std::unique_ptr<shard>> shards_;
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::size_t> next_shard_{0};
  std::atomic<bool> refusing_{false};
  bool running_ = false;
};

} // namespace tocsin::roles
