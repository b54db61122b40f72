#pragma once
#include "actors/account.hpp"
#include "actors/client.hpp"
#include "actors/data_upstream.hpp"
#include "actors/datastore.hpp"
#include "actors/handover.hpp"
#include "actors/interfaces.hpp"
#include "actors/mitigator.hpp"
#include "actors/resolver.hpp"
#include "actors/siblings.hpp"
#include "actors/upstream.hpp"
#include "protocol/signal/conflict.hpp"
#include "protocol/signal/customer_table.hpp"
#include "protocol/signal/lifecycle.hpp"
#include "protocol/signal/redirect.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace tocsin::actors {

/// The data channel of a server node.
struct data_channel_setup {
  protocol::data::datastore_settings settings;
  std::string root = "/restconf"; ///< of RESTCONF
};

/// What a node consists of.
struct supervisor_setup {
  std::string name;
  std::string version;
  std::vector<std::string> roles;
  std::vector<std::string> listening; ///< for people
  epoch clock;
  std::unique_ptr<storage::store> store;
  pinned_names names;
  // server role
  protocol::signal::customer_table customers;
  /// Names of the MITIGATORs that serve a customer.
  std::map<std::string, std::vector<std::string>> mitigators_of;
  std::vector<mitigator_setup> mitigators;
  protocol::signal::lifecycle_settings life;
  std::chrono::seconds status_interval = default_status_interval;
  loss_of_signal loss;
  protocol::signal::conflict_rules conflicts;
  protocol::signal::redirect_settings redirects;
  std::uint32_t max_mitigations = 0;      ///< live, of the node; 0: not limited
  std::optional<data_channel_setup> data; ///< absent: there is none
  // client role; keeper and resolver are filled in
  std::vector<upstream_setup> upstreams;
  /// Data channels to some of these, by name; keeper and resolver as above.
  std::vector<data_upstream_setup> data_upstreams;
  std::optional<siblings_setup> siblings; ///< absent: there are none
  // Simulation of a node, which has to be exact and to die at any moment.
  /// Makes the KEEPER; absent: the one of `store`, whose writer is a thread.
  std::function<keeper_actor()> make_keeper;
  /// Sees every part of the node that is started.
  std::function<void(const caf::actor&)> started;
};

/// State of the SUPERVISOR: root of the tree. KEEPER, REGISTRY and RESOLVER are
/// what everything rests on: if one of them fails, the node ends in an orderly
/// way and is started anew from its store. All others are restarted alone.
class supervisor_state {
public:
  static inline const char* name = "supervisor";

  explicit supervisor_state(supervisor_actor::pointer self) : self_{self} {}

  void init(supervisor_setup setup);
  caf::result<ack> ready();
  caf::result<caf::strong_actor_ptr> find_client(const std::string& customer,
                                                 const std::string& cuid,
                                                 bool create);
  caf::result<caf::strong_actor_ptr> find_upstream(const std::string& wanted);
  caf::result<caf::strong_actor_ptr>
  find_data_upstream(const std::string& wanted);
  void abandon(const std::string& customer, const std::string& cuid);
  caf::result<node_view> node();
  caf::result<std::vector<mitigation_view>> list();
  caf::result<mitigation_view> status(const mitigation_name& which);
  caf::result<mitigation_view> revoke(const mitigation_name& which,
                                      const std::string& why);
  caf::result<mitigation_view> decide(const mitigation_name& which,
                                      const operator_order& what);
  caf::result<mitigation_view> order(const mitigate_order& what);
  caf::result<mitigation_view> report(const mitigation_name& which,
                                      protocol::signal::attack_status what);
  caf::result<std::vector<session_view>> sessions(std::uint64_t limit);
  caf::result<std::vector<storage::audit_event>> audit(std::uint64_t limit);
  void on_opened(const session_opened& x, caf::strong_actor_ptr session);
  void on_gone(std::uint64_t id, session_end how);
  void adopt(const std::string& customer, const std::string& cuid,
             const std::string& identity);
  void on_health(std::uint64_t mitigator, bool up);
  void on_silent(std::uint64_t id, std::uint32_t missed);
  storage::session_record session_config(const std::string& customer,
                                         const std::string& identity) const;
  caf::result<ack> store_config(const storage::session_record& x);
  caf::result<node_view> redirect(const redirect_wish& wish);
  void open_client_upstream(const std::string& which, const std::string& cdid);
  void close_client_upstream(const std::string& which);
  void on_down(const caf::down_msg& msg);
  caf::result<ack> finish();
  void on_tick();
  void watch_load();
  caf::result<caf::strong_actor_ptr>
  find_datastore(const std::string& customer);
  void on_data_opened(const data_opened& x, caf::strong_actor_ptr session);
  void on_data_gone(const data_ended& x);
  void on_abilities(std::uint64_t mitigator,
                    const protocol::data::filter_abilities& can);
  caf::result<std::vector<data_client_view>> data_clients();
  caf::result<data_client_details> data_client(const data_client_name& which);
  caf::result<sibling_greeting> greet_sibling(const sibling_greeting& x);
  sibling_holdings holdings() const;
  void on_sibling(const std::string& name, bool up);
  caf::result<std::vector<handover_result>>
  hand_over(const handover_wish& wish);
  void on_handover(handover_result x);
  void begin_handovers();
  void on_moved(const std::pair<std::string, std::string>& key);
  caf::result<ack> take_over(const std::string& sibling,
                             const sibling_parcel& x);
  caf::result<ack> settle(const std::string& sibling, const sibling_client& x,
                          bool ours);
  void look_again(std::uint64_t wait);

private:
  using client_key = std::pair<std::string, std::string>; ///< customer, cuid

