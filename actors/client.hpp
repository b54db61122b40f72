#pragma once
#include "actors/account.hpp"
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "actors/rules.hpp"
#include "protocol/data/acceptlist_watch.hpp"
#include "protocol/signal/lifecycle.hpp"
#include "protocol/signal/response.hpp"
#include "protocol/signal/signal_watch.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>

namespace tocsin::actors {

/// A server's policy for mitigations that start when the signal is lost (RFC
/// 9132, trigger-mitigation=false).
struct loss_of_signal {
  bool allowed = true;
  /// When a client whose session broke, without a verdict of the heartbeats,
  /// counts as lost: the defaults of its heartbeats.
  protocol::signal::heartbeat_settings heartbeats;
};

/// Time between two status reports while a mitigation is active (RFC 9132,
/// Section 4.4.2.1: at least 3 s, slower where possible).
inline constexpr std::chrono::seconds default_status_interval{15};
inline constexpr std::chrono::seconds min_status_interval{3};

/// What a CLIENT is born with.
struct client_setup {
  std::shared_ptr<const protocol::signal::customer> who;
  std::string cuid;
  std::shared_ptr<account> usage;
  keeper_actor keeper;
  registry_actor registry;
  resolver_actor resolver;
  supervisor_actor parent;
  mitigator_table mitigators;
  datastore_actor data;         ///< null: there is no data channel
  siblings_actor siblings = {}; ///< null: the node has none
  epoch clock;
  protocol::signal::lifecycle_settings life;
  std::chrono::seconds status_interval = default_status_interval;
  loss_of_signal loss;
  std::string node = {}; ///< name of this node, as loops of gateways tell it
  /// All its MITIGATORs are RELAYs which are always asked.
  bool gateway = false;
  /// Requests are answered when the upstream servers have answered.
  bool end_to_end = false;
};

/// How long a request waits for the answers of upstream servers; then it is
/// granted, and its status tells the rest. Well within the time that clients
/// repeat a request.
inline constexpr std::chrono::seconds end_to_end_patience{10};

/// Requests of one client that wait for the one in progress; beyond, 5.03. A
/// well-behaved client has one or two under way.
inline constexpr std::size_t max_waiting_requests = 64;

/// How long a withdrawn mid is remembered, so that a late copy of its PUT
/// cannot bring it back: longer than any terminating period and than the
/// lifetime of a CoAP exchange (RFC 7252, Section 4.8.2).
inline constexpr std::chrono::seconds tombstone_period{300};

/// A request for a mid that was withdrawn less than this ago may be a late copy
/// of an older one, and is refused; after it, and within the terminating
/// period, it is what it seems: the client asks again (RFC 9132, Section
/// 4.4.4). The alternatives were to refuse every one, which takes the doubled
/// periods from clients that flap, or to accept every one, which lets a copy
/// undo a DELETE. Twice the 5 s in which a datagram is delivered or lost in
/// practice; a client in greater haste uses a higher mid, which is accepted at
/// once. After the terminating period the mid is dead (tombstone_period).
inline constexpr std::chrono::seconds late_copy{10};

/// Withdrawals of a client that are remembered though nothing was withdrawn.
inline constexpr std::size_t max_unseen_withdrawals = 32;

/// Observations of one client: a session of each transport and address family
/// with the list and a few mids; beyond, a GET is answered and not observed.
inline constexpr std::size_t max_observers = 64;

/// Refused requests of one client that are answered from memory while their
/// retry-timer runs; a client has that many targets in a conflict at most.
inline constexpr std::size_t max_refused_requests = 8;

/// Patience with other parts of the node; a commit may wait for a busy disk.
inline constexpr std::chrono::seconds node_patience{20};

/// Filters that others have switched during a mitigation are told up to this
/// many, the newest: a client could make and delete one after the other.
inline constexpr std::size_t max_switched_told = 64;

/// State of a CLIENT: its mitigation requests. Requests are served one after
/// the other, each answered when its effect is durable.
class client_state {
public:
  static inline const char* name = "client";

  explicit client_state(client_actor::pointer self) : self_{self} {}

  /// Gives back what is used of the account.
  ~client_state();

