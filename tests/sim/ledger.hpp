#pragma once
#include "mitigators/rule.hpp"
#include "protocol/signal/body.hpp"
#include "storage/store.hpp"
#include "tests/sim/world.hpp"

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
  bool erased = false; ///< no longer on the disk
};

/// What the server's disk says of a request.
struct grant_history {
  time_point created;
  std::optional<time_point> expires; ///< nothing: never
  std::optional<time_point> grave;   ///< withdrawn by the client
  bool immediate = true;
  bool present = true;
};

/// The truth of a run: what is and was on the disks, by cuid and mid. Whatever
/// the nodes say is judged by it.
class ledger {
public:
  using name = std::pair<std::string, std::uint32_t>; ///< cuid, mid

  explicit ledger(world& in) : world_{in} {}

  void on_client_change(const std::string& cuid, const storage::change& x);
  void on_server_change(const storage::change& x);

  /// The operator was told that his order is durable.
  void acknowledged(const std::string& cuid, std::uint32_t mid);

  std::map<name, order_history>& orders() { return orders_; }
  const std::map<name, grant_history>& grants() const { return grants_; }

private:
  void on_client_record(const std::string& cuid,
                        const storage::mitigation_record& x);
  void on_client_audit(const std::string& cuid, const storage::audit_event& x);

  world& world_;
  std::map<name, order_history> orders_;
  std::map<name, grant_history> grants_;
};

} // namespace tocsin::sim
