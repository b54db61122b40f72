#pragma once
#include "tests/sim/ledger.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/operators.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace tocsin::sim {

/// Who calls a server: a client, or a gateway in its role as one.
struct caller {
  std::string cuid;
  node* who = nullptr;
  const protocol::signal::customer* customer = nullptr;
  /// The transport of its session in the end, if that is certain.
  std::optional<std::string_view> transport;
};

/// One server and its callers: what there is to be judged, be it the whole of a
/// world or a part of it. What it refers to outlives it.
struct hop {
  std::string name; ///< of the server, for reports; empty: there is only one
  world& in;
  ledger& book;
  network& net;
  node& server;
  site* device; ///< null: it only asks a server of its own
  protocol::signal::conflict_rules conflicts;
  std::chrono::seconds terminating;
  std::vector<caller> callers;       ///< by number in the network
  std::uint64_t sessions_beyond = 0; ///< of the node, in other roles
  /// The device sees no attack: what is in force may say so.
  bool lull = false;

  /// The number of whoever has this cuid.
  std::size_t caller_of(const std::string& cuid) const;
  const protocol::signal::customer& customer_of(const std::string& cuid) const {
    return *callers[caller_of(cuid)].customer;
  }
  void violate(const std::string& what) const {
    in.violate(name.empty() ? what : name + ": " + what);
  }
  /// It has not just changed: where a rival takes its place and it takes the
  /// rival's, again and again, the device follows a moment later.
  bool settled(const ledger::name& which) const;
};

/// From a change on the disk to the device, when both work.
inline constexpr duration enforcement_patience = std::chrono::seconds{30};

/// A server and a device that work for so long have everything in force: the
/// longest pause before a driver is started again, and before enforcement is
/// tried again, is a minute.
inline constexpr duration calm = std::chrono::minutes{3};

/// What is about to end may be gone on one side already, seconds.
inline constexpr std::int64_t nearly_over = 60;

/// Whose rules these are.
std::set<ledger::name>
names_of(const std::map<std::string, mitigators::rule>& rules);

/// It is to be in force, as far as this view goes.
bool live(const actors::mitigation_view& x);
bool ends_soon(const actors::mitigation_view& x);

/// What must hold all the time (inspect.cpp).
class inspector {
public:
  explicit inspector(hop& what) : hop_{what} {}

  /// From now on it sees every rule that is put into force, and every change on
  /// the server's disk that is to be judged at once.
  void watch();

  /// To be called about once a minute.
  void inspect();

private:
  void judge_rule(const mitigators::rule& x);
  void judge_trigger(const ledger::name& which);
  void judge_deactivation(const ledger::name& which);
  bool judge_sleeper(const ledger::name& which, const grant_history& x,
                     bool enforced);
  void inspect_grants();
  void inspect_rules();
  void inspect_conflicts();
  void inspect_own(const ledger::name& a, const grant_history& x,
                   const ledger::name& b, const grant_history& y);
  bool rivals(const ledger::name& a, const ledger::name& b) const;
  std::set<ledger::name> enforced() const;

  hop& hop_;
  std::map<ledger::name, time_point> unwanted_; ///< rules, and since when
  /// Pairs that are in force and must not, and since when.
  std::map<std::pair<ledger::name, ledger::name>, time_point> quarrels_;
  /// Deactivated ones in whose way nobody stands, and since when.
  std::map<ledger::name, time_point> free_;
};

/// What both sides say.
struct testimony {
  using views = std::vector<actors::mitigation_view>;
  std::vector<std::optional<views>> callers; ///< what they ask of this server
  std::optional<views> server;               ///< what it does for them
  std::optional<actors::node_view> node;
  std::vector<std::optional<std::vector<actors::session_view>>> sessions;
};

/// What must hold at the end, when everything has healed (judge.cpp).
class judge {
public:
  judge(const hop& what, operators& through) : hop_{what}, desk_{through} {}

  /// Asks everybody; lets a second pass.
  testimony hear();
  /// The two halves of that, where several are asked at once.
  std::shared_ptr<testimony> ask();
  void judge_answers(const testimony& x);

  /// Each caller has one session, and it is up.
  void judge_sessions(const testimony& x);
  /// Who could come back to UDP has done so; who cannot lives with TCP.
  void judge_transports(const testimony& x);
  /// Both sides say the same, and nothing that was acknowledged is lost.
  void judge_agreement(const testimony& x);
  /// What the server said that it knows, it knows.
  void judge_reports(const testimony& x);
  /// The device does what the server believes.
  void judge_rules(const testimony& x);
  /// When nobody wants anything any more, nothing is left.
  void judge_base(const testimony& x);

private:
  void judge_order(const ledger::name& which, const order_history& x,
                   const testimony& all);

  const hop& hop_;
  operators& desk_;
};

} // namespace tocsin::sim
