#pragma once
#include "actors/alarm.hpp"
#include "actors/mitigator.hpp"
#include "actors/relay.hpp"
#include "protocol/signal/server_choice.hpp"

#include <functional>
#include <map>
#include <vector>

namespace tocsin::actors {

/// What RELAYs tell the MITIGATION in between, and SUPERVISOR the group.
using relay_group_actor = mitigator_actor::extend<
    // How far the RELAY of one server is with its part of a rule.
    caf::reacts_to<atom::report, enforcement_report>,
    // What one server has dropped in total: packets, bytes.
    caf::reacts_to<atom::counters, std::string, std::uint64_t, std::uint64_t>,
    // What one server says of the attack.
    caf::reacts_to<atom::traffic, std::string, bool>,
    // There is a session with the server of this name, or no longer.
    caf::reacts_to<atom::changed, std::string, bool>,
    // The UPSTREAM of this name was started, and has restored what was stored.
    caf::reacts_to<atom::adopt, std::string, caf::strong_actor_ptr>>;

/// Of `per_client`: has the UPSTREAM of a client started, or ended. The answer
/// to the first comes as `adopt`, under the name.
struct client_upstreams {
  /// The server; UPSTREAMs are called "server/client".
  std::string server;
  std::function<void(const std::string& name, const std::string& cdid)> open;
  std::function<void(const std::string& name)> close;
};

struct relay_group_setup {
  struct server {
    std::string name;
    upstream_actor handle;
    std::vector<protocol::signal::prefix> prefixes; ///< empty: any
  };
  std::string name; ///< of the mitigator, from the configuration
  relay_manner manner = relay_manner::all;
  std::vector<server> servers; ///< none with `per_client`
  client_upstreams clients;
  std::chrono::seconds lifetime{3600};
  std::function<void(bool up)> on_health = {};
};

/// The session of a client that wants nothing is kept so long (`per_client`).
inline constexpr std::chrono::hours idle_client{1};

/// RELAY GROUP: a MITIGATOR that asks several upstream servers, each through a
/// RELAY of its own, or one server over a session for each client. It decides
/// which RELAY gets which part of a rule, and tells the MITIGATION what comes
/// of all parts together.
class relay_group_state {
public:
  static inline const char* name = "relay group";

  explicit relay_group_state(relay_group_actor::pointer self) : self_{self} {}

  void init(relay_group_setup setup);
  void install(const mitigators::rule& what, caf::strong_actor_ptr owner);
  void refuse(const mitigators::filter_set& what,
              const caf::strong_actor_ptr& owner);
  void withdraw(const std::string& id);
  void on_efficacy(const std::string& id, protocol::signal::attack_status x);
  void launch(); // not begin(): CAF takes that for a container
  caf::result<mitigator_view> view();
  void on_report(const enforcement_report& x);
  void on_counters(const std::string& from, const std::string& id,
                   std::uint64_t packets, std::uint64_t octets);
  void on_attack(const std::string& from, const std::string& id, bool goes_on);
  void on_link(const std::string& server, bool up);
  void adopt(const std::string& server, const caf::strong_actor_ptr& handle);
  void on_tick(std::uint64_t generation);
  /// The server whose RELAY this is; empty: none.
  std::string server_of(const caf::strong_actor_ptr& sender) const;

private:
  using progress = enforcement_report::state;

  struct leg {
    relay_actor relay; ///< null: its UPSTREAM is on its way
    bool up = false;
    std::size_t rules = 0;
    std::optional<time_point> idle; ///< since then
  };

  struct totals {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
  };

  struct entry {
    mitigators::rule rule;
    caf::strong_actor_ptr owner;
    std::map<std::string, enforcement_report> parts; ///< by server
    std::map<std::string, totals> dropped;           ///< by server, also former
    std::map<std::string, bool> attacked;            ///< by server
    std::optional<protocol::signal::server_failover> serial;
    std::string nobody; ///< addresses that are no server's
    std::optional<enforcement_report> told;
  };

  // relay_group.cpp: who is asked for what
  leg& make_leg(const std::string& server, const upstream_actor& handle);
  std::map<std::string, mitigators::rule> assign(entry& x);
  std::map<std::string, mitigators::rule> assign_by_prefix(entry& x);
  void place(entry& x);
  void take_from(entry& x, const std::string& server);
  void give_to(entry& x, const std::string& server,
               const mitigators::rule& part);
  std::size_t first_for(const mitigators::rule& x) const;
  void consider_moving(entry& x);
  void follow(const entry& moved);
  void arm();
  void close_idle();
  void tell_health();

  // relay_group_report.cpp: what comes of it
  enforcement_report judge(const entry& x) const;
  void tell(entry& x);

  relay_group_actor::pointer self_;
  relay_group_setup setup_;
  std::map<std::string, leg> legs_;
  std::map<std::string, entry> rules_;
  alarm alarm_;
  bool launched_ = false;
  std::optional<bool> healthy_; ///< as told
};

/// Spawns the RELAY GROUP of one mitigator of the configuration.
relay_group_actor::behavior_type
relay_group(relay_group_actor::stateful_pointer<relay_group_state> self,
            relay_group_setup setup);

} // namespace tocsin::actors
