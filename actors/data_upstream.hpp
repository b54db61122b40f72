#pragma once
#include "actors/interfaces.hpp"
#include "protocol/data/provisioner.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace tocsin::actors {

/// What a DATA UPSTREAM is told when it starts.
struct data_upstream_setup {
  std::string name;   ///< of the upstream
  std::string server; ///< "host:port", for people
  protocol::data::provision_settings provision;
  /// What the server shall hold by the configuration.
  std::vector<protocol::data::wanted_entry> wanted;
  /// Starts the DATA CLIENT, which asks that RESOLVER for addresses.
  std::function<result<data_client_actor>(const resolver_actor& names)> open;
  keeper_actor keeper;
  resolver_actor resolver;
  epoch clock;
  /// Orders of operators that may wait for their turn.
  std::size_t waiting = 32;
};

/// As which "customer" the store keeps what a DATA UPSTREAM remembers. No
/// customer has a name with a space.
std::string data_store_key(const std::string& upstream);

/// State of a DATA UPSTREAM: keeps one server in step with what the
/// configuration and the operator want of it, and carries out what operators
/// ask of its data channel. One request is under way at a time; orders go
/// before what is done unasked.
///
/// What is wanted is durable before the server is told of it, under the cuid
/// that is used: after a restart, or a change of the cuid, all of it is found
/// again, at the server and here.
class data_upstream_state {
public:
  static inline const char* name = "data-upstream";

  explicit data_upstream_state(data_upstream_actor::pointer self)
      : self_{self}, machine_{{}} {}
  ~data_upstream_state();

  void init(data_upstream_setup setup);
  ack restore(const storage::data_snapshot& stored);
  void use(const std::string& cuid, const caf::strong_actor_ptr& upstream);
  caf::result<data_reply> order(data_order what);
  std::string summary() const;
  void on_tick();
  void on_down(const caf::down_msg& msg);
  void finish();

  /// Of the KEEPER; it answers when the disk has it.
  static constexpr std::chrono::seconds store_patience{60};

private:
  struct errand {
    data_order what;
    time_point until{};
    caf::typed_response_promise<data_reply> promise{};
    std::deque<protocol::data::wanted_entry> to_put;
    std::vector<std::string> created, replaced;
  };
  using errand_ptr = std::shared_ptr<errand>;
  using answer_function =
      std::function<void(const result<protocol::restconf::response>&)>;

  time_point now() const { return self_->clock().now(); }
  unix_seconds wall() const { return setup_.clock.at(now()); }
  bool is_configured(const protocol::data::entry_name& x) const;
  storage::edit_data record_of(const protocol::data::wanted_entry& x,
                               bool ordered) const;
  storage::append_audit audit(const std::string& who, const std::string& action,
                              const protocol::data::entry_name& x,
                              const std::string& outcome) const;
  void begin_use();
  void work();
  void arm();
  void arm_at(time_point due);
  void open();
  void ask(const protocol::restconf::request& x, duration patience,
           answer_function then);
  void release();
  void step();

  // data_upstream_events.cpp
  void note(const std::vector<protocol::data::provision_event>& events);
  void tell(const protocol::data::provision_event& x,
            storage::transaction& changes);
  void tell_upstream();
  void persist(storage::transaction changes);

  // data_upstream_orders.cpp
  bool serve_order();
  void fail_orders(const failure& why);
  void expire_orders();
  void run(const errand_ptr& x);
  void conclude(const errand_ptr& x, const result<data_reply>& outcome);
  void store_then(const errand_ptr& x, storage::transaction changes,
                  std::function<void()> then);
  result<data_reply> read(const data_order& what,
                          const protocol::restconf::response& answer) const;
  result<data_reply>
  read_capabilities(const protocol::restconf::response& answer) const;
  void put(const errand_ptr& x);
  void put_next(const errand_ptr& x);
  void remove(const errand_ptr& x);
  void on_removed(const errand_ptr& x, const protocol::data::entry_name& key,
                  const protocol::restconf::response& answer);
  result<std::deque<protocol::data::wanted_entry>>
  entries_of(const data_order& x) const;
  std::string
  describe(const data_order& what,
           const std::vector<protocol::data::held_entry>& all) const;

  data_upstream_actor::pointer self_;
  data_upstream_setup setup_;
  protocol::data::provisioner machine_;
  data_client_actor client_;
  upstream_actor upstream_;
  std::set<protocol::data::entry_name> configured_;
  /// By operators, over this node.
  std::map<protocol::data::entry_name, protocol::data::wanted_entry> ordered_;
  std::deque<errand_ptr> orders_;
  std::string wanted_cuid_;
  std::string cuid_; ///< durable, and in use
  bool storing_cuid_ = false;
  bool restored_ = false;
  bool busy_ = false;
  bool finishing_ = false;
  std::vector<std::string> told_; ///< aliases, to UPSTREAM
  std::string trouble_;           ///< that was logged last
  std::optional<time_point> armed_;
};

/// Spawns the DATA UPSTREAM of one upstream.
data_upstream_actor::behavior_type
data_upstream(data_upstream_actor::stateful_pointer<data_upstream_state> self,
              std::shared_ptr<data_upstream_setup> setup);

} // namespace tocsin::actors
