#pragma once
#include "actors/upstream_setup.hpp"
#include "protocol/signal/happy_eyeballs.hpp"
#include "protocol/signal/mid_source.hpp"
#include "protocol/signal/redirect.hpp"

#include <map>
#include <memory>
#include <set>

namespace tocsin::actors {

namespace sig = protocol::signal;

/// Flags of a wish in storage; their values must not change.
inline constexpr std::uint8_t flag_renew = 1;
inline constexpr std::uint8_t flag_withdrawing = 2;
inline constexpr std::uint8_t flag_active = 4;

/// State of an UPSTREAM: what is wanted from one DOTS server, and the sessions
/// to it. Every order is durable before it is sent; after a restart it goes on.
///
///   requested --2.01/2.04--> active --order--> withdrawing --2.02--> (gone)
///       |--4.xx--> refused (kept until the operator has seen it: an hour)
class upstream_state {
public:
  static inline const char* name = "upstream";

  explicit upstream_state(upstream_actor::pointer self) : self_{self} {}

  void init(upstream_setup setup);
  ack restore(const storage::snapshot& stored);
  caf::result<mitigation_view> order(mitigate_order what);
  caf::result<mitigation_view> await(std::uint32_t mid, duration patience);
  caf::result<mitigation_view> control(std::uint32_t mid,
                                       std::vector<sig::filter_control> acls);
  caf::result<mitigation_view> withdraw(std::uint32_t mid, duration patience);
  std::vector<mitigation_view> list() const;
  caf::result<mitigation_view> status(std::uint32_t mid);
  upstream_view view();
  caf::result<std::vector<session_view>> sessions();
  void adopt(const caf::strong_actor_ptr& relay);
  void finish();
  void adopt_data(const caf::strong_actor_ptr& data);
  void on_aliases(const held_aliases& x);
  void on_cuid_taken(const std::string& cuid);
  void on_opened(const session_opened& x, caf::strong_actor_ptr session);
  void on_gone(std::uint64_t id, session_end how, const std::string& why);
  void on_silent(std::uint64_t id, std::uint32_t missed);
  void heard(std::uint64_t session);
  void on_notification(std::uint64_t session, std::uint64_t observation,
                       const coap_reply& x);
  caf::result<mitigation_view>
  report(std::uint32_t mid, sig::attack_status what, duration patience);
  void on_down(const caf::down_msg& msg);
  void on_tick();

private:
  enum class progress : std::uint8_t {
    requested,
    active,
    withdrawing,
    withdrawn,
    refused,
  };

  /// What a RELAY acts upon.
  struct mark {
    progress state = progress::requested;
    sig::status status = sig::status::in_progress;
    std::optional<sig::counters> dropped;
    std::string note;
    std::uint8_t answer = 0;
    friend bool operator==(const mark&, const mark&) = default;
  };

  struct waiter {
    caf::typed_response_promise<mitigation_view> promise;
    time_point until;
  };

  /// A request under way: the answer that comes first counts.
  struct ask {
    std::uint64_t session;
    std::uint64_t tag;
  };

  struct wish {
    storage::mitigation_record record;
    sig::mitigation request;
    progress state = progress::requested;
    bool renew = false;
    bool listed = false;   ///< by the server, or granted before a restart
    std::vector<ask> asks; ///< requests under way, one a session
    int renumbered = 0;    ///< see max_renumberings
    bool guessed = false;  ///< its mid, see mids_known_
    /// The server that granted it last: empty for the provisioned one.
    std::optional<std::string> home;
    std::optional<std::string> detour;  ///< server for the next request only
    std::optional<std::uint32_t> after; ///< not before that one is withdrawn
    /// Repeats that one, with filter control, and is sent while that runs only.
    std::optional<std::uint32_t> control_of;
    bool renumber_first = false;       ///< its mid was refused
    std::optional<time_point> stopped; ///< since when the server says so
    std::optional<time_point> retry;   ///< not before, after a refusal for now
    std::optional<time_point> refresh; ///< ask again then
    time_point asked;                  ///< first request of this wish
    time_point sent;                   ///< the request under way
    time_point changed;
    time_point granted; ///< last
    std::uint64_t answer_ms = 0;
    std::uint8_t answer = 0;  ///< response code of the last one
    mitigation_view last;     ///< what the server said last
    std::optional<mark> told; ///< what the RELAY knows of it
    time_point known;
    std::string note;
    std::string warning; ///< of the planner, see overlap_warning()
    std::vector<waiter> waiters;
  };

