#pragma once
#include "tests/sim/federation_node.hpp"
#include "tests/sim/federation_plan.hpp"
#include "tests/sim/hop.hpp"
#include "tests/sim/simulation.hpp"

#include <memory>
#include <vector>

namespace tocsin::sim {

/// One run of a federation: the nodes, the paths between neighbours, the
/// script, and the judge of what holds across hops. What holds at each hop is
/// the business of `inspector` and `judge`.
class federation {
public:
  federation(std::uint64_t seed, const options& with);
  ~federation();

  federation(const federation&) = delete;
  federation& operator=(const federation&) = delete;

  outcome run();

private:
  /// A node that serves others, with what is known of that.
  struct station {
    std::unique_ptr<network> net;
    std::unique_ptr<ledger> book;
    std::unique_ptr<hop> here;
    std::unique_ptr<inspector> watch;
  };

  /// Something that has lost its cause, and for how long, counted while all
  /// nodes that are to end it are there.
  struct orphan {
    duration age{};
    bool reported = false;
  };

  /// What all say at the end, by station.
  using hearing = std::vector<std::shared_ptr<testimony>>;
  using views = testimony::views;

  // federation.cpp: what there is
  void build_station(std::size_t i);
  void build_node(std::size_t i);
  void build_hop(std::size_t i);
  void on_durable(std::size_t node, const storage::change& x);
  std::size_t number_of(const std::string& name) const;
  std::size_t place_of(std::size_t node) const; ///< among its server's callers
  std::vector<std::size_t> stations() const;
  std::size_t levels() const;

  // federation_script.cpp: what happens
  time_point time_of(moment x) const { return born_ + x; }
  void schedule();
  void schedule_downtime(const downtime& x, std::size_t node);
  void schedule_site(std::size_t node);
  void schedule_lulls();
  void give_order(std::size_t node, const order_plan& x);
  void withdraw(std::size_t node, std::uint32_t mid);
  void report(std::size_t node, std::uint32_t mid);
  void for_all_orders(bool granted,
                      void (federation::*what)(std::size_t, std::uint32_t));
  void set_attacked(bool value);
  void heal();
  bool pass(duration x);
  void count(outcome& to) const;

  // federation_inspect.cpp: what must hold all the time
  void inspect();
  bool calm_behind(std::size_t node) const;
  bool wanted_at(std::size_t node, const protocol::signal::target& what) const;
  bool caused(std::size_t node, const protocol::signal::target& what) const;
  duration hold_of(std::size_t node) const;
  duration longest_hold(std::size_t node) const;
  void inspect_wishes(std::size_t node, duration step);
  void inspect_rules(std::size_t node, duration step);
  void inspect_promises(std::size_t node, duration step);
  bool open_above(std::size_t node) const;
  void judge_renewal(std::size_t server, const storage::mitigation_record& x);
  void grow_old(orphan& x, duration step, duration limit,
                const std::string& what);

  // federation_judge.cpp: what must hold at the end
  hearing hear();
  void judge_hops(const hearing& all);
  void judge_relay(std::size_t node, const hearing& all);
  void judge_help(std::size_t node, const views& wishes);
  void judge_status(std::size_t node, const actors::mitigation_view& x,
                    const views& wishes);
  void judge_promises(std::size_t client, const hearing& all);
  bool in_force_somewhere(std::size_t client,
                          const protocol::signal::target& what) const;

  std::uint64_t seed_;
  options options_;
  federation_plan plan_;
  world world_;
  time_point born_;
  std::vector<station> stations_; ///< by node; empty for clients
  std::vector<std::unique_ptr<member_node>> nodes_;
  std::vector<std::vector<protocol::signal::customer>> customers_; ///< by node
  operators operators_{world_};
  std::uint64_t changes_ = 0; ///< of mitigations on any disk
  time_point inspected_;
  std::map<std::pair<std::size_t, std::uint32_t>, orphan> wishes_; ///< by mid
  std::map<std::pair<std::size_t, std::string>, orphan> rules_;    ///< by id
  std::map<ledger::name, orphan> promises_;
};

/// Runs one seed.
outcome run_federation(std::uint64_t seed, const options& with = {});

} // namespace tocsin::sim
