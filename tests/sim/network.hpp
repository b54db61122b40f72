#pragma once
#include "actors/session.hpp"
#include "actors/upstream.hpp"
#include "tests/sim/fake_security.hpp"
#include "tests/sim/link.hpp"
#include "tests/sim/world.hpp"

#include <map>
#include <memory>
#include <set>

namespace tocsin::sim {

/// What the server needs for a new SESSION.
struct server_door {
  actors::supervisor_actor root;
  protocol::signal::customer_table customers;
  protocol::signal::config_policy policy;
};

/// What a client needs for a new SESSION.
struct client_door {
  std::size_t client = 0;
  std::string identity; ///< the name that its credential proves
  std::string upstream;
  protocol::signal::config_policy policy;
  std::optional<protocol::signal::session_sets> wishes;
  std::chrono::seconds udp_probe{};
  std::string host = {}; ///< of its addresses in records; empty: one is made up
};

/// The paths between clients and the server, with what ends there: the
/// reactors of the nodes. It also knows the truth about who was heard when.
class network {
public:
  /// `heartbeats`: hold for all sessions, so that it is known how long silence
  /// may last. `place`: the server, in records and reports.
  network(world& in, std::vector<link> paths,
          protocol::signal::heartbeat_settings heartbeats,
          std::string place = "the server")
      : world_{in}, place_{std::move(place)}, paths_{std::move(paths)},
        heartbeats_{heartbeats}, gone_(paths_.size()), said_(paths_.size()),
        woke_(paths_.size()), ended_(paths_.size()) {}

  /// The server takes sessions from now on.
  void open(server_door door) {
    door_ = std::move(door);
    opened_ = world_.now();
  }
  /// It takes no more; those it has are about to be ended in an orderly way.
  void refuse_newcomers();
  /// Its process is gone, and all sessions with it.
  void drop_server();
  /// So is that of a client.
  void drop_client(std::size_t client);

  /// How UPSTREAM opens a session.
  actors::session_opener opener(client_door door);

  /// The paths become perfect, or (with false) lose everything.
  void heal(bool well = true);

  /// Something passes in both directions.
  bool open_between(std::size_t client) const {
    auto now = world_.now();
    return !paths_[client].cut(way::to_server, now)
           && !paths_[client].cut(way::to_client, now);
  }

  /// Sessions that exist, at either end.
  std::size_t server_sessions() const { return servers_.size(); }
  std::size_t client_sessions(std::size_t client) const;

  /// When the server last heard this client on any session, in its present
  /// life.
  std::optional<time_point> heard(std::size_t client) const;

  /// When the client sent the latest of all that the server ever heard of it.
  std::optional<time_point> said(std::size_t client) const {
    return said_[client];
  }

  /// When this client was heard last after as much silence as is the limit.
  std::optional<time_point> woke(std::size_t client) const {
    return woke_[client];
  }

  /// Since when this client is silent: that moment, or when the server was
  /// ready in its present life.
  time_point silent_since(std::size_t client) const;

  /// Since when the server counts that: a session that broke is no verdict of
  /// the heartbeats, and makes it count anew.
  time_point counted_since(std::size_t client) const;

  /// For how long a client has to be silent to be lost (RFC 9132, Section 4.7).
  duration limit() const {
    return heartbeats_.interval * heartbeats_.missing_allowed;
  }
  duration interval() const { return heartbeats_.interval; }

  /// Looks whether a session of the server has been silent for too long.
  void look_for_overdue();

  std::uint64_t datagrams() const { return datagrams_; }
  std::uint64_t losses() const { return lost_sessions_; }
  std::uint64_t streams() const { return streams_.size(); }

private:
  /// One session at the server.
  struct server_end {
    std::size_t client = 0;
    actors::session_actor handle;
    std::optional<time_point> up;
    time_point heard;
    bool ended_by_peer = false;           ///< a goodbye or a reset has arrived
    bool reported = false;                ///< as overdue
    std::set<std::uint64_t> records = {}; ///< numbers of those that arrived
  };

  struct client_end {
    std::size_t client = 0;
    actors::session_actor handle;
    bool reliable = false;
    bool connected = false;     ///< a stream: the server answered
    time_point arrives[2] = {}; ///< a stream: the latest octets, by way
  };

  using address = std::string; ///< of the client's socket

  void send(const address& at, way where, byte_view octets);
  void deliver(const address& at, way where, const bytes& octets,
               time_point sent);
  void to_server(const address& at, std::size_t client, const bytes& octets,
                 time_point sent);
  void to_client(const address& at, const bytes& octets);
  void reset(const address& at, way where, const std::string& why);
  bool reliable(const address& at) const { return streams_.contains(at); }
  void spawn_server_end(const address& at, std::size_t client);
  void server_ended(const address& at);
  void remember(const server_end& x);
  void client_ended(const address& at);
  bool judge_end(const server_end& x, bool reliable);
  void wake(std::size_t client);
  void note_heard(server_end& x, byte_view octets, time_point sent);
  void violate(const std::string& what);

  world& world_;
  std::string place_;
  std::vector<link> paths_;
  protocol::signal::heartbeat_settings heartbeats_;
  std::optional<server_door> door_;
  bool refusing_ = false;
  std::map<address, server_end> servers_;
  std::map<address, client_end> clients_;
  std::map<address, std::size_t> owner_; ///< of every address ever used
  std::set<address> streams_;
  std::vector<std::optional<time_point>> gone_; ///< last heard, by client
  std::vector<std::optional<time_point>> said_; ///< when that was sent
  std::vector<std::optional<time_point>> woke_; ///< after enough silence
  std::vector<time_point> ended_; ///< last session, without a verdict
  time_point opened_;
  std::uint64_t next_id_ = 1;
  std::uint32_t next_port_ = 1024;
  std::uint64_t datagrams_ = 0;
  std::uint64_t lost_sessions_ = 0;
};

} // namespace tocsin::sim
