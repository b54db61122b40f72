#pragma once
// GnuTLS objects behind the classes here; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "transports/credentials.hpp"
#include "transports/peer_verify.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

namespace tocsin::transports {

struct tls_context; // BoringSSL's part: tls_native.hpp

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* x) const noexcept {
    Free(x);
  }
};

template <class Handle, auto Free>
using owned = std::unique_ptr<std::remove_pointer_t<Handle>, freed_by<Free>>;

using owned_session = owned<gnutls_session_t, gnutls_deinit>;
using owned_certificate = owned<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using owned_credentials = owned<gnutls_certificate_credentials_t,
                                gnutls_certificate_free_credentials>;
using owned_priority = owned<gnutls_priority_t, gnutls_priority_deinit>;
using owned_psk_server =
    owned<gnutls_psk_server_credentials_t, gnutls_psk_free_server_credentials>;
using owned_psk_client =
    owned<gnutls_psk_client_credentials_t, gnutls_psk_free_client_credentials>;

struct credentials::native {
  owned_credentials certificates; // with the trusted CAs; null: none
  owned_psk_server psk_server;    // null: no pre-shared keys
  owned_psk_client psk_client;    // null unless there is exactly one key
  owned_priority priority;
  std::shared_ptr<const tls_context> tls;
};

/// What the callbacks of a session need to know and have to tell: the session's
/// pointer (gnutls_session_set_ptr) leads to one of these.
struct dtls_session_context {
  std::shared_ptr<const credentials> own;
  std::string server_name; // empty: we are the server
  verification verdict;
  // Client: what its hello named, and what the server's answer means.
  bytes session_id;
  bool resuming = false;
  bool ticket_promised = false; // a NewSessionTicket will come

  bool is_server() const noexcept { return server_name.empty(); }
};

inline gnutls_datum_t as_datum(byte_view x) noexcept {
  // GnuTLS does not write to what it takes by const gnutls_datum_t*.
  return {const_cast<std::uint8_t*>(x.data()), static_cast<unsigned>(x.size())};
}

/// Gives a fresh session its credentials, suites and callbacks.
void equip(gnutls_session_t session, dtls_session_context& context);

/// The DER certificates of the peer; none if it showed none.
std::vector<bytes> peer_chain(gnutls_session_t session);

/// Who the peer of a finished handshake is. Fails with ec::unauthorized if it
/// did not prove to be anyone, or, in a resumed session, is not welcome any
/// more; context.verdict then holds the alert.
result<peer_identity> identify_peer(gnutls_session_t session,
                                    dtls_session_context& context);

/// Are all unencrypted messages of the peer processed, so that its
/// ChangeCipherSpec is next?
bool is_change_next(gnutls_session_t session,
                    const dtls_session_context& context);

/// A sentence about an error for the operator.
std::string describe(gnutls_session_t session, int error);

} // namespace tocsin::transports
