#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "actors/rules.hpp"
#include "protocol/signal/attack_watch.hpp"
#include "protocol/signal/drop_rates.hpp"
#include "protocol/signal/escalation.hpp"
#include "protocol/signal/lifecycle.hpp"

#include <map>
#include <memory>

namespace tocsin::actors {

/// What a MITIGATION is born with.
struct mitigation_setup {
  scope_owner owner;
  std::shared_ptr<const protocol::signal::customer> who;
  protocol::signal::target what;
  name_addresses names;
  bool immediate = true;
  std::int64_t lifetime = 3600; ///< granted, or left after a restart; -1: none
  unix_seconds start = 0;       ///< mitigation-start of a restored one
  bool restored = false;
  /// Of a restored one.
  protocol::signal::status state = protocol::signal::status::in_progress;
  mitigator_table mitigators;
  std::uint8_t hop_limit = 0; ///< as the request came (RFC 8768); 0: not said
  std::string cdid = {};      ///< of the client's domain
  bool approved = true;       ///< by an administrator, or nobody asks one
  /// MITIGATORs that he chose; empty: as configured.
  std::vector<std::string> chosen = {};
  bool help_ordered = false; ///< by the operator
  resolver_actor resolver;
  client_actor parent;
  epoch clock;
  protocol::signal::lifecycle_settings life;
};

/// How often names are looked up again while their mitigation lives. The
/// system's resolver does not tell TTLs (RFC 9132, Section 4.4.1.1 asks for
/// repeated checks).
inline constexpr std::chrono::seconds name_refresh{60};

/// Reason of a revocation in favour of a higher mid of the same client, which
/// goes unreported (RFC 9132, Section 4.4.1.3).
inline constexpr std::string_view superseded = "superseded";

/// Reason of a revocation of a preconfigured one, which is armed again later
/// (RFC 9132, Section 4.4.1.3).
inline constexpr std::string_view made_way =
    "an immediate request of the same client overlaps it";

/// State of a MITIGATION: the lifecycle machine, the rules it stands for and
/// how far each MITIGATOR is with them.
class mitigation_state {
public:
  static inline const char* name = "mitigation";

  explicit mitigation_state(mitigation_actor::pointer self) : self_{self} {}

  void init(mitigation_setup setup);
  void launch(); // not begin(): CAF takes that for a container
  void refresh(std::int64_t lifetime);
  void withdraw();
  void revoke(const std::string& why);
  void on_signal_lost();
  void on_reported();
  void on_efficacy(protocol::signal::attack_status x);
  void on_hops(std::uint8_t limit);
  void on_decision(const operator_order& x);
  void adopt(mitigator_table table);
  void on_report(const enforcement_report& x);
  void on_counters(caf::actor_id site, const std::string& rule,
                   std::uint64_t packets, std::uint64_t octets);
  void on_attack(caf::actor_id site, const std::string& rule, bool goes_on);
  void on_tick(std::uint64_t generation);
  mitigation_view view() const;
  const client_actor& parent() const { return setup_.parent; }

private:
  using step = protocol::signal::lifecycle_step;
  using event = protocol::signal::lifecycle_event;
  using progress = enforcement_report::state;

  struct deployment {
    mitigator_actor handle;
    std::map<std::string, progress> rules;
    std::string detail;
    bool blind = false; ///< as enforcement_report says
    /// Absent: it is asked from the start.
    std::optional<protocol::signal::escalation> help = {};
    bool overloaded = false; ///< as enforcement_report says
    bool relay = false;      ///< as mitigator_table says
    bool picked = false;     ///< by an administrator, see mitigation_setup
    protocol::signal::value_bounds takes = {}; ///< as mitigator_table says
    std::uint8_t answer = 0;                   ///< as enforcement_report says
    std::optional<protocol::signal::conflict_information> conflict = {};
  };

  /// What one rule of one MITIGATOR shows.
  struct source {
    protocol::signal::drop_rates dropped;
    protocol::signal::attack_watch attack;
  };
  /// Of what is dropped, per second.
  struct rate {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
  };
  using source_key = std::pair<caf::actor_id, std::string>;

  protocol::signal::instant now() const;
  void feed(const event& x);
  void apply(const step& x);
  void enforce();
  bool wanted(const deployment& site) const;
  bool takes(const deployment& site) const;
  void enforce_at(deployment& site);
  void drop_rules(deployment& site);
  void withdraw_everywhere();
  void replace_rules(std::vector<mitigators::rule> next);
  std::vector<mitigators::rule> make_rules() const;
  void look_up_names();
  void on_names(name_addresses found);
  void judge();
  source& source_of(caf::actor_id site, const std::string& rule);
  void watch(const deployment& site, const enforcement_report& x);
  protocol::signal::attack_phase attack() const;
  void judge_attack();
  void arm();
  void publish();

  // mitigation_help.cpp: mitigators that are called for help only
  void consider_help();
  void consider_help(const std::string& where, deployment& site);
  bool is_overloaded() const;
  bool is_helped() const;
  bool have_failed() const;
  bool are_unreachable() const;
  rate dropped_of_late() const;
  bool sees_attack(const deployment& site) const;
  std::optional<time_point> help_due() const;

  // mitigation_orders.cpp: what operators decide
  void approve(const operator_order& x);
  void order_help(bool call);

  // mitigation_repair.cpp: mitigators that failed where others do not
  void plan_repair();
  void repair();

  progress progress_of(const deployment& x) const;

  mitigation_actor::pointer self_;
  mitigation_setup setup_;
  protocol::signal::mitigation_lifecycle life_;
  std::vector<mitigators::rule> rules_;
  std::map<std::string, deployment> sites_; ///< by MITIGATOR name
  /// By MITIGATOR and rule: one that is started again counts anew.
  std::map<source_key, source> sources_;
  std::optional<time_point> enforced_since_;
  alarm alarm_;
  std::optional<time_point> names_due_;
  std::optional<time_point> attack_due_; ///< of the next look at the attack
  std::optional<time_point> repair_due_;
  std::chrono::seconds repair_pause_{0}; ///< before that
  std::string note_;
};

/// Spawns the MITIGATION of one request.
mitigation_actor::behavior_type
mitigation(mitigation_actor::stateful_pointer<mitigation_state> self,
           std::shared_ptr<mitigation_setup> setup);

} // namespace tocsin::actors
