#pragma once
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// A small certification authority for DOTS agents: ECDSA on P-256, X.509v3,
/// files in one directory of mode 0700. Keys are born with mode 0600, and no
/// file is ever overwritten.
namespace tocsin::transports::crypto {

/// The authority's own files inside its directory.
inline constexpr const char* ca_certificate_name = "ca.pem";
inline constexpr const char* ca_key_name = "ca-key.pem";

struct pki_init_options {
  std::filesystem::path directory;
  std::string name = "Tocsin CA"; ///< common name, 1 to 64 characters
  std::uint32_t days = 3650;      ///< 1 to 36500
};

/// What a certificate is for (RFC 5280, Section 4.2.1.12). A gateway takes
/// `both`: it serves and it calls.
enum class agent_type : std::uint8_t { server, client, both };

struct pki_issue_options {
  std::filesystem::path directory;
  agent_type type = agent_type::client;
  /// A DNS name: common name, first DNS-ID, and stem of the file names.
  std::string name{};
  std::vector<std::string> dns_names{}; ///< more DNS-IDs
  std::vector<std::string> addresses{}; ///< IPv4 or IPv6 literals
  std::uint32_t days = 397;             ///< 1 to 3650, ends with the authority
};

/// What was made.
struct issued {
  std::filesystem::path certificate; ///< "NAME.pem"
  std::filesystem::path key;         ///< "NAME-key.pem"
  std::string fingerprint;           ///< "sha256:" and 64 digits
  std::string cuid;                  ///< of the public key, 22 characters
  unix_seconds not_after = 0;
};

/// Makes the directory, a key and a self-signed certificate of an authority.
/// Fails with ec::conflict if either file exists, ec::out_of_range for bad
/// options, ec::io.
result<issued> pki_init(const pki_init_options& options);

/// Makes a key and a certificate signed by the directory's authority. Server
/// certificates bear, for each name, the DNS-ID and the SRV-ID "_dots-signal"
/// (RFC 9132, Section 7.1). Fails as pki_init does, and with ec::not_found if
/// there is no authority.
result<issued> pki_issue(const pki_issue_options& options);

} // namespace tocsin::transports::crypto
