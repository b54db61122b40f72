#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "transports/peer_identity.hpp"
#include "transports/psk_file.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace tocsin::transports {

/// Where credentials are kept. `certificate`, `key` and `trust` come together,
/// in PEM; without them there must be pre-shared keys.
struct credential_files {
  std::filesystem::path certificate; ///< own chain, own certificate first
  std::filesystem::path key;   ///< own private key; readable by its owner only
  std::filesystem::path trust; ///< accepted CAs
  std::optional<std::filesystem::path> revocation{}; ///< CRLs
  /// Pre-shared keys, see psk_table: a server's all clients, or the one
  /// identity of a client; readable by its owner only.
  std::optional<std::filesystem::path> psk{};
};

/// How a node proves who it is, and whom it believes: certificate chain and key
/// with the authorities that peers' chains must end in, pre-shared keys, or
/// both. A server accepts whichever of the two is there, and never an
/// anonymous peer. Serves DTLS and TLS alike. Loaded once, then immutable and
/// shared by associations of any thread.
class credentials {
public:
  /// Fails with ec::io (cannot read), ec::unauthorized (the key may be read by
  /// others), ec::malformed (bad content), ec::conflict (key and certificate
  /// do not belong together) or ec::missing (a file is not named); `where` is
  /// the file, `detail` says what to do.
  static result<std::shared_ptr<const credentials>>
  load(const credential_files& files);

  ~credentials();
  credentials(const credentials&) = delete;
  credentials& operator=(const credentials&) = delete;

  /// What our own certificate says; without one, the identity of our only
  /// pre-shared key, if it is the only one.
  const peer_identity& own() const noexcept { return own_; }

  bool has_certificate() const noexcept { return has_certificate_; }
  const psk_table& psks() const noexcept { return psks_; }

  struct native; // objects of the libraries, known to this directory only
  const native& get() const noexcept { return *native_; }

private:
  credentials();
  result<void> load_certificate(const credential_files& files, byte_view chain,
                                byte_view key);
  result<void> load_psks(const std::filesystem::path& file);

  std::unique_ptr<native> native_;
  peer_identity own_;
  psk_table psks_;
  bool has_certificate_ = false;
};

/// Whether a client can use them: of pre-shared keys it may have one only.
/// Fails with ec::conflict.
result<void> check_client(const credentials& x);

} // namespace tocsin::transports
