#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <string>
#include <vector>

namespace tocsin::transports {

/// Who the peer of an association has proved to be: what its X.509 certificate
/// says, or the identity of its pre-shared key.
struct peer_identity {
  std::string fingerprint;      ///< "sha256:HEX" of the certificate
  std::string spki_fingerprint; ///< "sha256:HEX" of its SubjectPublicKeyInfo
  bytes spki;                   ///< DER of the SubjectPublicKeyInfo
  std::string subject;          ///< distinguished name, RFC 4514
  std::string common_name;      ///< may be empty
  std::vector<std::string> dns_names; ///< SAN entries of type dNSName
  unix_seconds not_after = 0;         ///< end of validity
  std::string psk_identity; ///< of a pre-shared key; all else is empty then

  friend bool operator==(const peer_identity&, const peer_identity&) = default;
};

/// Reads a DER certificate. Fails with ec::malformed.
result<peer_identity> identify(byte_view certificate_der);

} // namespace tocsin::transports