  result<client_key> find_name(const mitigation_name& which) const;
  template <class Verb, class... Args>
  caf::result<mitigation_view> ask_client(const mitigation_name& which,
                                          Verb verb, const Args&... args);
  client_actor spawn_client(const client_key& key);
  void spawn_mitigator(std::size_t index);
  void spawn_upstream(std::size_t index);
  void restore(const storage::snapshot& all);
  void restored();
  void restart_client(const client_key& key);
  void forget_client(const client_key& key);

  // supervisor_data_upstreams.cpp
  void spawn_data_upstream(std::size_t index);
  void restore_data_upstreams(const storage::snapshot& all);
  bool restart_data_upstream(const caf::actor_addr& dead);
  void introduce(const std::string& upstream);
  void summarize_data(std::shared_ptr<node_view> view,
                      std::function<void()> done);

  // supervisor_data.cpp
  datastore_actor spawn_datastore(const std::string& customer);
  bool serves(std::size_t mitigator, const std::string& customer) const;
  bool takes_filters(std::size_t mitigator) const;

  // supervisor_upstreams.cpp
  std::optional<std::size_t> upstream_index(const std::string& wanted) const;
  void set_patterns_apart();
  void restore_client_upstreams(const storage::snapshot& all);
  void introduce_client_upstreams();
  void add_client_upstream(const std::string& which, const std::string& cdid);
  bool is_gateway_for(const std::string& customer) const;
  bool answers_end_to_end(const std::string& customer) const;
  mitigator_actor spawn_relay(const mitigator_setup& x);
  bool restart_upstream(const caf::actor_addr& dead);
  void tell_relays(const std::string& upstream);
  void load_upstream(const std::string& which);
  protocol::data::filter_abilities
  abilities_for(const std::string& customer) const;
  void restore_data();
  bool restart_datastore(const caf::actor_addr& dead);
  bool forget_data_session(const caf::actor_addr& dead);

  // supervisor_redirect.cpp
  void restore_redirect(const storage::session_record& stored);
  protocol::signal::node_load load();
  redirect_order order_for(protocol::signal::redirect_moment moment);
  void review();
  void greet(const session_actor& session, const peer_name& peer);
  /// `filters`: only those that take filter sets.
  mitigator_table table_of(const std::string& customer,
                           bool filters = false) const;
  void fail_node(const std::string& what, const caf::down_msg& msg);
  void watch(const caf::actor& part);
  void spawn_keeper();
  resolver_actor resolver_of(const transports::name_servers& network);
  void stop_rest();

