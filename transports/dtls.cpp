#include "transports/dtls.hpp"

#include "transports/buffer_queue.hpp"
#include "transports/dtls_native.hpp"
#include "transports/dtls_record.hpp"
#include "transports/flight_gate.hpp"
#include "transports/handshake_order.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include <gnutls/dtls.h>

namespace tocsin::transports {

namespace {

// RFC 6347, Section 4.2.4.1.
constexpr std::chrono::seconds max_retransmit{60};

// A flight is sent again on behalf of a repeated message of the peer at most
// this often: less than any peer's timer, and no gift to who spoofs repeats.
constexpr std::chrono::milliseconds repeat_pause{400};

// Header, explicit nonce and tag of the largest of our suites (RFC 5288).
constexpr std::size_t record_expansion = 13 + 8 + 16;

// Unauthenticated or not, at most so many plaintexts wait to be drained.
constexpr std::size_t max_waiting = 1024;

} // namespace

struct dtls_association::impl {
  std::shared_ptr<const dtls_credentials> credentials;
  dtls_options options;
  std::string server_name; // empty: we are the server
  owned_session session;
  state current = state::handshaking;
  std::string reason;
  verification verdict;
  peer_identity peer;

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

  bool is_server() const { return server_name.empty(); }

  result<void> open(const cookie_prestate* prestate, time_point now);
  void receive(byte_view datagram, time_point now);
  void receive_early(const dtls_record& record, time_point now);
  void feed(byte_view record, time_point now);
  bool change_expected() const;
  void shake(time_point now);
  void read(time_point now);
  void established();
  void die(int error);
  void end(std::string why);
};

namespace {

template <class Impl>
Impl& self(gnutls_transport_ptr_t ptr) {
  return *static_cast<Impl*>(ptr);
}

bool is_handshake_record(byte_view x) {
  return !x.empty() && (x[0] == 20 || x[0] == 22);
}

// One call is one record. Those of a flight share datagrams as far as the MTU
// allows (RFC 6347, Section 4.1.1).
void queue_record(buffer_queue& out, byte_view record, std::size_t mtu) {
  auto last = out.last();
  if (last && is_handshake_record(*last) && is_handshake_record(record)
      && last->size() + record.size() <= mtu)
    last->insert(last->end(), record.begin(), record.end());
  else
    out.push(record);
}

std::string describe(gnutls_session_t session, int error) {
  if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    auto name = gnutls_alert_get_name(gnutls_alert_get(session));
    return std::string{"the peer refused: "} + (name ? name : "unknown alert");
  }
  if (error == GNUTLS_E_NO_CERTIFICATE_FOUND
      || error == GNUTLS_E_CERTIFICATE_REQUIRED)
    return "the peer presented no certificate";
  return gnutls_strerror(error);
}

// Errors after which GnuTLS can go on. Its own time-outs do not count: time is
// ours to judge.
bool is_passing(int error) {
  return gnutls_error_is_fatal(error) == 0 || error == GNUTLS_E_TIMEDOUT;
}

} // namespace

result<void> dtls_association::impl::open(const cookie_prestate* prestate,
                                          time_point now) {
  auto flags = (is_server() ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_DATAGRAM
               | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS;
  gnutls_session_t raw = nullptr;
  if (auto error = gnutls_init(&raw, flags); error < 0)
    return fail(ec::unavailable, "DTLS", gnutls_strerror(error));
  session.reset(raw);
  const auto& native = credentials->get();
  gnutls_priority_set(raw, native.priority.get());
  gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE,
                         native.certificates.get());
  gnutls_session_set_ptr(raw, this);
  gnutls_transport_set_ptr(raw, this);
  gnutls_transport_set_push_function(
      raw, [](gnutls_transport_ptr_t ptr, const void* data, std::size_t size) {
        auto& x = self<impl>(ptr);
        byte_view record{static_cast<const std::uint8_t*>(data), size};
        if (x.gate.pass(record))
          queue_record(x.output, record, x.options.mtu);
        return static_cast<ssize_t>(size);
      });
  gnutls_transport_set_pull_function(
      raw, [](gnutls_transport_ptr_t ptr, void* data, std::size_t size) {
        auto& x = self<impl>(ptr);
        if (x.input.empty()) {
          gnutls_transport_set_errno(x.session.get(), EAGAIN);
          return ssize_t{-1};
        }
        auto taken = std::min(size, x.input.size());
        std::memcpy(data, x.input.data(), taken);
        x.input = {};
        return static_cast<ssize_t>(taken);
      });
  gnutls_transport_set_pull_timeout_function(
      raw, [](gnutls_transport_ptr_t ptr, unsigned) {
        return self<impl>(ptr).input.empty() ? 0 : 1;
      });
  gnutls_session_set_verify_function(raw, [](gnutls_session_t running) {
    auto& x = self<impl>(gnutls_session_get_ptr(running));
    x.verdict = verify_peer(running, x.server_name);
    return x.verdict.good ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
  });
  gnutls_dtls_set_mtu(raw, static_cast<unsigned>(options.mtu));
  // A flight is due whenever we call without input, and never too late.
  gnutls_dtls_set_timeouts(raw, 0, INT_MAX / 2);
  if (prestate) {
    gnutls_certificate_server_set_request(raw, GNUTLS_CERT_REQUIRE);
    // Without a list of CAs a client shows its certificate in any case, and
    // the log can say what is wrong with it.
    gnutls_certificate_send_x509_rdn_sequence(raw, 1);
    gnutls_dtls_prestate_st x{prestate->record_sequence,
                              prestate->handshake_read_sequence,
                              prestate->handshake_write_sequence};
    gnutls_dtls_prestate_set(raw, &x);
  } else if (!is_address_literal(server_name)) {
    gnutls_server_name_set(raw, GNUTLS_NAME_DNS, server_name.data(),
                           server_name.size());
  }
  give_up = now + options.handshake_limit;
  retransmit_pause = options.retransmit_after;
  retransmit_at = now + retransmit_pause;
  return {};
}

