#pragma once
#include "mitigators/rule.hpp"
#include "protocol/signal/body.hpp"
#include "storage/store.hpp"
#include "tests/sim/world.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace tocsin::sim {

/// What became of an operator's order, as the disk of his node tells.
struct order_history {
  protocol::signal::mitigation request;
  bool renew = false;
  time_point durable;
  bool acknowledged = false;           ///< the operator was told so
  std::optional<time_point> withdrawn; ///< the wish to end it is durable
  std::optional<time_point> granted;   ///< first
  std::optional<time_point> confirmed; ///< the server confirmed the end
  std::optional<time_point> expires;   ///< as last granted
  bool indefinite = false;
  bool refused = false;
  bool superseded = false; ///< by a later order of the same client
  bool ended = false;      ///< by the server, as it says
  bool erased = false;     ///< no longer on the disk
};

/// What the server's disk says of a request.
struct grant_history {
  time_point since; ///< it is what it is: active, armed or deactivated
  std::optional<time_point> expires; ///< nothing: never
  std::optional<time_point> grave;   ///< withdrawn by the client
  bool immediate = true;
  bool armed = false;     ///< waits for the loss of signal
  bool running = true;    ///< to be enforced, unless suspended
  bool in_force = false;  ///< and is, as far as the server knows
  bool suspended = false; ///< lost a conflict
  bool nobody = false;    ///< which nobody won
  bool left = false;      ///< its client said goodbye
  bool present = true;
  std::uint64_t triggered = 0;      ///< so often
  std::uint64_t lost_conflicts = 0; ///< so often
  protocol::signal::target what;
};

/// What a client reported of how well its mitigation works.
struct report_history {
  protocol::signal::attack_status what{};
  time_point asked;
  time_point answered;
  bool lone = true; ///< no other report was under way
};

/// The truth of a run: what is and was on the disks, by cuid and mid. Whatever
/// the nodes say is judged by it.
class ledger {
public:
  using name = std::pair<std::string, std::uint32_t>; ///< cuid, mid

  /// `server`: its name in the record.
  explicit ledger(world& in, std::string server = "server")
      : world_{in}, server_{std::move(server)} {}

  void on_client_change(const std::string& cuid, const storage::change& x);
  void on_server_change(const storage::change& x);

  /// The operator was told that his order is durable.
  void acknowledged(const std::string& cuid, std::uint32_t mid);

  /// He reports how well it works, and was told that the server knows.
  void reporting(const name& which, protocol::signal::attack_status what);
  void reported(const name& which, protocol::signal::attack_status what);

  /// Called when the loss of signal starts one, on the server's disk, and when
  /// one loses a conflict.
  std::function<void(const name&)> triggered, deactivated;

  std::map<name, order_history>& orders() { return orders_; }
  const std::map<name, grant_history>& grants() const { return grants_; }
  const std::map<name, report_history>& reports() const { return reports_; }

private:
  void on_client_record(const std::string& cuid,
                        const storage::mitigation_record& x);
  void on_client_audit(const std::string& cuid, const storage::audit_event& x);
  void on_server_record(const storage::mitigation_record& x);
  void judge_superseded(const name& which);

  world& world_;
  std::string server_;
  std::map<name, order_history> orders_;
  std::map<name, grant_history> grants_;
  std::map<name, time_point> asked_; ///< latest reports, answered or not
  std::map<name, bool> pending_;     ///< they are the only ones under way
  std::map<name, report_history> reports_;
};

/// "cuid/mid", for records and reports.
std::string text(const ledger::name& x);

} // namespace tocsin::sim
