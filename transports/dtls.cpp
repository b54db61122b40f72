#include "transports/dtls.hpp"

#include "transports/dtls_impl.hpp"

#include <algorithm>
#include <array>
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

// A ClientHello with the largest ticket that makes sense.
constexpr std::size_t max_hello = 16384;

// Unauthenticated or not, at most so many plaintexts wait to be drained.
constexpr std::size_t max_waiting = 1024;

// A wrong key shows in nothing but records that cannot be decrypted.
std::string too_late(const dtls_session_context& x) {
  std::string why = "the handshake did not end in time";
  if (x.own->has_certificate())
    return why;
  return why + "; do both sides have the same pre-shared key?";
}

} // namespace

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
  // GnuTLS is asked only where it could matter: that costs as much as a tenth
  // of the encryption.
  if (plaintext.size() + record_expansion > impl_->options.mtu
      && plaintext.size() > max_plaintext())
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
  static const peer_identity nobody;
  return impl_->peer ? *impl_->peer : nobody;
}

void dtls_association::forget_peer() noexcept {
  impl_->peer.reset();
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
