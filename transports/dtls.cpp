#include "transports/dtls.hpp"

#include "transports/buffer_queue.hpp"
#include "transports/credential_io.hpp"
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

// The largest that ours and other servers in use send.
constexpr std::size_t max_cookie = 32;

// A ClientHello with the largest ticket that makes sense.
constexpr std::size_t max_hello = 16384;

constexpr std::string_view dtls12 = "DTLS 1.2";

// Unauthenticated or not, at most so many plaintexts wait to be drained.
constexpr std::size_t max_waiting = 1024;

} // namespace

struct dtls_association::impl : dtls_session_context {
  dtls_options options;
  owned_session session;
  state current = state::handshaking;
  std::string reason;
  peer_identity peer;
  std::optional<cookie_prestate> prestate; // of a server

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

namespace {

template <class Impl>
Impl& self(gnutls_transport_ptr_t ptr) {
  return *static_cast<Impl*>(ptr);
}

gnutls_alert_description_t alert_of(const verification& x) {
  return static_cast<gnutls_alert_description_t>(x.alert);
}

// A wrong key shows in nothing but records that cannot be decrypted.
std::string too_late(const dtls_session_context& x) {
  std::string why = "the handshake did not end in time";
  if (x.own->has_certificate())
    return why;
  return why + "; do both sides have the same pre-shared key?";
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

// Errors after which GnuTLS can go on. Its own time-outs do not count: time is
// ours to judge.
bool is_passing(int error) {
  return gnutls_error_is_fatal(error) == 0 || error == GNUTLS_E_TIMEDOUT;
}

} // namespace

result<void> dtls_association::impl::open(bool with_tickets) {
  auto flags = (is_server() ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_DATAGRAM
               | GNUTLS_NONBLOCK | (with_tickets ? 0u : GNUTLS_NO_TICKETS);
  gnutls_session_t raw = nullptr;
  if (auto error = gnutls_init(&raw, flags); error < 0)
    return fail(ec::unavailable, "DTLS", gnutls_strerror(error));
  session.reset(raw);
  equip(raw, *this);
  connect(raw);
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
  if (prestate && with_tickets) {
    // A key may be gone from the file of pre-shared keys, or be another one:
    // what it led to is then not to be resumed.
    auto master = options.resumption.tickets->dtls_key(own->psks().digest());
    auto key = as_datum(master);
    gnutls_session_ticket_enable_server(raw, &key);
    gnutls_db_set_cache_expiration(raw, ticket_period.count());
    wipe(master);
  }
  return {};
}

void dtls_association::impl::start_timers(time_point now) {
  give_up = now + options.handshake_limit;
  retransmit_pause = options.retransmit_after;
  retransmit_at = now + retransmit_pause;
}

// Client: begins to resume the association that was saved, if it is still
// good; else, nothing was done.
bool dtls_association::impl::start_resuming(time_point now) {
  auto saved = options.resumption.cache->take(options.resumption.key);
  if (!saved || saved->bound_to != resumption_binding(*own, server_name, dtls12)
      || (!saved->peer_chain.empty()
          && !verify_chain(*own, saved->peer_chain, server_name).good))
    return false;
  auto good = gnutls_session_set_data(session.get(), saved->state.data(),
                                      saved->state.size())
              >= 0;
  wipe(saved->state);
  if (!good)
    return false;
  shake(now);
  // A server without state looks at one datagram: the hello must fit into it
  // together with the cookie. A large certificate of ours makes for a large
  // ticket; then, a full handshake it is.
  if (current == state::handshaking && output.size() == 1
      && output.last()->size() + max_cookie <= options.mtu)
    return true;
  output = {};
  gate = {};
  if (auto opened = open(true); !opened)
    end(to_string(opened.error()));
  return false;
}

void dtls_association::impl::connect(gnutls_session_t raw) {
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

void dtls_association::impl::feed(byte_view record, time_point now) {
  input = record;
  if (prestate && options.resumption.tickets && !resumption_judged
      && hello_size + record.size() <= max_hello) {
    hello_size += record.size();
    hello.emplace_back(record.begin(), record.end());
  }
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
  auto status = step();
  if (!may_resume())
    status = start_over();
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

int dtls_association::impl::step() {
  int status = 0;
  // A warning, say, ends a call before the input is used up.
  for (int tries = 0; tries < 4; ++tries) {
    status = gnutls_handshake(session.get());
    if (status == GNUTLS_E_SUCCESS || !is_passing(status) || input.empty())
      break;
  }
  return status;
}

// Server: false if the ClientHello resumes an association whose peer is not
// welcome any more, say because its certificate was revoked.
bool dtls_association::impl::may_resume() {
  if (!prestate || resumption_judged
      || static_cast<int>(gnutls_handshake_get_last_in(session.get()))
             != static_cast<int>(GNUTLS_HANDSHAKE_CLIENT_HELLO))
    return true;
  resumption_judged = true;
  return !gnutls_session_is_resumed(session.get())
         || identify_peer(session.get(), *this);
}

// Server: takes the ClientHello as one without a ticket. Nothing of the answer
// has left yet.
int dtls_association::impl::start_over() {
  output = {};
  gate = {};
  gate.begin(false);
  verdict = {};
  if (auto opened = open(false); !opened)
    return GNUTLS_E_MEMORY_ERROR;
  auto status = GNUTLS_E_AGAIN;
  for (const auto& x : std::exchange(hello, {})) {
    input = x;
    status = step();
    input = {};
  }
  return status;
}

void dtls_association::impl::established() {
  auto identity = identify_peer(session.get(), *this);
  if (!identity) {
    gnutls_alert_send(session.get(), GNUTLS_AL_FATAL, alert_of(verdict));
    return end(verdict.reason.empty() ? to_string(identity.error())
                                      : verdict.reason);
  }
  peer = *std::move(identity);
  current = state::established;
  order = {};
  hello.clear();
  if (!is_server() && options.resumption.cache)
    save();
}

// Client: keeps what it takes to resume this association later.
void dtls_association::impl::save() {
  gnutls_datum_t data{};
  // Without a ticket there is nothing that a server could know it by.
  if (!ticket_promised && !gnutls_session_is_resumed(session.get()))
    return;
  if (gnutls_session_get_data2(session.get(), &data) < 0)
    return;
  options.resumption.cache->put(
      options.resumption.key,
      {bytes(data.data, data.data + data.size), peer_chain(session.get()),
       resumption_binding(*own, server_name, dtls12)});
  gnutls_memset(data.data, 0, data.size);
  gnutls_free(data.data);
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
    gnutls_alert_send(x, GNUTLS_AL_FATAL, alert_of(verdict));
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
dtls_association::server(std::shared_ptr<const transports::credentials> own,
                         const cookie_prestate& prestate,
                         const dtls_options& options, time_point now) {
  auto x = std::make_unique<impl>();
  x->own = std::move(own);
  x->options = options;
  x->prestate = prestate;
  if (auto opened = x->open(options.resumption.tickets != nullptr); !opened)
    return opened.error();
  x->start_timers(now);
  return std::unique_ptr<dtls_association>{new dtls_association{std::move(x)}};
}

result<std::unique_ptr<dtls_association>>
dtls_association::client(std::shared_ptr<const transports::credentials> own,
                         std::string_view server_name,
                         const dtls_options& options, time_point now) {
  if (server_name.empty())
    return fail(ec::missing, "server name",
                "without it the server cannot be authenticated");
  if (auto usable = check_client(*own); !usable)
    return usable.error();
  auto x = std::make_unique<impl>();
  x->own = std::move(own);
  x->options = options;
  x->server_name = server_name;
  auto resuming = options.resumption.cache != nullptr;
  if (auto opened = x->open(resuming); !opened)
    return opened.error();
  x->start_timers(now);
  if (!resuming || !x->start_resuming(now))
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
    return x.end(too_late(x));
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
