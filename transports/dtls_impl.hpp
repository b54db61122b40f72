#pragma once
// The inside of dtls_association; for the sources of this directory.
#include "transports/buffer_queue.hpp"
#include "transports/dtls.hpp"
#include "transports/dtls_native.hpp"
#include "transports/dtls_record.hpp"
#include "transports/flight_gate.hpp"
#include "transports/handshake_order.hpp"

#include <string>
#include <vector>

namespace tocsin::transports {

struct dtls_association::impl : dtls_session_context {
  dtls_options options;
  owned_session session;
  state current = state::handshaking;
  std::string reason;
  std::unique_ptr<const peer_identity> peer; // null: not known, or forgotten
  std::optional<cookie_prestate> prestate;   // of a server

  byte_view input; // the one record that GnuTLS may pull
  buffer_queue output;
  buffer_queue plaintexts;
  std::uint64_t discarded = 0;

  // Handshake only.
  flight_gate gate;
  bool repeat_due = false; // the next call into GnuTLS may repeat our flight
  time_point give_up;
  time_point retransmit_at;
  duration retransmit_pause;
  time_point last_flight;
  handshake_order order;

  // Server: the ClientHello, until it is clear whether it may resume.
  bool resumption_judged = false;
  std::vector<bytes> hello;
  std::size_t hello_size = 0;

  result<void> open(bool with_tickets);
  void start_timers(time_point now);
  bool start_resuming(time_point now);
  void connect(gnutls_session_t raw);
  int step();
  bool may_resume();
  int start_over();
  void receive(byte_view datagram, time_point now);
  void receive_early(const dtls_record& record, time_point now);
  void feed(byte_view record, time_point now);
  bool change_expected() const { return is_change_next(session.get(), *this); }
  void shake(time_point now);
  void read(time_point now);
  void established();
  void save();
  void die(int error);
  void end(std::string why);
};

inline gnutls_alert_description_t alert_of(const verification& x) {
  return static_cast<gnutls_alert_description_t>(x.alert);
}

// Errors after which GnuTLS can go on. Its own time-outs do not count: time is
// ours to judge.
inline bool is_passing(int error) {
  return gnutls_error_is_fatal(error) == 0 || error == GNUTLS_E_TIMEDOUT;
}

} // namespace tocsin::transports
