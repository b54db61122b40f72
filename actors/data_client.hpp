#pragma once
#include "actors/home.hpp"
#include "actors/interfaces.hpp"
#include "actors/reactor_timer.hpp"
#include "transports/http_exchange.hpp"
#include "transports/secure_association.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tocsin::actors {

/// A TCP connection, open or about to be. Used on the home thread.
struct data_link {
  std::function<void(byte_view)> send;
  std::function<void()> close; ///< once all is sent
};

/// Begins to connect to "192.0.2.1:443"; connection `number` reports to `self`.
using data_connector = std::function<result<data_link>(
    const std::string& address, std::uint64_t number, data_client_actor self)>;

/// A server of the data channel: a name or an address, and a port.
struct data_server {
  std::string host;
  std::uint16_t port = 443; ///< RFC 8040, Section 2.2
};

/// Bounds on what a DATA CLIENT holds and waits for.
struct data_client_limits {
  transports::http_client_limits http;
  std::size_t waiting = 64; ///< requests of operators that wait for their turn
  std::chrono::seconds connect{10}; ///< TCP and TLS, of one address
  /// Less than what servers allow, so that a request does not meet a
  /// connection that is being closed.
  std::chrono::seconds idle{60};
  std::chrono::seconds back_off_min{1}; ///< after all addresses failed; doubled
  std::chrono::seconds back_off_max{60};
};

/// What a DATA CLIENT is born with. The functions are called on its home
/// thread.
struct data_client_setup {
  std::uint64_t id = 0;
  std::string name;                 ///< of the upstream, for people
  std::vector<data_server> servers; ///< the same server's, in order of trial
  std::string host; ///< what requests name as Host: "name" or "name:port"
  home* where = nullptr;
  transports::reactor* reactor = nullptr; ///< null: virtual time
  resolver_actor resolver;
  /// A new TLS client.
  std::function<result<std::unique_ptr<transports::secure_association>>(
      time_point now)>
      secure;
  data_connector connect;
  data_client_limits limits;
};

/// A DATA CLIENT: the requests to one server, one after another over one
/// connection, which is opened when it is needed and kept for what follows.
///
/// A request fails at once when no address of the server can be reached; the
/// next attempt then waits for a while, longer each time. A request that met
/// the end of a connection which had served before is repeated once, if
/// repeating it cannot matter.
class data_client final : public pinned<data_client_actor::base> {
public:
  data_client(caf::actor_config& cfg, std::shared_ptr<data_client_setup> setup);

  const char* name() const override { return "data-client"; }

  behavior_type make_behavior() override;

  void on_exit() override;

private:
  struct errand {
    transports::web_request request;
    time_point due;
    caf::typed_response_promise<http_answer> promise;
    bool repeated = false;
  };
  enum class phase : std::uint8_t { down, resolving, connecting, up };

  caf::result<http_answer> order(http_order what);
  void on_tick();
  void work();
  void arm();
  void expire(time_point now);
  void fail_all(const failure& why);

  // data_client_link.cpp: the connection
  void begin();
  void resolve(std::size_t index);
  void try_next();
  void give_up();
  void on_opened(std::uint64_t number);
  void on_packet(std::uint64_t number, const bytes& octets);
  void on_drained(std::uint64_t number);
  void on_gone(std::uint64_t number, const std::string& why);
  void pump();
  void flush();
  void read();
  void on_up();
  void lost(const std::string& why, bool orderly);
  void hang_up();
  session_view view() const;

  std::shared_ptr<data_client_setup> setup_;
  reactor_timer timer_;
  std::deque<errand> queue_;
  std::optional<errand> current_; ///< sent, not answered
  phase phase_ = phase::down;
  std::uint64_t number_ = 0; ///< of the present connection
  std::uint64_t resolution_ = 0;
  std::deque<std::string> addresses_; ///< not tried yet
  std::string address_;               ///< the present one
  std::string trouble_;               ///< why there is no connection
  data_link link_;
  std::unique_ptr<transports::secure_association> security_;
  std::unique_ptr<transports::http_client_exchange> http_;
  bool opened_ = false;       ///< TCP is
  bool writing_ = false;      ///< a piece of output is under way
  std::uint64_t answers_ = 0; ///< on this connection
  std::uint64_t requests_ = 0;
  std::optional<time_point> attempt_due_;
  std::optional<time_point> retry_at_;
  std::optional<duration> back_off_;
  time_point born_;
  time_point heard_;
  bool finished_ = false;
};

} // namespace tocsin::actors
