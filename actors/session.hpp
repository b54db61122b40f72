#pragma once
#include "actors/home.hpp"
#include "actors/interfaces.hpp"
#include "actors/reactor_timer.hpp"
#include "protocol/coap/agent.hpp"
#include "protocol/signal/config_client.hpp"
#include "protocol/signal/customer_table.hpp"
#include "protocol/signal/heartbeat.hpp"
#include "protocol/signal/request.hpp"
#include "transports/secure_association.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

namespace tocsin::actors {

/// What the sessions with one server learn of the path to it, from any thread.
/// The time of a round trip outlives a session: a new one that is needed at
/// once, because the old one is silent, repeats its requests as fast as the
/// path allows and need not wait until it has got an answer through.
struct path_estimate {
  std::atomic<duration::rep> rtt{0}; ///< 0: not known
};

/// What a SESSION is born with. The functions are called on its home thread.
struct session_setup {
  std::uint64_t id = 0;
  bool server = false; ///< we are the DOTS server of this session
  std::string peer;    ///< client side: name of the upstream
  std::string address; ///< of the peer, for people
  home* where = nullptr;
  transports::reactor* reactor = nullptr; ///< null: virtual time
  std::unique_ptr<transports::secure_association> security;
  /// A datagram, or the next octets of the stream, for the peer.
  std::function<void(byte_view)> send;
  std::function<void()> established; ///< the handshake is over
  std::function<void()> forget;      ///< take it out of the session table
  session_owner_actor owner;
  supervisor_actor directory;                 ///< server side: finds CLIENTs
  protocol::signal::customer_table customers; ///< server side
  /// What may be negotiated, and what holds until it is.
  protocol::signal::config_policy policy;
  /// Client side: what to ask for; absent: nothing is negotiated.
  std::optional<protocol::signal::session_sets> wishes;
  std::shared_ptr<path_estimate> path; ///< client side; may be null
  epoch clock;
  protocol::coap::random_source random;
};

/// The CoAP response to what CLIENT answered.
protocol::coap::response to_response(dots_response x);

/// After Max-Age a client has this long to ask for its configuration again,
/// before its session may be ended (RFC 9132, Section 4.5.3): the time that a
/// request may take to arrive, with all retransmissions (RFC 7252, Section
/// 4.8.2), and some more for a client that asks when Max-Age is over.
inline constexpr std::chrono::seconds stale_grace{60};

/// Handles that a SESSION keeps of its peer's CLIENTs, cuids in all.
inline constexpr std::size_t max_cached_clients = 16;

/// A SESSION: one security association with its CoAP agent, at home on its
/// reactor, over datagrams or over a stream. Heartbeats and the configuration
/// of the session end here; requests on `mitigate` go to the CLIENT.
class session final : public pinned<session_actor::base> {
public:
  session(caf::actor_config& cfg, std::shared_ptr<session_setup> setup);

  const char* name() const override { return "session"; }

  behavior_type make_behavior() override;

  void on_exit() override;

  /// A datagram of the peer, straight from the reactor, without a message:
  /// SESSION lives on that thread, and none of its turns is under way while the
  /// reactor delivers. Heartbeats are answered here. All else waits in the CoAP
  /// agent for a turn of the actor, which is asked for. The home thread only.
  void take(byte_view datagram);

private:
  /// Answers heartbeats below the agent.
  class beat_answers final : public protocol::coap::instant_answers {
  public:
    explicit beat_answers(session& whose) : whose_{whose} {}
    bool recognises(protocol::coap::code method, byte_view content) override;
    protocol::coap::code answer(byte_view content) override;
    std::size_t given() const noexcept { return given_; }

  private:
    session& whose_;
    bool peer_hb_status_ = false; ///< of the last one recognised
    std::size_t given_ = 0;
  };

  void on_packet(const bytes& octets);
  void on_tick();
  void pump();
  void on_established();
  std::size_t drain(time_point now);
  void flush();
  void on_event(protocol::coap::agent_event& x);
  void on_stream_end(const protocol::coap::stream_ended& x);
  void say_goodbye(const std::string& why,
                   session_end how = session_end::shut_down);
  void set_mode(const std::string& cuid, bool active);
  void end(session_end how, const std::string& why);
  void note_traffic(time_point now);
  void tell_traffic();

