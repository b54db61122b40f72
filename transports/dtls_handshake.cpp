#include "transports/credential_io.hpp"
#include "transports/dtls_impl.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include <gnutls/dtls.h>

namespace tocsin::transports {

namespace {

// The largest that ours and other servers in use send.
constexpr std::size_t max_cookie = 32;

constexpr std::string_view dtls12 = "DTLS 1.2";

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
  peer = std::make_unique<const peer_identity>(*std::move(identity));
  current = state::established;
  order = {};
  hello = {};
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

} // namespace tocsin::transports
