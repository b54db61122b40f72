#pragma once
#include "actors/home.hpp"
#include "actors/interfaces.hpp"
#include "actors/reactor_timer.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/signal/customer_table.hpp"
#include "protocol/signal/heartbeat.hpp"
#include "protocol/signal/request.hpp"
#include "transports/dtls.hpp"

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace tocsin::actors {

/// What a SESSION is born with. The functions are called on its home thread.
struct session_setup {
  std::uint64_t id = 0;
  bool server = false; ///< we are the DOTS server of this session
  std::string peer;    ///< client side: name of the upstream
  std::string address; ///< of the peer, for people
  home* where = nullptr;
  transports::reactor* reactor = nullptr; ///< null: virtual time
  std::unique_ptr<transports::dtls_association> dtls;
  std::function<void(byte_view)> send; ///< a datagram for the peer
  std::function<void()> established;   ///< the handshake is over
  std::function<void()> forget;        ///< take it out of the session table
  session_owner_actor owner;
  supervisor_actor directory;                 ///< server side: finds CLIENTs
  protocol::signal::customer_table customers; ///< server side
  protocol::signal::heartbeat_settings heartbeats;
  protocol::coap::random_source random;
};

/// Handles that a SESSION keeps of its peer's CLIENTs, cuids in all.
inline constexpr std::size_t max_cached_clients = 16;

/// A SESSION: one security association with its CoAP endpoint, at home on its
/// reactor. Heartbeats end here; requests on `mitigate` go to the CLIENT.
class session final : public pinned<session_actor::base> {
public:
  session(caf::actor_config& cfg, std::shared_ptr<session_setup> setup);

  const char* name() const override { return "session"; }

  behavior_type make_behavior() override;

  void on_exit() override;

private:
  void on_packet(const bytes& datagram);
  void on_tick();
  void pump();
  void on_established();
  void on_event(protocol::coap::event& x);
  void end(session_end how, const std::string& why);
  void note_traffic();

  // session_requests.cpp: the peer asks
  void on_request(protocol::coap::incoming_request& x);
  void on_heartbeat(const protocol::coap::incoming_request& x);
  void on_mitigate(protocol::coap::incoming_request& x,
                   const protocol::signal::mitigate_path& path);
  void look_up(protocol::coap::request_id id, dots_request request);
  void serve(const client_actor& client, protocol::coap::request_id id,
             dots_request request, bool may_be_stale);
  void not_found(protocol::coap::request_id id, const dots_request& request,
                 const failure& why);
  void answer(protocol::coap::request_id id, dots_response x);
  void refuse(protocol::coap::request_id id, const failure& why);
  void refuse(protocol::coap::request_id id, protocol::coap::code code,
              std::string_view text);

  // session_calls.cpp: we ask
  caf::result<coap_reply> call(coap_call what);
  void send_heartbeat(bool peer_hb_status);
  void on_response(protocol::coap::response_received& x);
  void on_failure(const protocol::coap::request_failed& x);
  void learn_rtt(duration rtt);

  session_view view() const;

  std::shared_ptr<session_setup> setup_;
  protocol::coap::endpoint endpoint_;
  reactor_timer timer_;
  heartbeat_actor heartbeat_;
  peer_name peer_;
  const protocol::signal::customer* customer_ = nullptr;
  std::map<std::string, client_actor> clients_; ///< by cuid
  std::unordered_map<protocol::coap::exchange_id,
                     caf::typed_response_promise<coap_reply>>
      calls_;
  protocol::coap::exchange_id beat_ = 0; ///< our heartbeat under way
  time_point born_;
  time_point heard_;
  time_point told_; ///< HEARTBEAT knows of traffic up to then
  std::uint32_t missed_ = 0;
  bool peer_hears_us_ = false;
  bool up_ = false;
  bool ended_ = false;
};

} // namespace tocsin::actors
