#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/peer_identity.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::transports {

/// Where credentials are kept; all files are PEM.
struct credential_files {
  std::filesystem::path certificate; ///< own chain, own certificate first
  std::filesystem::path key;   ///< own private key; readable by its owner only
  std::filesystem::path trust; ///< accepted CAs
  std::optional<std::filesystem::path> revocation; ///< CRLs
};

/// Own certificate chain and key, and the authorities that peers' chains must
/// end in. Loaded once, then immutable and shared by associations of any
/// thread.
class dtls_credentials {
public:
  /// Fails with ec::io (cannot read), ec::unauthorized (the key may be read by
  /// others), ec::malformed (bad content) or ec::conflict (key and certificate
  /// do not belong together); `where` is the file, `detail` says what to do.
  static result<std::shared_ptr<const dtls_credentials>>
  load(const credential_files& files);

  ~dtls_credentials();
  dtls_credentials(const dtls_credentials&) = delete;
  dtls_credentials& operator=(const dtls_credentials&) = delete;

  /// What our own certificate says.
  const peer_identity& own() const noexcept { return own_; }

  struct native; // GnuTLS objects, known to this directory's sources only
  const native& get() const noexcept { return *native_; }

private:
  dtls_credentials();
  std::unique_ptr<native> native_;
  peer_identity own_;
};

} // namespace tocsin::transports
