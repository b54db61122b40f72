#pragma once
#include "actors/account.hpp"
#include "actors/interfaces.hpp"
#include "actors/rules.hpp"
#include "protocol/signal/lifecycle.hpp"
#include "protocol/signal/response.hpp"

#include <deque>
#include <map>
#include <memory>

namespace tocsin::actors {

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
  epoch clock;
  protocol::signal::lifecycle_settings life;
};

/// Requests of one client that wait for the one in progress; beyond, 5.03. A
/// well-behaved client has one or two under way.
inline constexpr std::size_t max_waiting_requests = 64;

/// How long a withdrawn mid is remembered, so that a late copy of its PUT
/// cannot bring it back: longer than any terminating period and than the
/// lifetime of a CoAP exchange (RFC 7252, Section 4.8.2).
inline constexpr std::chrono::seconds tombstone_period{300};

/// Patience with other parts of the node; a commit may wait for a busy disk.
inline constexpr std::chrono::seconds node_patience{20};

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
  void adopt(mitigator_table table);
  void on_changed(mitigation_view view);
  void on_gone(std::uint32_t mid);
  void on_down(const caf::down_msg& msg);
  void serve_next();
  void on_tick();

private:
  struct entry {
    storage::mitigation_record record;
    protocol::signal::mitigation request; ///< as accepted
    name_addresses names;
    mitigation_actor handle;
    mitigation_view view;
    time_point viewed;
    bool withdrawn = false; ///< by the client: terminating
    /// Replaced by this one; they end when it is in force, so that there is no
    /// gap in the protection.
    std::vector<mitigation_actor> replaces;
  };

  struct waiting {
    dots_request request;
    caf::response_promise promise;
  };

  /// A PUT on its way through names, REGISTRY and KEEPER.
  struct put_job {
    dots_request request;
    protocol::signal::mitigation body;
    name_addresses names;
    std::size_t open_lookups = 0;
    std::vector<std::uint32_t> superseded;
    storage::mitigation_record record;
  };
  using job_ptr = std::shared_ptr<put_job>;

  time_point now() const;
  unix_seconds wall() const { return setup_.clock.at(now()); }

  void release_replaced(entry& x);
  void finish(dots_response answer);
  void refuse(const dots_request& request, const failure& why);
  void handle(dots_request request);

  void get(const dots_request& request);
  void remove(const dots_request& request);

  void put(dots_request request);
  void put_known(entry& known, job_ptr job);
  void put_new(job_ptr job);
  void look_up(job_ptr job);
  void on_names(job_ptr job);
  void on_claimed(job_ptr job, const std::vector<scope_owner>& others);
  void commit_new(job_ptr job);
  void on_created(job_ptr job);
  void abort_new(const job_ptr& job, const failure& why);

  result<protocol::signal::mitigation> read_body(const dots_request& request);
  storage::client_record client_record(std::uint32_t mid);
  storage::audit_event audit(const dots_request& request, std::string action,
                             std::string outcome) const;
  scope_owner owner(std::uint32_t mid) const;
  void start(entry& x, bool restored);
  mitigation_view current(const entry& x) const;
  bool collides(const dots_request& request) const;

  client_actor::pointer self_;
  client_setup setup_;
  std::map<std::uint32_t, entry> entries_;
  std::map<std::uint32_t, unix_seconds> tombstones_;
  storage::client_record known_;
  std::deque<waiting> queue_;
  caf::response_promise promise_; ///< of the request in progress
  bool busy_ = false;
  std::uint64_t created_ = 0;
};

/// Spawns the CLIENT of one customer's cuid.
client_actor::behavior_type
client(client_actor::stateful_pointer<client_state> self,
       std::shared_ptr<client_setup> setup);

} // namespace tocsin::actors
