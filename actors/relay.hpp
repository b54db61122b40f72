#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "protocol/signal/relay_plan.hpp"

#include <functional>
#include <map>
#include <set>

namespace tocsin::actors {

/// A MITIGATOR that asks an upstream DOTS server, and what else it hears.
using relay_actor = mitigator_actor::extend_with<relay_owner_actor>::extend<
    // The UPSTREAM of this name was started again, and has restored what was
    // stored.
    caf::reacts_to<atom::adopt, std::string, caf::strong_actor_ptr>>;

struct relay_setup {
  std::string name;     ///< of the mitigator, from the configuration
  std::string upstream; ///< for people
  upstream_actor server;
  /// Of each request; renewed until it is withdrawn. What a node that died for
  /// good leaves behind ends with it.
  std::chrono::seconds lifetime{3600};
  /// Told when there is a session with the server and when not; may be empty.
  std::function<void(bool up)> on_health = {};
};

/// What the server refused, or ended of its own accord, is asked for again
/// after this time, if it is still wanted.
inline constexpr std::chrono::seconds relay_retry{300};

/// What UPSTREAM pursues and no rule wants is withdrawn so long after the
/// start: MITIGATIONs install anew when a RELAY is started again.
inline constexpr std::chrono::seconds relay_grace{10};

/// An efficacy update that says what the last one said is passed on no more
/// often than that. It has no Hop-Limit: among gateways that ask each other in
/// a circle it would go round as fast as the network allows, for ever.
inline constexpr std::chrono::seconds relay_report_pause{60};

/// RELAY: enforces rules by asking an upstream DOTS server for mitigation, as a
/// gateway and an overwhelmed server do (RFC 8811, Sections 2.2.3 and 3.2.3).
/// What rules are merged into is protocol::signal::relay_plan's business; how
/// requests reach the server, survive a restart and are renewed is UPSTREAM's.
/// One for an UPSTREAM.
///
/// A request that is no longer wanted is withdrawn when those which take its
/// place are granted: there is no gap.
class relay_state {
public:
  static inline const char* name = "relay";

  explicit relay_state(relay_actor::pointer self) : self_{self} {}

  void init(relay_setup setup);
  void install(const mitigators::rule& what, caf::strong_actor_ptr owner);
  void refuse(const mitigators::filter_set& what,
              const caf::strong_actor_ptr& owner);
  void withdraw(const std::string& id);
  void on_efficacy(const std::string& id, protocol::signal::attack_status x);
  void launch(); // not begin(): CAF takes that for a container
  void adopt(const caf::strong_actor_ptr& server);
  void on_changed(const mitigation_view& x);
  void on_link(bool up);
  void on_tick(std::uint64_t generation);
  mitigator_view view() const;

private:
  using plan = protocol::signal::relay_plan;
  using progress = enforcement_report::state;

  /// A rule, as its MITIGATION knows it.
  struct client {
    caf::strong_actor_ptr owner;
    std::uint8_t hop_limit = 0; ///< as it came (RFC 8768); 0: not said
    std::optional<enforcement_report> told = {};
    std::optional<protocol::signal::attack_status> efficacy = {};
  };

  /// A request, under the name that `plan` gave it.
  struct job {
    bool ordering = false;      ///< UPSTREAM has not yet answered
    std::uint8_t hop_limit = 0; ///< as it was ordered
    std::optional<protocol::signal::attack_status> efficacy = {}; ///< as told
    time_point told = {};                                         ///< that
    std::string trouble;      ///< UPSTREAM did not take it, and why
    std::uint8_t refusal = 0; ///< that as a response code; 0: it was taken
    std::map<std::uint32_t, mitigation_view> parts; ///< by mid
    std::optional<time_point> retry;
    std::set<std::string> successors; ///< granted first; only if unwanted
  };

  struct judgement {
    progress state = progress::pending;
    bool overloaded = false;
    std::string detail;
    std::uint8_t answer = 0;
    std::optional<protocol::signal::conflict_information> conflict = {};
  };

  // relay.cpp
  void order_missing();
  void remember_stray(const mitigation_view& x);
  bool take_stray(const std::string& key);
  void drop_strays();
  void carry_out(const plan::step& step);
  void order(const plan::request& x);
  void on_ordered(const std::string& name, const mitigation_view& first);
  void on_trouble(const std::string& name, const failure& why);
  void fail_for_now(job& x, std::string why, std::uint8_t refusal = 0);
  void drop_what_is_replaced();
  bool replaced(const job& x) const;
  static bool is_granted(const job& x);
  void withdraw_part(std::uint32_t mid);
  std::uint8_t hops_for(const std::string& key) const;
  std::string covering(const std::string& id) const;
  void renew_hops(const std::string& key);
  void fail_loop(const std::string& id);
  void pass_on_efficacy(const std::string& key);

  // relay_report.cpp
  judgement judge(const job& x) const;
  void tell_owner(const std::string& id, const judgement& found);
  void tell(const std::string& name);
  void tell_totals(const std::string& name, const job& x);

  relay_actor::pointer self_;
  relay_setup setup_;
  plan plan_;
  std::map<std::string, client> rules_;
  std::map<std::string, job> jobs_;
  std::set<std::string> unwanted_;           ///< of these, those that are to go
  std::map<std::string, std::string> names_; ///< by what UPSTREAM calls them
  alarm alarm_;
  /// Of requests that nobody wants yet; by what UPSTREAM calls them, and mid.
  std::map<std::string, std::map<std::uint32_t, mitigation_view>> strays_;
  std::optional<time_point> strays_due_;
  bool launched_ = false;
  bool in_step_ = false; ///< UPSTREAM has told what it pursues
  bool up_ = false;
};

/// Spawns the RELAY of one mitigator of the configuration.
relay_actor::behavior_type
relay(relay_actor::stateful_pointer<relay_state> self, relay_setup setup);

} // namespace tocsin::actors
