#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "protocol/siblings/handover.hpp"

#include <optional>

namespace tocsin::actors {

/// Under this name what a sibling gave is kept among the records of peers until
/// the sibling says whose it is: its name, and the mids.
inline constexpr std::string_view taken_prefix = "taken/";

/// A handover as the store keeps it, among the records of peers (no customer's
/// name is empty): the stage is the record's sid.
struct handover_record {
  protocol::siblings::handover_stage stage =
      protocol::siblings::handover_stage::none;
  std::string customer;
  std::string cuid;
  std::string sibling;
  std::string identity; ///< of the client
  unix_seconds changed = 0;
};

storage::session_record to_record(const handover_record& x);
/// Nothing: it is a record of something else.
std::optional<handover_record> read_handover(const storage::session_record& x);

/// What a HANDOVER is born with.
struct handover_setup {
  handover_record what; ///< a stage other than `none`: goes on with it
  client_actor client;  ///< null if it goes on
  std::optional<storage::session_record> config;
  redirect_order where; ///< for the client
  keeper_actor keeper;
  siblings_actor siblings;
  supervisor_actor parent;
  epoch clock;
};

/// State of a HANDOVER: takes one client to a sibling.
class handover_state {
public:
  static inline const char* name = "handover";

  explicit handover_state(handover_actor::pointer self) : self_{self} {}

  void init(handover_setup setup);
  void start();
  void on_tick(std::uint64_t generation);
  void on_down();

private:
  using actions = std::vector<protocol::siblings::handover_action>;

  time_point now() const { return self_->clock().now(); }
  unix_seconds wall() const { return setup_.clock.at(now()); }
  void act(const actions& all);
  void act(const protocol::siblings::handover_action& x);
  void pack();
  void store(protocol::siblings::handover_stage stage);
  storage::transaction changes_for(protocol::siblings::handover_stage stage);
  void offer();
  void send_parcel(const caf::strong_actor_ptr& to);
  void word(bool ours);
  void conclude(bool moved, const std::string& why);
  template <class Then>
  void with_sibling(Then then);
  sibling_parcel parcel() const;

  handover_actor::pointer self_;
  handover_setup setup_;
  std::optional<protocol::siblings::handover> machine_;
  storage::snapshot packed_;
  bool moving_ = false; ///< the client's records may be gone from the store
  alarm alarm_;
};

/// Spawns a HANDOVER. It ends when nothing is left to do.
handover_actor::behavior_type
handover(handover_actor::stateful_pointer<handover_state> self,
         std::shared_ptr<handover_setup> setup);

} // namespace tocsin::actors
