#pragma once
#include "actors/data_admission.hpp"
#include "actors/home.hpp"
#include "actors/interfaces.hpp"
#include "actors/reactor_timer.hpp"
#include "protocol/signal/customer_table.hpp"
#include "transports/http_exchange.hpp"
#include "transports/secure_association.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace tocsin::actors {

/// The answer of RESTCONF to what HTTP refuses already: errors in JSON (RFC
/// 8040, Section 7.1), with the error-tag that goes with the status.
http_answer refuse_in_json(unsigned status, std::string_view detail);

/// What a DATA SESSION is born with. The functions are called on its home
/// thread; `attach()` fills them in (data_link.hpp).
struct data_session_setup {
  std::uint64_t id = 0;
  std::string address; ///< of the peer, for people
  home* where = nullptr;
  transports::reactor* reactor = nullptr; ///< null: virtual time
  std::unique_ptr<transports::secure_association> security;
  std::function<void(byte_view)> send; ///< the next octets for the peer
  std::function<void()> established;   ///< the handshake is over
  std::function<void()> forget;        ///< close it, once all is sent
  data_owner_actor owner;
  protocol::signal::customer_table customers;
  data_limits limits;
  std::shared_ptr<data_admission> admission; ///< of the node
  std::function<http_answer(unsigned status, std::string_view detail)> refuse =
      refuse_in_json;
  epoch clock;
};

/// A DATA SESSION: one connection of a client's data channel (RFC 8783, Section
/// 3.1), at home on its reactor. Decrypts, reads HTTP, and asks the DATASTORE
/// of the customer, one request at a time.
class data_session final : public pinned<data_session_actor::base> {
public:
  data_session(caf::actor_config& cfg,
               std::shared_ptr<data_session_setup> setup);

  const char* name() const override { return "data-session"; }

  behavior_type make_behavior() override;

  void on_exit() override;

private:
  using incoming = transports::http_server_exchange::request;

  void on_packet(const bytes& octets);
  void on_tick();
  void pump();
  void on_established();
  void take_requests();
  void on_request(incoming x);
  void forward(bool known);
  void ask(bool known);
  void on_store_failure(const caf::error& why, bool known);
  void answer(http_answer x);
  void turn_away(unsigned status, std::string_view detail, unsigned wait_s = 0);
  void flush();
  void arm();
  void say_goodbye(const std::string& why);
  void end(const std::string& why);
  session_view view() const;

  std::shared_ptr<data_session_setup> setup_;
  transports::http_server_exchange http_;
  reactor_timer timer_;
  peer_name peer_;
  datastore_actor store_;
  std::uint64_t serving_ = 0; ///< the request under way; 0: none
  http_call call_;            ///< that one, for the DATASTORE
  bool customer_known_ = false;
  bool admitted_ = false;               ///< holds a place of its customer
  std::optional<time_point> write_due_; ///< a piece of output is under way
  time_point born_;
  time_point heard_;
  std::uint64_t requests_ = 0;
  std::uint64_t refusals_ = 0; ///< requests that no DATASTORE saw
  bool up_ = false;
  bool ended_ = false;
};

} // namespace tocsin::actors