  enum class watch : std::uint8_t { none, asking, granted, refused };

  struct link {
    session_actor handle;
    sig::candidate path;
    std::string server; ///< alternate server; empty: the provisioned one
    bool up = false;
    bool silent = false;    ///< its heartbeats go unanswered
    bool leaving = false;   ///< told to finish
    bool sent_away = false; ///< its server redirects us
    time_point since;
    watch observing = watch::none;
    std::uint64_t observation = 0;
    std::optional<time_point> stale; ///< register again then
    bool renewing = false;           ///< registered again, not yet answered
  };

  time_point now() const;
  std::uint32_t random() const;
  void restore_wish(const storage::mitigation_record& record);
  unix_seconds wall() const { return setup_.clock.at(now()); }

  // upstream_link.cpp
  enum class purpose : std::uint8_t { use, beside, probe };
  void connect(purpose why);
  std::vector<sig::server_address>
  addresses_of(const sig::follow_redirect& to) const;
  std::string own_server() const;
  void resolve(const std::string& host);
  void race(std::vector<sig::server_address> found);
  void carry_out(const std::vector<sig::race_action>& actions);
  void start_attempt(std::size_t index);
  void stop_attempt(std::size_t index);
  void drop_race();
  void on_race_lost();
  void on_detour_lost();
  void schedule_retry(const std::string& why);
  void hurry();
  void leave(link& x, const std::string& why);
  void thin_out(const std::string& server);
  link* find_link(std::uint64_t session);
  link* best_link();
  std::optional<time_point> next_beside();
  std::vector<std::uint64_t> links_for(const wish& x);
  bool in_need() const;
  bool under_attack() const;
  void announce_mode();
  std::string current_server() const;

  // upstream_observe.cpp
  void watch_list(std::uint64_t session);
  void register_again(link& x);
  void on_list_answer(std::uint64_t session, const coap_reply& reply);
  void ask_for_missing(const link& via, const coap_reply& reply);
  void on_list(const bytes& body);
  void on_entry(const sig::mitigation& entry);
  void unwatch_all();
  void poll();
  bool wanting() const;

  // upstream_redirect.cpp
  bool on_redirect(std::uint64_t session, const coap_reply& reply,
                   std::optional<std::uint32_t> mid);
  void arrived(wish& x, const link& via, bool created);
  void move_to(const std::string& server);
  void go_home();

  // upstream_wishes.cpp
  void pursue(wish& x);
  void pursue_all();
  void ask_if_due(wish& x);
  std::int64_t lifetime_to_ask(const wish& x) const;
  std::vector<std::string> path_to(const std::string& cuid,
                                   std::optional<std::uint32_t> mid) const;
  bytes body_to_ask(const wish& x) const;
  void send(wish& x, std::uint64_t session);
  void stop_asking(wish& x);
  void on_silence(std::uint32_t mid, std::uint64_t tag, const failure& why);
  void forget(std::uint32_t mid);
  void begin_withdrawal(std::uint32_t mid, std::optional<waiter> who,
                        std::string_view why);
  time_point next_parallel(const wish& x) const;
  void settle(wish& x);
  void end(std::uint32_t mid, const std::string& action, std::string why);
  void persist(storage::transaction changes);
  void check_wishes();
  void ask_anew(wish& x);
  void arm();

  // upstream_answers.cpp
  void on_answer(std::uint32_t mid, std::uint64_t tag, const coap_reply& reply);
  void on_removed(wish& x);
  void end_replaced(const wish& x);
  void on_granted(wish& x, const coap_reply& reply);
  void on_refused(wish& x, const coap_reply& reply);
  bool on_conflict(wish& x, const sig::conflict_information& why);
  void on_collision(wish& x);
  bool leave_cuid(std::uint32_t mid);
  void renumber(wish& x);
  void take_new_mid(wish& x);
  void new_cuid();
  static std::string replaces(const std::string& cuid);
  void refuse(wish& x);
  void alert(const std::string& what, std::uint32_t mid);
  void show_conflict(wish& x, const sig::conflict_information& why);