  void init(client_setup setup);
  caf::result<dots_response> serve(dots_request request);
  ack restore(const storage::snapshot& stored);
  std::vector<mitigation_view> list() const;
  caf::result<mitigation_view> status(std::uint32_t mid) const;
  caf::result<mitigation_view> revoke(std::uint32_t mid, std::string why);
  void forget_observer(std::uint64_t session, std::uint64_t request);
  void on_session(const session_opened& x,
                  const caf::strong_actor_ptr& session);
  void on_session_end(std::uint64_t session, session_end how);
  caf::result<mitigation_view> decide(std::uint32_t mid, operator_order what);
  void adopt(mitigator_table table);
  void adopt_datastore(const caf::strong_actor_ptr& data);
  void on_changed(mitigation_view view);
  void on_gone(std::uint32_t mid);
  void on_down(const caf::down_msg& msg);
  void on_conflict(std::uint32_t mid,
                   protocol::signal::conflict_information why);
  void on_rival(std::uint32_t mid, protocol::signal::conflict_information why);
  void on_free(std::uint32_t mid);
  void on_released() { refused_.clear(); }
  void on_agreement(std::uint32_t mid, std::uint32_t clients);
  void on_filters_changed(
      const std::string& identity,
      const std::vector<protocol::data::activation_change>& news);
  caf::result<storage::snapshot> hand_over();
  void keep();
  void leave(redirect_order where);
  void leave_one(std::uint32_t mid);
  caf::result<ack> take_over(storage::snapshot given);
  void adopt_siblings(const caf::strong_actor_ptr& siblings);
  void serve_next();
  void on_tick();
  void on_alarm(std::uint64_t generation);

private:
  struct entry {
    storage::mitigation_record record;
    protocol::signal::mitigation request; ///< as accepted
    /// What its aliases stood for then; later changes of an alias concern
    /// later requests only.
    protocol::signal::target aliased;
    name_addresses names;
    mitigation_actor handle;
    mitigation_view view;
    time_point viewed;
    bool withdrawn = false;                 ///< by client or operator: it ends
    std::optional<time_point> withdrawn_at; ///< by the client
    /// Replaced by this one, and why they end when it is in force, so that
    /// there is no gap in the protection.
    std::vector<std::pair<mitigation_actor, std::string>> replaces;
    bool beats = false; ///< requests of other clients, which end likewise
    /// Those at siblings, which end likewise.
    std::vector<foreign_notice> elsewhere;
    /// Lost a conflict: no MITIGATION, but the record is kept until then.
    bool suspended = false;
    time_point kept_until;
    std::optional<time_point> retry_at; ///< in view of the loser
    mitigation_actor ending;            ///< what went on before it was
    bool start_when_ended = false;
    bool active = false; ///< counted in `active_`
    /// ACLs which others have switched while it was active.
    std::vector<protocol::signal::filter_control> switched;
    protocol::data::acceptlist_watch accepts;
    /// Accept-lists that are in its way.
    std::optional<protocol::signal::conflict_information> accepted;
    bool still_attacked = false; ///< as the client reported last

    bool armed_kind() const { return request.trigger_mitigation == false; }
  };

  /// One observation.
  struct watcher {
    observer who;
    std::optional<std::uint32_t> mid; ///< nothing: all
    char filter = 'a';
  };

  struct peer_session {
    session_actor handle;
    bool mitigating = false; ///< as told
  };

  /// Armed mitigations on their way to be started at the loss of signal.
  struct loss_job {
    std::size_t open = 0;
    std::vector<std::uint32_t> mids;
  };

  struct waiting {
    dots_request request;
    caf::response_promise promise;
  };

  /// A PUT on its way through names, REGISTRY and KEEPER.
  struct put_job {
    dots_request request;
    protocol::signal::mitigation body;
    protocol::signal::target aliased;
    name_addresses names;
    std::size_t open_lookups = 0;
    std::vector<std::uint32_t> superseded;
    std::vector<std::uint32_t> make_way;
    claim_result claimed;
    std::vector<foreign_notice> elsewhere; ///< when it is in force
    storage::mitigation_record record;
  };
  using job_ptr = std::shared_ptr<put_job>;

  /// A request that was refused for that of another client.
  struct refused_request {
    protocol::signal::mitigation body;
    protocol::signal::conflict_information why;
    time_point retry_at;
  };

  /// A request that is in force here, and whose answer waits for upstream.
  struct awaited {
    std::uint32_t mid;
    dots_response granted;
    time_point until;
  };

  time_point now() const;
  unix_seconds wall() const { return setup_.clock.at(now()); }

  // client.cpp: requests
  void finish(dots_response answer);
  void refuse(const dots_request& request, const failure& why);
  void handle(dots_request request);
  void get(const dots_request& request);
  void remove(const dots_request& request);
  void on_removed(std::uint32_t mid, const storage::mitigation_record& grave);
  void remember_unseen(std::uint32_t mid);
  bool is_overtaken(std::uint32_t mid);
  bool collides(const dots_request& request) const;

  // client_put.cpp
  void put(dots_request request);
  void put_known(entry& known, job_ptr job);
  void on_refreshed(job_ptr job);
  void adopt_refreshed(entry& x, const storage::mitigation_record& fresh);
  void put_suspended(entry& known, job_ptr job);
  void on_claimed_again(const job_ptr& job, std::int64_t lifetime,
                        const claim_result& x);
  void answer_refreshed(const job_ptr& job, std::int64_t left,
                        const claim_result& x);
  void answer_conflict(const job_ptr& job, const claim_result& x);
  result<protocol::signal::mitigation> read_body(const dots_request& request);
  storage::client_record client_record(std::uint32_t mid);
  storage::audit_event audit(const dots_request& request, std::string action,
                             std::string outcome) const;