// GnuTLS gets records one by one, and only those that belong to the current
// keys: it tries these whatever the epoch says, and takes a cut record for the
// begin of one that the next datagram continues.
void dtls_association::impl::receive(byte_view datagram, time_point now) {
  while (current != state::closed) {
    auto record = next_record(datagram);
    if (!record)
      break;
    if (current == state::handshaking)
      receive_early(*record, now);
    else if (record->epoch == 1
             && record->type != content_type::change_cipher_spec)
      feed(record->whole, now);
    else
      ++discarded;
  }
  if (!datagram.empty())
    ++discarded;
}

void dtls_association::impl::receive_early(const dtls_record& record,
                                           time_point now) {
  bytes held;
  switch (order.judge(record, change_expected())) {
  case handshake_order::verdict::ready:
    feed(record.whole, now);
    while (current == state::handshaking && order.next(held, change_expected()))
      feed(held, now);
    return;
  case handshake_order::verdict::held:
    return;
  case handshake_order::verdict::repeated:
    if (now - last_flight >= repeat_pause) {
      repeat_due = true;
      shake(now);
    }
    return;
  case handshake_order::verdict::rejected:
    ++discarded;
    return;
  }
}

// The last unencrypted message of the peer came: CertificateVerify of a
// client, ServerHelloDone of a server.
bool dtls_association::impl::change_expected() const {
  // As a number: before the first message it is none of the enumerators.
  auto last = static_cast<int>(gnutls_handshake_get_last_in(session.get()));
  return last
         == (is_server()
                 ? static_cast<int>(GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY)
                 : static_cast<int>(GNUTLS_HANDSHAKE_SERVER_HELLO_DONE));
}

void dtls_association::impl::feed(byte_view record, time_point now) {
  input = record;
  if (current == state::handshaking)
    shake(now);
  else
    read(now);
  input = {};
}

void dtls_association::impl::shake(time_point now) {
  auto before = output.size();
  auto size_before = output.last() ? output.last()->size() : 0;
  gate.begin(std::exchange(repeat_due, false));
  int status = 0;
  // A warning, say, ends a call before the input is used up.
  for (int tries = 0; tries < 4; ++tries) {
    status = gnutls_handshake(session.get());
    if (status == GNUTLS_E_SUCCESS || !is_passing(status) || input.empty())
      break;
  }
  auto size_after = output.last() ? output.last()->size() : 0;
  if (output.size() != before || size_after != size_before) {
    last_flight = now;
    retransmit_pause = options.retransmit_after;
    retransmit_at = now + retransmit_pause;
  }
  if (status == GNUTLS_E_SUCCESS)
    established();
  else if (!is_passing(status))
    die(status);
}

void dtls_association::impl::established() {
  unsigned count = 0;
  auto chain = gnutls_certificate_get_peers(session.get(), &count);
  // Both hold after a verified handshake; trust nothing here nevertheless.
  if (!verdict.good || !chain || count == 0)
    return end("the peer presented no certificate");
  auto identity = identify({chain[0].data, chain[0].size});
  if (!identity)
    return end(to_string(identity.error()));
  peer = *std::move(identity);
  current = state::established;
  order = {};
}

void dtls_association::impl::read(time_point now) {
  // An encrypted repeat means that the peer misses our last flight.
  gate.begin(now - last_flight >= repeat_pause);
  auto waiting = output.size();
  std::array<std::uint8_t, 16384> text; // the largest of RFC 5246
  for (int tries = 0; tries < 4 && !input.empty(); ++tries) {
    auto size = gnutls_record_recv(session.get(), text.data(), text.size());
    if (size > 0) {
      if (plaintexts.size() < max_waiting)
        plaintexts.push(byte_view{text}.first(static_cast<std::size_t>(size)));
    } else if (size == 0) {
      gnutls_bye(session.get(), GNUTLS_SHUT_WR);
      return end({});
    } else if (size == GNUTLS_E_REHANDSHAKE) {
      gnutls_alert_send(session.get(), GNUTLS_AL_WARNING,
                        GNUTLS_A_NO_RENEGOTIATION);
    } else if (!is_passing(static_cast<int>(size))) {
      return die(static_cast<int>(size));
    }
  }
  if (output.size() != waiting)
    last_flight = now;
}

