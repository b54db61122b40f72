#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "protocol/siblings/claim_desk.hpp"
#include "protocol/siblings/link.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace tocsin::actors {

/// Reaches the door of a sibling. Calls back once, on any thread, with the
/// actor that takes greetings, or with why there is none.
using call_sibling =
    std::function<void(std::function<void(result<caf::strong_actor_ptr>)>)>;

/// A sibling, as configured.
struct sibling_setup {
  std::string name;
  std::string address; ///< for people
  call_sibling call;
  /// Where clients go that are handed over to it; nothing: none can be.
  std::optional<protocol::signal::redirected_signal> where;
};

/// What SIBLINGS are born with.
struct siblings_setup {
  std::string name;    ///< of this node
  std::string program; ///< "tocsin 1.0"
  std::vector<sibling_setup> peers;
  std::uint32_t redirect_time = 1800; ///< of clients handed over, seconds
  // Filled in by SUPERVISOR:
  registry_actor registry;
  supervisor_actor parent;
};

/// State of SIBLINGS: what all of them hold together, and the claims that are
/// on their way through them. One SIBLING each knows how to talk to one.
class siblings_state {
public:
  static inline const char* name = "siblings";

  explicit siblings_state(siblings_actor::pointer self) : self_{self} {}

  void init(std::shared_ptr<const siblings_setup> setup);
  caf::result<std::vector<foreign_scope>> ask(const scope_claim& x);
  void report(const foreign_notice& x);
  caf::result<sibling_scopes> answer(const std::string& asker,
                                     const sibling_question& x);
  caf::result<sibling_greeting> greet(const sibling_greeting& x);
  caf::result<caf::strong_actor_ptr> find(const std::string& wanted) const;
  caf::result<std::vector<sibling_view>> status();
  void on_down(const caf::down_msg& msg);

private:
  void start(std::size_t index);
  sibling_actor by_name(const std::string& wanted) const;
  void add_pending(sibling_scopes& out, const protocol::signal::target& what,
                   const scope_owner& who, const std::string& asker);

  siblings_actor::pointer self_;
  std::shared_ptr<const siblings_setup> setup_;
  std::vector<sibling_actor> peers_; ///< as in the setup
  protocol::siblings::claim_desk desk_{""};
};

/// Spawns the SIBLINGS of a node, and a SIBLING for each.
siblings_actor::behavior_type
siblings(siblings_actor::stateful_pointer<siblings_state> self,
         std::shared_ptr<const siblings_setup> setup);

/// State of a SIBLING: the connection to one. Nothing waits for it without a
/// time limit, and what waits in the connection is bounded, whatever its
/// process does.
class sibling_state {
public:
  static inline const char* name = "sibling";

  explicit sibling_state(sibling_actor::pointer self) : self_{self} {}

  void init(std::shared_ptr<const siblings_setup> setup, std::size_t index,
            siblings_actor parent);
  caf::result<sibling_scopes> on_question(const sibling_question& x);
  void on_verdict(const sibling_verdict& x);
  caf::result<ack> on_parcel(const sibling_parcel& x);
  caf::result<ack> on_settle(const sibling_client& x, bool ours);
  caf::result<sibling_greeting> greet(const sibling_greeting& x);
  caf::result<sibling_scopes> ask(const sibling_question& x);
  void tell(const sibling_verdict& x);
  caf::result<caf::strong_actor_ptr> counterpart() const;
  sibling_view view() const;
  void on_reached(std::uint64_t number, const caf::strong_actor_ptr& door);
  void on_failed(std::uint64_t number, const std::string& why, bool refused);
  void on_down(const caf::down_msg& msg);
  void on_tick(std::uint64_t generation);
  caf::result<sibling_holdings> holdings();

private:
  const sibling_setup& peer() const { return setup_->peers[index_]; }
  time_point now() const { return self_->clock().now(); }
  void act(const std::vector<protocol::siblings::link_action>& actions);
  void call();
  void greet_door();
  void ping(std::uint64_t number);
  void join(const sibling_greeting& theirs);
  void part();
  void arm();
  void tell_node();

  sibling_actor::pointer self_;
  std::shared_ptr<const siblings_setup> setup_;
  std::size_t index_ = 0;
  siblings_actor parent_;
  std::optional<protocol::siblings::link> link_;
  std::uint64_t call_ = 0; ///< number of the last one
  caf::strong_actor_ptr door_;
  sibling_actor peer_; ///< its SIBLING for us, while joined
  std::string program_;
  sibling_holdings held_;
  bool told_up_ = false;
  alarm alarm_;
};

/// Spawns the SIBLING at this place of the setup.
sibling_actor::behavior_type
sibling(sibling_actor::stateful_pointer<sibling_state> self,
        std::shared_ptr<const siblings_setup> setup, std::size_t index,
        siblings_actor parent);

/// Spawns the DOOR: the one actor that other processes may know by address. It
/// takes greetings, whatever their version.
caf::behavior sibling_door(caf::event_based_actor* self, supervisor_actor home);

} // namespace tocsin::actors
