#pragma once
#include "protocol/signal/customer.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::protocol::signal {

/// What the security layer learned of a peer.
struct peer_identity {
  /// "sha256:…" of the certificate and of its SPKI, in any order.
  std::vector<std::string> fingerprints;
  std::vector<std::string> dns_names; ///< subjectAltName
  std::string common_name;            ///< empty: none
  /// Of a pre-shared key; all else is empty then.
  std::string psk_identity = {};

  friend bool operator==(const peer_identity&, const peer_identity&) = default;
};

/// Lower case, colons between octets dropped: "sha256:" and 64 hex digits.
/// Accepts what `openssl x509 -fingerprint` prints after "sha256:" too.
result<std::string> canonical_fingerprint(std::string_view text);

/// Which customer does a peer belong to? Immutable; lookups cost O(1) per name
/// in the certificate, whatever the number of customers.
class customer_table {
public:
  customer_table() = default;

  /// Fails with ec::conflict if two customers share a name or an identity,
  /// ec::malformed for a broken fingerprint or an empty identity, ec::missing
  /// for no name. Prefixes and identities are stored in canonical form.
  static result<customer_table> make(std::vector<customer> customers);

  /// The best identity decides: fingerprint, then SAN, then CN; or that of the
  /// pre-shared key. Fails with
  /// ec::unauthorized if nothing matches, and with ec::conflict if identities
  /// of the deciding kind belong to different customers. The pointer lives as
  /// long as the table or a copy of it.
  result<const customer*> find(const peer_identity& who) const;

  /// The customer whose domain trusted gateways call so (`cdid`), or nullptr.
  const customer* by_cdid(const std::string& cdid) const;

  /// The customer of that name, or nullptr.
  const customer* by_name(std::string_view name) const;

  const std::vector<customer>& all() const noexcept { return data_->customers; }

private:
  struct data {
    std::vector<customer> customers;
    std::unordered_map<std::string, std::size_t> names, fingerprints, dns,
        common_names, psk, cdids;

    result<void> enter_customer(std::size_t i);
  };

  std::shared_ptr<const data> data_ = std::make_shared<data>();
};

} // namespace tocsin::protocol::signal
