#pragma once
#include "tests/sim/ledger.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/plan.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <ostream>
#include <set>

namespace tocsin::sim {

/// Defects that a run may be given, to prove that the judge sees them.
enum class sabotage : std::uint8_t {
  none,
  server_forgets,  ///< the server's disk acknowledges and forgets
  client_forgets,  ///< so does each client's
  rules_stay,      ///< the device does not give up rules
  rules_vanish,    ///< the device loses its rules now and then
  link_stays_dead, ///< what is called healed is not
  impatience,      ///< the server gives clients up at the first silence
  patience,        ///< it waits for longer than agreed
  no_arbiter,      ///< it does not decide conflicts
};

struct options {
  std::ostream* trace = nullptr;
  sabotage defect = sabotage::none;
};

/// What a run has shown.
struct outcome {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0; ///< of everything that happened
  duration virtual_time{};
  std::vector<std::string> violations;
  // How much was going on: a run in which nothing happens proves nothing.
  std::uint64_t datagrams = 0;
  std::uint64_t orders = 0;
  std::uint64_t grants = 0;
  std::uint64_t refusals = 0;
  std::uint64_t losses = 0;      ///< sessions lost by silence
  std::uint64_t triggered = 0;   ///< orders by loss of signal
  std::uint64_t deactivated = 0; ///< orders by a conflict
  std::uint64_t superseded = 0;  ///< orders by later ones of the same client
  std::uint64_t reports = 0;     ///< of efficacy, answered
  std::uint64_t streams = 0;     ///< sessions over TCP
};

/// Runs one seed.
outcome run(std::uint64_t seed, const options& with = {});

/// From a change on the disk to the device, when both work.
inline constexpr duration enforcement_patience = std::chrono::seconds{30};

/// Whose rules these are.
std::set<ledger::name>
names_of(const std::map<std::string, mitigators::rule>& rules);

/// One run: the nodes and their network, the script, and the judge.
class simulation {
public:
  simulation(std::uint64_t seed, const options& with);
  ~simulation();

  outcome run();

private:
  using views = std::vector<actors::mitigation_view>;

  /// What both sides say at the end.
  struct testimony {
    std::vector<std::optional<views>> clients; ///< by client
    std::optional<views> server;
    std::optional<actors::node_view> node;
    std::vector<std::optional<std::vector<actors::session_view>>> sessions;
  };

  /// What an operator does, within his actor.
  using inquiry = std::function<void(caf::event_based_actor*)>;

  // script.cpp: what happens
  void spoil(server_node::settings& x) const;
  void ask(inquiry what);
  void schedule();
  void schedule_orders(std::size_t client);
  void schedule_downtime(const downtime& x, node& who);
  void give_order(std::size_t client, const order_plan& x);
  void withdraw(std::size_t client, std::uint32_t mid);
  void report(std::size_t client, std::uint32_t mid);
  void report_everything();
  void heal();
  void withdraw_everything();
  bool pass(duration x);
  time_point time_of(moment x) const { return born_ + x; }

  // inspect.cpp: what must hold all the time
  void judge_rule(const mitigators::rule& x);
  void judge_trigger(const ledger::name& which);
  void judge_deactivation(const ledger::name& which);
  void inspect();
  bool judge_sleeper(const ledger::name& which, const grant_history& x,
                     bool enforced);
  void inspect_grants();
  void inspect_rules();
  void inspect_conflicts();
  void inspect_own(const ledger::name& a, const grant_history& x,
                   const ledger::name& b, const grant_history& y);
  bool rivals(const ledger::name& a, const ledger::name& b) const;
  bool settled(const ledger::name& which);

  // judge.cpp: what must hold at the end
  testimony hear();
  void judge_agreement(const testimony& x);
  void judge_order(const ledger::name& which, const order_history& x,
                   const testimony& all);
  void judge_reports(const testimony& x);
  void judge_sessions(const testimony& x);
  void judge_transports(const testimony& x);
  void judge_rules(const testimony& x);
  void judge_base(const testimony& x);
  std::size_t client_of(const std::string& cuid) const;
  const protocol::signal::customer& customer_of(const std::string& cuid) const;

  std::uint64_t seed_;
  options options_;
  plan plan_;
  world world_;
  time_point born_;
  ledger ledger_{world_};
  std::unique_ptr<network> network_;
  std::unique_ptr<server_node> server_;
  std::vector<std::unique_ptr<client_node>> clients_;
  caf::actor operators_; ///< asks the nodes, and hears their answers
  std::deque<inquiry> inquiries_;
  std::map<ledger::name, time_point> unwanted_; ///< rules, and since when
  /// Pairs that are in force and must not, and since when.
  std::map<std::pair<ledger::name, ledger::name>, time_point> quarrels_;
  /// Deactivated ones in whose way nobody stands, and since when.
  std::map<ledger::name, time_point> free_;
};

} // namespace tocsin::sim