  // client_filters.cpp: filter control (RFC 9133)
  result<void> admit_filters(const protocol::signal::mitigation& x) const;
  void control_filters(job_ptr job, const storage::client_record& client,
                       storage::transaction with);
  void filters_failed(const job_ptr& job, const failure& why);
  void forget_switched(const put_job& job);
  void look_at_acceptlists();
  void judge_acceptlists(
      const std::vector<protocol::data::accepted_traffic>& accepted);

  // client_create.cpp
  void put_new(job_ptr job);
  void look_up_aliases(job_ptr job);
  void look_up(job_ptr job);
  void on_names(job_ptr job);
  void on_claimed(job_ptr job);
  protocol::signal::own_decision judge_own(const put_job& job) const;
  void commit_new(job_ptr job);
  void on_stored(const job_ptr& job, const storage::client_record& client);
  void release_new(const job_ptr& job, const failure& why);
  void on_created(job_ptr job);
  void abort_new(const job_ptr& job, const failure& why);

  // client_life.cpp: MITIGATIONs and their records
  void restore_one(const storage::mitigation_record& record);
  void start(entry& x, bool restored);
  void release_replaced(entry& x);
  void count(entry& x);
  void persist(entry& x);
  void commit(storage::transaction changes);
  void erase(std::uint32_t mid);
  mitigation_view current(const entry& x) const;
  std::int64_t lifetime_left(const entry& x) const;
  std::optional<protocol::signal::conflict_information>
  conflict_of(const entry& x) const;
  scope_owner owner(std::uint32_t mid) const;
  scope_claim claim_of(const entry& x, scope_claim::state wanted) const;
  bool is_current(const entry& x) const;
  storage::audit_event event(std::uint32_t mid, std::string action,
                             std::string outcome) const;

  // client_observe.cpp
  protocol::signal::mitigation to_body(const entry& x) const;
  dots_response render(std::optional<std::uint32_t> mid, char filter) const;
  bool watch(const dots_request& request);
  bool is_final(const entry& x) const;
  void notify(std::uint32_t mid);
  void report();
  void arm();

  // client_orders.cpp: what operators decide
  result<void> may_decide(const entry& x, const operator_order& what) const;
  static void note_decision(storage::mitigation_record& x,
                            const operator_order& what);

  // client_gateway.cpp: requests that others have to grant
  bool ends_here(const dots_request& request) const;
  void refuse_loop(const dots_request& request);
  bool await_upstream(const put_job& job, dots_response granted);
  void judge_awaited();
  void answer_granted();
  void refuse_awaited(const enforcement_view& why);

  // client_data.cpp: the data channel
  void tell_datastore();

  // client_loss.cpp: sessions and the loss of signal
  void belong_to(const std::string& identity);
  void tell_mode();
  void on_signal(std::optional<protocol::signal::signal_event> x);
  void mark_left(bool left);
  void start_armed();
  void claim_armed(const entry& x);
  void on_armed_claimed(const std::shared_ptr<loss_job>& job);
  void start_lost(const std::vector<std::uint32_t>& mids);

  // client_siblings.cpp
  void claim(scope_claim x, std::function<void(const claim_result&)> then,
             std::function<void(const caf::error&)> failed);
  void tell_siblings(const claim_result& x);
  std::vector<foreign_notice>
  ending_elsewhere(const put_job& job, const std::vector<std::uint32_t>& mids);
  storage::snapshot packed() const;
  bool is_held_back() const { return handing_over_ || left_; }

  // client_conflict.cpp
  void remember_refused(const put_job& job);
  bool refused_before(const job_ptr& job);
  void suspend(entry& x, protocol::signal::conflict_information why);
  void on_still_lost(entry& x, protocol::signal::conflict_information why);
  void resume(entry& x);
  void end_kept();

  client_actor::pointer self_;
  client_setup setup_;
  std::map<std::uint32_t, entry> entries_;
  std::map<std::uint32_t, unix_seconds> tombstones_;
  /// Withdrawn mids of which nothing was known, the oldest first.
  std::deque<std::pair<std::uint32_t, time_point>> unseen_;
  storage::client_record known_;
  std::deque<waiting> queue_;
  caf::response_promise promise_; ///< of the request in progress
  bool busy_ = false;
  std::uint64_t created_ = 0;
  std::deque<refused_request> refused_; ///< the oldest first
  std::vector<watcher> observers_;
  std::map<std::uint64_t, peer_session> sessions_; ///< of our identity
  protocol::signal::signal_watch signal_;
  std::size_t active_ = 0; ///< mitigations
  /// Mids that were suspended; those that are no longer leave in arm().
  std::set<std::uint32_t> kept_;
  alarm alarm_;
  std::optional<time_point> report_due_;
  std::optional<awaited> awaited_;
  // On the way to a sibling.
  bool handing_over_ = false;
  caf::typed_response_promise<storage::snapshot> pack_; ///< once not busy
  bool pack_waits_ = false;
  std::optional<redirect_order> left_; ///< where it is now
};

/// Spawns the CLIENT of one customer's cuid.
client_actor::behavior_type
client(client_actor::stateful_pointer<client_state> self,
       std::shared_ptr<client_setup> setup);

} // namespace tocsin::actors
