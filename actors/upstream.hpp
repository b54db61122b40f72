#pragma once
#include "actors/interfaces.hpp"
#include "protocol/signal/heartbeat.hpp"

#include <functional>
#include <map>
#include <memory>

namespace tocsin::actors {

/// Opens a session to an address of the server; the SESSION reports to the
/// given owner. Called by UPSTREAM, may be called from any thread; fails if no
/// socket can be had.
using session_opener = std::function<result<caf::strong_actor_ptr>(
    std::uint64_t id, const session_target& where, session_owner_actor owner)>;

struct upstream_setup {
  std::string name;
  std::string host; ///< name or literal
  std::uint16_t port = 4646;
  std::string cuid;
  bool renew_by_default = true;
  session_opener open;
  keeper_actor keeper;
  resolver_actor resolver;
  epoch clock;
  /// Pause between attempts to connect: RFC 9132, Section 4.7 wants 300 s and
  /// forbids less than 60 s, once re-establishing has failed.
  std::chrono::seconds retry{300};
  std::chrono::seconds retry_in_attack{60};
  std::map<std::string, protocol::signal::target> aliases;
};

/// How long one round of a request is repeated before UPSTREAM considers a
/// second session beside the silent one (RFC 9132, Sections 4.7 and 7.2).
inline constexpr std::chrono::seconds silence_before_new_session{9};

/// How long a request is repeated on one session before it is started over.
inline constexpr std::chrono::seconds request_round{60};

/// Live status is asked for this long before the last known one is shown.
inline constexpr std::chrono::seconds status_patience{10};

/// While mitigations are active, the server is asked for their state so often
/// (RFC 9132, Section 4.4.2.2), and a moment after each grant.
inline constexpr std::chrono::seconds poll_interval{15};
inline constexpr std::chrono::seconds first_poll{1};

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
  caf::result<mitigation_view> withdraw(std::uint32_t mid, duration patience);
  std::vector<mitigation_view> list() const;
  caf::result<mitigation_view> status(std::uint32_t mid);
  upstream_view view() const;
  caf::result<std::vector<session_view>> sessions();
  void finish();
  void on_opened(const session_opened& x, caf::strong_actor_ptr session);
  void on_gone(std::uint64_t id, session_end how, const std::string& why);
  void on_silent(std::uint64_t id, std::uint32_t missed);
  void on_notification(std::uint64_t session, std::uint64_t observation,
                       const coap_reply& x);
  caf::result<mitigation_view> report(std::uint32_t mid,
                                      protocol::signal::attack_status what,
                                      duration patience);
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

  struct waiter {
    caf::typed_response_promise<mitigation_view> promise;
    time_point until;
  };

  struct wish {
    storage::mitigation_record record;
    protocol::signal::mitigation request;
    progress state = progress::requested;
    bool renew = false;
    bool asking = false;     ///< a request is under way
    std::uint64_t round = 0; ///< of that request; older ones may still fail
    std::optional<time_point> retry;   ///< not before, after a refusal for now
    std::optional<time_point> refresh; ///< ask again then
    time_point asked;                  ///< first request of this wish
    time_point sent;                   ///< the request under way
    time_point changed;
    std::uint64_t answer_ms = 0;
    mitigation_view last; ///< what the server said last
    time_point known;
    std::string note;
    std::vector<waiter> waiters;
  };

  struct link {
    session_actor handle;
    std::string address;
    bool up = false;
    time_point since;
  };

  time_point now() const;
  unix_seconds wall() const { return setup_.clock.at(now()); }

  // upstream_link.cpp
  void connect();
  void try_next_address();
  void schedule_retry(const std::string& why);
  link* best_link();
  bool in_need() const;
  void hurry();
  void drop_others(std::uint64_t keep);
  void ask_for_all(const link& x);

  // upstream_wishes.cpp
  void pursue(wish& x);
  void pursue_all();
  void on_answer(std::uint32_t mid, bool removal, const coap_reply& reply);
  void on_list(const bytes& body);
  void on_silence(std::uint32_t mid, std::uint64_t round, const failure& why);
  void on_granted(wish& x, const coap_reply& reply);
  void on_refused(wish& x, const coap_reply& reply);
  void poll();
  void forget(std::uint32_t mid);
  time_point next_parallel(const wish& x) const;
  void settle(wish& x);
  void persist(storage::transaction changes);
  mitigation_view current(const wish& x) const;
  void arm();

  upstream_actor::pointer self_;
  upstream_setup setup_;
  storage::client_record known_;
  std::map<std::uint32_t, wish> wishes_;
  std::map<std::uint64_t, link> links_;
  std::uint64_t next_session_ = 1;
  std::vector<protocol::signal::prefix> candidates_; ///< still to be tried
  std::optional<time_point> connect_due_;
  time_point attempted_;
  std::optional<time_point> failed_; ///< end of the last attempt in vain
  std::uint64_t attempt_ = 0;        ///< session that is connecting, 0: none
  bool resolving_ = false;
  bool finishing_ = false;
  std::string detail_;
  std::optional<time_point> poll_due_;
  std::optional<time_point> armed_;
};

/// Spawns the UPSTREAM of one configured server.
upstream_actor::behavior_type
upstream(upstream_actor::stateful_pointer<upstream_state> self,
         std::shared_ptr<upstream_setup> setup);

} // namespace tocsin::actors
