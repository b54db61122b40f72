#pragma once
// GnuTLS objects behind the DTLS classes; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "transports/dtls_credentials.hpp"

#include <memory>
#include <string>
#include <type_traits>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

namespace tocsin::transports {

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

struct dtls_credentials::native {
  owned_credentials certificates;
  owned_priority priority;
};

inline gnutls_datum_t as_datum(byte_view x) noexcept {
  // GnuTLS does not write to what it takes by const gnutls_datum_t*.
  return {const_cast<std::uint8_t*>(x.data()), static_cast<unsigned>(x.size())};
}

/// What came of judging a peer's certificate.
struct verification {
  bool good = false;
  std::string reason;                                          ///< if not good
  gnutls_alert_description_t alert = GNUTLS_A_BAD_CERTIFICATE; ///< if not good
};

/// Judges the chain presented in the running handshake: path, time, purpose,
/// and, as a client, `server_name` (RFC 5280; RFC 6125).
verification verify_peer(gnutls_session_t session,
                         const std::string& server_name);

/// Does the certificate belong to the server of that name or address?
bool matches_server(gnutls_x509_crt_t certificate, const std::string& name);

/// Whether `name` is an IPv4 or IPv6 address rather than a name.
bool is_address_literal(const std::string& name);

} // namespace tocsin::transports