  // upstream_filters.cpp: filter control (RFC 9133)
  result<wish> make_control(const wish& base,
                            std::vector<sig::filter_control> acls);
  result<void> may_control(const wish& base) const;
  static failure nothing_runs();
  bool is_running(std::uint32_t mid) const;
  bool waits(const wish& x) const;
  void pursue_controls();
  void drop_controls(std::uint32_t mid);
  void drop_control(wish& x);
  void adopt_controls();
  bool on_filters_refused(wish& x, const coap_reply& reply,
                          const std::optional<sig::mitigation>& entry);
  void ask_without_filters(wish& x, bool again);
  void leave_filters(wish& x);
  void on_switched(wish& x, const std::vector<sig::filter_control>& acls);

  // upstream_data.cpp
  void tell_data();
  result<sig::target> expand(sig::target what) const;
  bool spell_out(wish& x);

  // upstream_relay.cpp: requests that a RELAY has ordered
  caf::result<mitigation_view> change_hops(const mitigate_order& what);
  bool pursues(const std::string& relayed) const;
  void tell_relay();
  void tell_relay(wish& x);

  // upstream_orders.cpp
  result<std::vector<sig::mitigation>> divide(const mitigate_order& what) const;
  result<std::vector<wish>> plan(const mitigate_order& what);
  result<std::uint32_t> next_mid();
  wish make_wish(sig::mitigation request, std::uint32_t mid, bool renew) const;
  void roll_over(storage::transaction& changes);
  caf::result<mitigation_view> enter(std::vector<wish> all, std::string action);
  std::string overlap_warning(const sig::mitigation& x) const;
  static std::string asked_by(const wish& x);
  std::map<std::uint32_t, wish>::iterator find(std::uint32_t mid);
  mitigation_view current(const wish& x) const;

  upstream_actor::pointer self_;
  upstream_setup setup_;
  data_upstream_actor data_;   ///< null: there is no data channel
  std::set<std::string> held_; ///< aliases, by the server
  storage::client_record known_;
  std::map<std::uint32_t, wish> wishes_;
  std::map<std::uint64_t, link> links_;
  std::uint64_t next_session_ = 1;
  std::uint64_t next_tag_ = 1;
  bool rolled_over_ = false;      ///< by the order at hand
  sig::mid_source mids_{{0, {}}}; ///< the first one is 1, as people count
  /// From the store, or from the server's list. Before that, a mid may belong
  /// to a request of a time that this node knows nothing of.
  bool mids_known_ = false;
  sig::path_cache paths_;
  sig::udp_probe probe_;
  sig::redirect_follower follower_;
  std::optional<sig::follow_redirect> detour_; ///< for one request only
  std::optional<sig::connection_race> race_;
  purpose purpose_ = purpose::use;
  std::string racing_for_;                         ///< server of the race
  std::map<std::uint64_t, std::size_t> attempts_;  ///< session, candidate
  std::map<std::uint32_t, std::uint32_t> renamed_; ///< old mid, new mid
  std::optional<time_point> connect_due_;
  std::uint64_t resolution_ = 0; ///< the look-up whose answer counts
  time_point attempted_;
  std::optional<time_point> beside_;      ///< last attempt of that purpose
  std::optional<time_point> reconnected_; ///< at once, after a loss
  std::optional<time_point> failed_;      ///< end of the last attempt in vain
  bool resolving_ = false;
  bool restored_ = false;
  bool finishing_ = false;
  std::string detail_;
  std::optional<time_point> poll_due_;
  std::optional<time_point> armed_; ///< the next tick on its way
  std::optional<time_point> cuid_changed_;
  std::string wanted_cuid_; ///< as configured, or its replacement
  bool attacked_ = false;   ///< as SESSIONs were told
  relay_owner_actor relay_; ///< if there is one
  bool told_up_ = false;    ///< what the RELAY knows of the sessions
  bool filter_ = true;      ///< the server knows `c` in Uri-Query
};

/// The pause that a server asks for with an answer of "not now".
std::chrono::seconds pause_of(const coap_reply& reply);

/// Spawns the UPSTREAM of one configured server.
upstream_actor::behavior_type
upstream(upstream_actor::stateful_pointer<upstream_state> self,
         std::shared_ptr<upstream_setup> setup);

} // namespace tocsin::actors