  // session_requests.cpp: the peer asks
  void on_request(protocol::coap::incoming_request& x);
  void on_heartbeat(const protocol::coap::incoming_request& x);
  void note_heartbeat(bool peer_hb_status);
  void on_mitigate(protocol::coap::incoming_request& x,
                   const protocol::signal::mitigate_path& path);
  void name_origin(const protocol::signal::mitigate_path& path,
                   dots_request& to);
  void look_up(protocol::coap::request_id id, dots_request request);
  void serve(const client_actor& client, protocol::coap::request_id id,
             dots_request request, bool may_be_stale);
  void not_found(protocol::coap::request_id id, const dots_request& request,
                 const failure& why);
  void answer(protocol::coap::request_id id, dots_response x);
  void answer_observer(const client_actor& client,
                       protocol::coap::request_id id, dots_response x);
  void refuse(protocol::coap::request_id id, const failure& why);
  void refuse(protocol::coap::request_id id, protocol::coap::code code,
              std::string_view text);

  // session_observe.cpp: who watches, and who is sent elsewhere
  void notify(protocol::coap::request_id id, dots_response x);
  void on_observation_ended(protocol::coap::request_id id);
  void redirect(redirect_order x);
  bool redirects(const dots_request& x) const;
  dots_response redirection();
  dots_response on_redirected(dots_response x);

  // session_config.cpp: the configuration of the session
  const protocol::signal::session_values& values() const;
  void use_values();
  void on_config(const protocol::coap::incoming_request& x,
                 const protocol::signal::config_path& path);
  void get_config(const protocol::coap::incoming_request& x,
                  const protocol::signal::config_path& path);
  void put_config(const protocol::coap::incoming_request& x, std::uint32_t sid);
  void delete_config(const protocol::coap::incoming_request& x,
                     const protocol::signal::config_path& path);
  void store_config(protocol::coap::request_id id, protocol::coap::code code,
                    protocol::signal::config_server next);
  void tell_config_observers();
  void told_config();
  bool is_stale() const;
  void restore_config();
  void serve_early();
  void negotiate(const protocol::signal::config_step& step);
  void on_config_answer(const protocol::coap::response_received& x);
  void on_config_silence();

  // session_calls.cpp: we ask
  caf::result<coap_reply> call(coap_call what);
  void abandon(std::uint64_t tag);
  void send_heartbeat(bool peer_hb_status);
  void on_response(protocol::coap::response_received& x);
  void on_failure(const protocol::coap::request_failed& x);
  void learn_rtt(duration rtt);

  session_view view() const;

  std::shared_ptr<session_setup> setup_;
  protocol::coap::agent agent_;
  beat_answers beats_{*this};
  reactor_timer timer_;
  heartbeat_actor heartbeat_;
  peer_name peer_;
  const protocol::signal::customer* customer_ = nullptr;
  /// By customer and cuid, as the SUPERVISOR knows them.
  std::map<std::pair<std::string, std::string>, client_actor> clients_;
  std::unordered_map<protocol::coap::exchange_id,
                     caf::typed_response_promise<coap_reply>>
      calls_;
  std::unordered_map<std::uint64_t, protocol::coap::exchange_id> tags_;
  std::set<protocol::coap::exchange_id> observing_; ///< granted to us
  protocol::coap::exchange_id beat_ = 0;            ///< our heartbeat under way
  std::unordered_map<protocol::coap::request_id, client_actor> observers_;
  /// Who observes the configuration, and under which sid.
  std::vector<
      std::pair<protocol::coap::request_id, std::optional<std::uint32_t>>>
      config_observers_;
  redirect_order redirect_;
  std::uint32_t disregarded_ = 0; ///< requests in spite of the redirect
  std::optional<time_point> redirected_until_;
  protocol::signal::config_server config_;
  std::unique_ptr<protocol::signal::config_client> negotiator_; ///< client
  protocol::coap::exchange_id config_call_ = 0;                 ///< under way
  bool storing_config_ = false;
  /// Server side, by policy: when a client that does not ask again is gone.
  std::optional<time_point> config_stale_;
  /// Requests about the configuration that came before what was stored of it
  /// was read; nothing once it was.
  std::optional<std::vector<protocol::coap::incoming_request>> early_;
  std::set<std::string> mitigating_; ///< cuids with active mitigations
  bool closing_ = false;             ///< the stream ends once all is answered
  time_point born_;
  time_point heard_;
  time_point told_;      ///< HEARTBEAT knows of traffic up to then
  time_point told_beat_; ///< and of heartbeats of the peer
  std::uint32_t missed_ = 0;
  bool peer_hears_us_ = false;
  bool up_ = false;
  bool proven_ = false; ///< something was heard after the handshake
  bool ended_ = false;
};

} // namespace tocsin::actors
