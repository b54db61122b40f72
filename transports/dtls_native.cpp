#include "transports/dtls_native.hpp"

#include <algorithm>

namespace tocsin::transports {

namespace {

constexpr unsigned session_ticket = 35; // RFC 5077, Section 3.2

dtls_session_context& context_of(gnutls_session_t session) {
  return *static_cast<dtls_session_context*>(gnutls_session_get_ptr(session));
}

int on_chain(gnutls_session_t session) {
  auto& x = context_of(session);
  x.verdict = verify_chain(*x.own, peer_chain(session), x.server_name);
  return x.verdict.good ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

constexpr std::size_t session_id_at = 2 + 32; // in both kinds of hello

byte_view session_id_of(byte_view hello) {
  if (hello.size() <= session_id_at
      || hello.size() - session_id_at - 1 < hello[session_id_at])
    return {};
  return hello.subspan(session_id_at + 1, hello[session_id_at]);
}

// Does a ServerHello have this extension?
bool has_extension(byte_view hello, unsigned type) {
  auto number = [&hello](std::size_t at) {
    return std::size_t{hello[at]} << 8 | hello[at + 1];
  };
  // After the suite, the compression and the size of all extensions.
  auto at = session_id_at + 1 + session_id_of(hello).size() + 2 + 1 + 2;
  while (at + 4 <= hello.size()) {
    if (number(at) == type)
      return true;
    at += 4 + number(at + 2);
  }
  return false;
}

// GnuTLS says only at the end whether it resumes, and never whether a ticket
// will come, but both change which message is the last one before the keys
// change. A server that resumes repeats the session id (RFC 5077, Section 3.4).
int on_hello(gnutls_session_t session, unsigned type, unsigned,
             unsigned incoming, const gnutls_datum_t* message) {
  auto& x = context_of(session);
  byte_view hello{message->data, message->size};
  auto id = session_id_of(hello);
  if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && !incoming) {
    x.session_id.assign(id.begin(), id.end());
  } else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO && incoming) {
    x.resuming = !id.empty() && std::ranges::equal(id, x.session_id);
    x.ticket_promised = has_extension(hello, session_ticket);
  }
  return 0;
}

result<peer_identity> identify_by_psk(gnutls_session_t session,
                                      dtls_session_context& context) {
  peer_identity out;
  if (context.is_server()) {
    gnutls_datum_t identity{};
    if (gnutls_psk_server_get_username2(session, &identity) >= 0)
      out.psk_identity = as_text(byte_view{identity.data, identity.size});
  } else if (context.own->get().psk_client) {
    out.psk_identity = context.own->psks().first();
  }
  if (context.own->psks().find(out.psk_identity))
    return out;
  context.verdict = {false, "the peer's pre-shared key is not known here",
                     GNUTLS_A_UNKNOWN_PSK_IDENTITY};
  return fail(ec::unauthorized, "peer", context.verdict.reason);
}

} // namespace

void equip(gnutls_session_t session, dtls_session_context& context) {
  const auto& native = context.own->get();
  gnutls_session_set_ptr(session, &context);
  gnutls_priority_set(session, native.priority.get());
  if (native.certificates)
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                           native.certificates.get());
  if (context.is_server() && native.psk_server)
    gnutls_credentials_set(session, GNUTLS_CRD_PSK, native.psk_server.get());
  if (!context.is_server() && native.psk_client)
    gnutls_credentials_set(session, GNUTLS_CRD_PSK, native.psk_client.get());
  gnutls_session_set_verify_function(session, on_chain);
  if (!context.is_server())
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                       GNUTLS_HOOK_POST, on_hello);
}

std::vector<bytes> peer_chain(gnutls_session_t session) {
  unsigned count = 0;
  auto chain = gnutls_certificate_get_peers(session, &count);
  std::vector<bytes> out;
  for (unsigned i = 0; chain && i < count; ++i)
    out.emplace_back(chain[i].data, chain[i].data + chain[i].size);
  return out;
}

result<peer_identity> identify_peer(gnutls_session_t session,
                                    dtls_session_context& context) {
  auto kind = gnutls_auth_get_type(session);
  if (kind == GNUTLS_CRD_PSK)
    return identify_by_psk(session, context);
  auto chain = peer_chain(session);
  if (gnutls_session_is_resumed(session))
    context.verdict = verify_chain(*context.own, chain, context.server_name);
  // Both hold after a verified handshake; trust nothing here nevertheless.
  if (kind != GNUTLS_CRD_CERTIFICATE || chain.empty())
    context.verdict = {false, "the peer presented no certificate",
                       GNUTLS_A_BAD_CERTIFICATE};
  if (!context.verdict.good)
    return fail(ec::unauthorized, "peer", context.verdict.reason);
  return identify(chain.front());
}

bool is_change_next(gnutls_session_t session,
                    const dtls_session_context& context) {
  // As a number: before the first message it is none of the enumerators.
  auto last = static_cast<int>(gnutls_handshake_get_last_in(session));
  auto is = [last](gnutls_handshake_description_t x) {
    return last == static_cast<int>(x);
  };
  if (context.is_server())
    return gnutls_session_is_resumed(session)
               ? is(GNUTLS_HANDSHAKE_CLIENT_HELLO)
           : gnutls_auth_get_type(session) == GNUTLS_CRD_PSK
               ? is(GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE)
               : is(GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY);
  if (context.ticket_promised)
    return is(GNUTLS_HANDSHAKE_NEW_SESSION_TICKET);
  return is(context.resuming ? GNUTLS_HANDSHAKE_SERVER_HELLO
                             : GNUTLS_HANDSHAKE_SERVER_HELLO_DONE);
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

} // namespace tocsin::transports
