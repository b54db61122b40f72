#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "protocol/data/agent_view.hpp"
#include "protocol/data/datastore.hpp"
#include "protocol/data/entry_totals.hpp"
#include "protocol/restconf/handler.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace tocsin::actors {

/// Edits of one customer that wait for the one under way. Sessions have one
/// request each, so that only a defect would reach it; the answer is 503 then.
inline constexpr std::size_t max_waiting_edits = 256;

struct datastore_setup {
  std::shared_ptr<const protocol::signal::customer> who;
  protocol::data::datastore_settings settings;
  std::string root = "/restconf"; ///< of RESTCONF
  keeper_actor keeper;
  mitigator_table mitigators;
  epoch clock;
};

/// State of a DATASTORE: what the clients of one customer have set up over
/// their data channels. The machine is protocol::data::datastore; the actor
/// makes its edits durable, one at a time, and brings the filters that are in
/// force to the customer's MITIGATORs.
class datastore_state {
public:
  static inline const char* name = "datastore";

  explicit datastore_state(datastore_actor::pointer self) : self_{self} {}

  void init(datastore_setup setup);
  ack restore(const storage::data_snapshot& stored);
  caf::result<http_answer> serve(http_call call);
  caf::result<protocol::signal::target> resolve(const alias_query& x);
  caf::result<filter_answer> control(filter_order x);
  std::vector<protocol::data::accepted_traffic>
  accepted(const std::string& identity, const std::string& cuid) const;
  void set_mode(const std::string& cuid, bool mitigating);
  void adopt(mitigator_table mitigators);
  void learn(const protocol::data::filter_abilities& can);
  void count(const std::vector<mitigators::entry_counters>& xs);
  void report(const enforcement_report& x);
  std::vector<data_client_view> list() const;
  caf::result<data_client_details> details(const std::string& cuid) const;
  void on_tick(std::uint64_t generation);

private:
  /// Which access control entry an entry of a filter set is.
  struct entry_name {
    std::string acl, ace;
    bool drops = false;
  };

  /// The filter set of a client as MITIGATORs have it.
  struct installed_set {
    std::string cuid;
    mitigators::filter_set what;
    std::map<std::string, entry_name> names;       ///< by id of an entry
    std::map<std::string, enforcement_view> sites; ///< by MITIGATOR
    /// What MITIGATORs have counted, by id of an entry.
    std::map<std::string, protocol::data::entry_totals> totals;
  };

  protocol::signal::instant instant() const;
  std::string set_id(const std::string& cuid) const;
  protocol::restconf::request to_request(const http_call& call) const;
  void edit(std::function<void()> work);
  void next_edit();
  void serve_edit(const http_call& call,
                  caf::typed_response_promise<http_answer> promise);
  /// Why an edit is made, for the audit trail, and what is stored with it.
  struct edit_reason {
    std::string who;     ///< empty: this node
    std::string what;    ///< the request
    bool signal = false; ///< filter control
    storage::transaction with = {};
  };

  storage::transaction to_store(const protocol::data::staged_edit& x,
                                edit_reason why) const;
  void store(protocol::data::staged_edit x, edit_reason why,
             std::function<void(const failure*)> then);
  void in_force(const protocol::data::staged_edit& x, bool signal);
  void serve_control(filter_order x,
                     caf::typed_response_promise<filter_answer> promise);
  void tell_client(const protocol::data::staged_edit& x);
  void refresh_filters(const std::string& cuid);
  void install(const installed_set& x);
  // datastore_report.cpp
  data_client_view summary(const protocol::data::client_state& x) const;
  data_alias_view alias_view(const protocol::data::client_state& x,
                             const protocol::data::stored_entry& alias) const;
  data_acl_view acl_view(const protocol::data::client_state& x,
                         const protocol::data::stored_entry& acl,
                         const protocol::data::statistics& counted) const;
  std::uint64_t left_of(const protocol::data::stored_entry& x) const;

  void expire();
  void arm();

  datastore_actor::pointer self_;
  datastore_setup setup_;
  std::unique_ptr<protocol::data::datastore> store_;
  std::unique_ptr<protocol::restconf::handler> restconf_;
  std::deque<std::function<void()>> waiting_;
  bool editing_ = false; ///< an edit is on its way to the KEEPER
  /// CLIENTs that mitigate, by cuid.
  std::map<std::string, caf::weak_actor_ptr, std::less<>> mitigating_;
  std::map<std::string, installed_set> sets_; ///< by id
  alarm alarm_;
  std::optional<time_point> pause_until_; ///< expiry could not be stored
};

/// Spawns the DATASTORE of one customer.
datastore_actor::behavior_type
datastore(datastore_actor::stateful_pointer<datastore_state> self,
          std::shared_ptr<datastore_setup> setup);

} // namespace tocsin::actors