  // supervisor_siblings.cpp
  using ack_promise = caf::typed_response_promise<ack>;
  using peer_key = std::pair<std::string, std::string>; ///< customer, identity
  void spawn_siblings();
  bool restart_siblings(const caf::down_msg& msg);
  const sibling_setup* sibling_named(const std::string& name) const;
  redirect_order order_to(const std::string& sibling) const;
  redirect_order moved_order(const peer_key& peer);
  void tell_moved(const peer_key& peer);
  void take_back(const peer_key& peer);
  void begin_handover(const client_key& key);
  void spawn_handover(handover_record what, client_actor client);
  void end_handover(const handover_record& x);
  void end_round();
  void restore_handover(const storage::session_record& x);
  void resume_handovers();
  void adopt_taken(const client_key& key, storage::snapshot given,
                   ack_promise promise);
  void await_force(const client_actor& client, time_point until,
                   ack_promise promise);

  // supervisor_orders.cpp: the operator as a client
  using view_promise = caf::typed_response_promise<mitigation_view>;
  void ask_as_client(dots_request request, view_promise promise);

  supervisor_actor::pointer self_;
  supervisor_setup setup_;
  keeper_actor keeper_;
  registry_actor registry_;
  resolver_actor resolver_;
  /// Those of single networks.
  std::vector<std::pair<transports::name_servers, resolver_actor>> resolvers_;
  std::vector<mitigator_actor> mitigators_;
  std::vector<upstream_actor> upstreams_;          ///< as in `setup_`
  std::map<std::string, upstream_setup> patterns_; ///< see `per_client`
  std::vector<data_upstream_actor> data_upstreams_;
  std::map<client_key, client_actor> clients_;
  std::map<std::string, std::string> cuids_; ///< to the customer using it
  std::map<std::string, datastore_actor> datastores_; ///< by customer
  std::map<std::uint64_t, data_session_actor> data_sessions_;
  std::vector<storage::data_snapshot> stored_data_; ///< not restored yet
  std::map<std::string, std::shared_ptr<account>> accounts_;
  struct session_entry {
    session_actor handle;
    peer_name peer;
  };
  std::map<std::uint64_t, session_entry> sessions_;
  std::map<peer_key, std::set<std::uint64_t>> sessions_of_;
  std::map<peer_key, std::set<client_key>> clients_of_;
  std::map<client_key, std::string> identities_;
  std::vector<bool> in_service_; ///< MITIGATORs that are
  std::vector<bool> known_;      ///< MITIGATORs that said whether they are
  protocol::signal::redirect_policy redirects_;
  std::optional<protocol::signal::alternate_server> maintenance_;
  redirect_order redirect_; ///< as the sessions were told
  /// By customer and identity.
  std::map<std::pair<std::string, std::string>, storage::session_record>
      configs_;
  siblings_actor siblings_;
  std::set<std::string> joined_; ///< siblings that are there
  /// Clients that were handed over lately.
  struct moved_entry {
    std::string sibling;
    time_point until; ///< of the redirect
    std::set<client_key> clients;
  };
  std::map<peer_key, moved_entry> moved_;
  std::map<caf::actor_addr, handover_record> handovers_; ///< under way
  std::vector<handover_record> unsettled_;               ///< not resumed yet
  /// What siblings gave and have not settled, by the name of the record.
  std::map<std::string, storage::session_record> taken_;
  /// What an operator asked for.
  struct handover_round {
    handover_wish wish;
    std::deque<client_key> waiting;
    std::set<client_key> open;
    std::vector<handover_result> results;
    caf::typed_response_promise<std::vector<handover_result>> promise;
  };
  std::optional<handover_round> round_;
  struct wait_for_force {
    client_actor client;
    time_point until;
    ack_promise promise;
  };
  std::map<std::uint64_t, wait_for_force> waits_;
  std::uint64_t next_wait_ = 1;
  time_point born_;
  std::uint32_t last_order_ = 0; ///< mid
  std::size_t restoring_ = 0;
  bool ready_ = false;
  bool finishing_ = false;
  time_point last_goodbye_; ///< to data sessions
  std::vector<caf::typed_response_promise<ack>> waiting_;
  caf::typed_response_promise<ack> finished_;
};

/// Spawns the SUPERVISOR, and with it the node.
supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           std::shared_ptr<supervisor_setup> setup);

} // namespace tocsin::actors