void dtls_association::impl::die(int error) {
  auto x = session.get();
  auto unverified =
      current == state::handshaking && !verdict.good && !verdict.reason.empty();
  if (unverified)
    gnutls_alert_send(x, GNUTLS_AL_FATAL, verdict.alert);
  else if (error != GNUTLS_E_FATAL_ALERT_RECEIVED)
    gnutls_alert_send_appropriate(x, error);
  end(unverified ? verdict.reason : describe(x, error));
}

void dtls_association::impl::end(std::string why) {
  current = state::closed;
  reason = std::move(why);
}

dtls_association::dtls_association(std::unique_ptr<impl> x)
    : impl_{std::move(x)} {}

dtls_association::~dtls_association() = default;

result<std::unique_ptr<dtls_association>>
dtls_association::server(std::shared_ptr<const dtls_credentials> credentials,
                         const cookie_prestate& prestate,
                         const dtls_options& options, time_point now) {
  auto x = std::make_unique<impl>();
  x->credentials = std::move(credentials);
  x->options = options;
  if (auto opened = x->open(&prestate, now); !opened)
    return opened.error();
  return std::unique_ptr<dtls_association>{new dtls_association{std::move(x)}};
}

result<std::unique_ptr<dtls_association>>
dtls_association::client(std::shared_ptr<const dtls_credentials> credentials,
                         std::string_view server_name,
                         const dtls_options& options, time_point now) {
  if (server_name.empty())
    return fail(ec::missing, "server name",
                "without it the server cannot be authenticated");
  auto x = std::make_unique<impl>();
  x->credentials = std::move(credentials);
  x->options = options;
  x->server_name = server_name;
  if (auto opened = x->open(nullptr, now); !opened)
    return opened.error();
  x->shake(now);
  return std::unique_ptr<dtls_association>{new dtls_association{std::move(x)}};
}

void dtls_association::receive(byte_view datagram, time_point now) {
  impl_->receive(datagram, now);
}

result<void> dtls_association::send(byte_view plaintext) {
  if (impl_->current != state::established)
    return fail(ec::closed, "DTLS", "no association is established");
  if (plaintext.empty())
    return fail(ec::out_of_range, "message", "it is empty");
  if (plaintext.size() > max_plaintext())
    return fail(ec::too_large, "message",
                std::to_string(plaintext.size()) + " octets, at most "
                    + std::to_string(max_plaintext()) + " fit one record");
  auto sent = gnutls_record_send(impl_->session.get(), plaintext.data(),
                                 plaintext.size());
  if (sent >= 0)
    return {};
  if (!is_passing(static_cast<int>(sent)))
    impl_->die(static_cast<int>(sent));
  return fail(ec::io, "DTLS", gnutls_strerror(static_cast<int>(sent)));
}

bool dtls_association::next_datagram(bytes& out) {
  return impl_->output.pop(out);
}

bool dtls_association::next_plaintext(bytes& out) {
  return impl_->plaintexts.pop(out);
}

void dtls_association::close() {
  if (impl_->current == state::established)
    gnutls_bye(impl_->session.get(), GNUTLS_SHUT_WR);
  if (impl_->current != state::closed)
    impl_->end({});
}

dtls_association::state dtls_association::current() const noexcept {
  return impl_->current;
}

const std::string& dtls_association::failure_reason() const noexcept {
  return impl_->reason;
}

std::optional<time_point> dtls_association::next_deadline() const noexcept {
  if (impl_->current != state::handshaking)
    return std::nullopt;
  return std::min(impl_->give_up, impl_->retransmit_at);
}

void dtls_association::on_time(time_point now) {
  auto& x = *impl_;
  if (x.current != state::handshaking)
    return;
  if (now >= x.give_up)
    return x.end("the handshake did not end in time");
  if (now < x.retransmit_at)
    return;
  auto pause = std::min<duration>(x.retransmit_pause * 2, max_retransmit);
  x.repeat_due = true;
  x.shake(now);
  x.retransmit_pause = pause;
  x.retransmit_at = now + pause;
}

const peer_identity& dtls_association::peer() const noexcept {
  return impl_->peer;
}

std::size_t dtls_association::max_plaintext() const noexcept {
  auto mtu = impl_->options.mtu;
  if (impl_->current == state::established)
    return gnutls_dtls_get_data_mtu(impl_->session.get());
  return mtu > record_expansion ? mtu - record_expansion : 0;
}

bool dtls_association::resumed() const noexcept {
  return impl_->current == state::established
         && gnutls_session_is_resumed(impl_->session.get()) != 0;
}

std::uint64_t dtls_association::discarded() const noexcept {
  return impl_->discarded + gnutls_record_get_discarded(impl_->session.get());
}

} // namespace tocsin::transports
