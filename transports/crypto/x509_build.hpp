#pragma once
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/crypto/pki.hpp"
#include "transports/crypto/x509_types.hpp"

#include <string>
#include <vector>

namespace tocsin::transports::crypto {

/// A new P-256 key.
result<key_ptr> make_key();

/// The key as unencrypted PKCS #8 in PEM form.
result<std::string> key_to_pem(EVP_PKEY* key);
result<std::string> certificate_to_pem(X509* cert);

struct validity {
  unix_seconds from = 0, to = 0;
};

/// The certificate of an authority, signed by its own key.
result<x509_ptr> make_ca_certificate(EVP_PKEY* key, const std::string& name,
                                     validity period);

/// An agent's certificate, signed by `issuer`. The names in `options` are
/// valid and in lower case.
result<x509_ptr> make_agent_certificate(EVP_PKEY* key, X509* issuer,
                                        EVP_PKEY* issuer_key,
                                        const pki_issue_options& options,
                                        validity period);

} // namespace tocsin::transports::crypto
