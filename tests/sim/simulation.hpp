#pragma once
#include "tests/sim/hop.hpp"
#include "tests/sim/plan.hpp"

#include <memory>
#include <ostream>

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
  no_relay,        ///< gateways do not ask their servers
  clinging,        ///< gateways do not let go of help
};

struct options {
  std::ostream* trace = nullptr;
  sabotage defect = sabotage::none;
  bool loops = false; ///< federations: some seeds have loops of gateways
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
  // Of a federation.
  std::uint64_t relayed = 0; ///< requests of gateways that were granted
  std::uint64_t helped = 0;  ///< of those, by gateways that ask for help only
};

/// Runs one seed.
outcome run(std::uint64_t seed, const options& with = {});

/// One run: the nodes and their network, the script, and the judge.
class simulation {
public:
  simulation(std::uint64_t seed, const options& with);
  ~simulation();

  outcome run();

private:
  // script.cpp: what happens
  void spoil(server_node::settings& x) const;
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

  hop make_hop();

  std::uint64_t seed_;
  options options_;
  plan plan_;
  world world_;
  time_point born_;
  ledger ledger_{world_};
  std::unique_ptr<network> network_;
  std::unique_ptr<server_node> server_;
  std::vector<std::unique_ptr<client_node>> clients_;
  operators operators_{world_};
  std::optional<hop> hop_; ///< the only one
  std::optional<inspector> inspector_;
};

} // namespace tocsin::sim
