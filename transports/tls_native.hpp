#pragma once
// BoringSSL objects behind the TLS classes; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "transports/credentials.hpp"
#include "transports/peer_verify.hpp"
#include "transports/resumption_cache.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::transports {

/// Settings that all associations of the same credentials share.
struct tls_context {
  bssl::UniquePtr<SSL_CTX> ctx;
};

/// Those of loaded credentials.
const tls_context& tls_of(const credentials& own) noexcept;

/// `chain_pem` and `key_pem` are empty without a certificate.
result<std::shared_ptr<const tls_context>>
make_tls_context(byte_view chain_pem, byte_view key_pem, bool psk);

/// What associations speak unless told otherwise.
inline constexpr std::string_view coap_alpn = "coap";

/// What the callbacks of the shared context ask of, and tell, one association:
/// its SSL's app data points to one of these.
struct tls_session_context {
  std::shared_ptr<const credentials> own;
  std::string server_name; // empty: we are the server
  std::string_view alpn = coap_alpn;
  bool require_alpn = true;
  resumption_options resumption;
  verification verdict;
  bool got_ticket = false;

  bool is_server() const noexcept { return server_name.empty(); }
};

/// Client: offers this protocol by ALPN.
bool offer_protocol(SSL* ssl, std::string_view name);

/// The DER certificates of a chain; none if it is null.
std::vector<bytes> chain_of(const STACK_OF(CRYPTO_BUFFER) * chain);

/// What BoringSSL says about its last error; empties its queue.
std::string take_tls_error();

} // namespace tocsin::transports
