#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/lifetime.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::signal {

/// What a customer may use at most.
struct customer_limits {
  std::uint32_t max_mitigations = 100; ///< live requests, all cuids together
  std::uint32_t max_cuids = 16;        ///< cuids with state at one time
  lifetime_policy lifetime;            ///< longest lifetime granted
  std::uint32_t requests_per_minute = 600; ///< 0: not limited
  std::uint32_t request_burst = 60;        ///< at once, above the rate

  friend bool operator==(const customer_limits&,
                         const customer_limits&) = default;
};

/// How attack traffic of a customer is treated.
enum class mitigation_action : std::uint8_t { drop, rate_limit };

/// Traffic that always passes, whatever is mitigated.
struct accept_entry {
  std::vector<prefix> sources;         ///< empty: any source
  std::vector<port_range> ports;       ///< destination ports; empty: all
  std::vector<std::uint8_t> protocols; ///< empty: all

  friend bool operator==(const accept_entry&, const accept_entry&) = default;
};

/// The lowest value of a target is 0.
inline constexpr std::uint32_t highest_value = 100;

/// Addresses that are worth more, or less, than the rest of a customer's.
struct asset {
  std::vector<prefix> prefixes;
  std::uint32_t value = 0;

  friend bool operator==(const asset&, const asset&) = default;
};

/// By what a customer's agents are recognised; one match suffices.
struct customer_identities {
  /// "sha256:" and 64 hex digits, of the certificate or of its SPKI.
  std::vector<std::string> fingerprints;
  std::vector<std::string> dns_names;           ///< subjectAltName, exact
  std::vector<std::string> common_names;        ///< subject CN, exact
  std::vector<std::string> psk_identities = {}; ///< exact
  /// What trusted gateways call its domain (RFC 9132, Section 4.4.1.2).
  std::vector<std::string> cdids = {};

  friend bool operator==(const customer_identities&,
                         const customer_identities&) = default;
};

/// A DOTS client domain: who it is, what is its own, what it may ask for.
struct customer {
  std::string name; ///< key in storage, rules and logs; unique
  customer_identities identities;
  std::vector<prefix> prefixes; ///< its address space, and nothing else
  /// "www.example.com" entitles to that name, "*.example.com" to every name
  /// below example.com, not to example.com itself; "*" to every name.
  std::vector<std::string> domains;
  customer_limits limits;
  mitigation_action action = mitigation_action::drop;
  std::uint64_t rate = 0; ///< packets per second, with rate_limit
  std::vector<accept_entry> accept;
  /// A gateway which is trusted to say whose requests it passes on (`cdid`).
  bool gateway = false;
  /// An administrator decides before anything is enforced.
  bool approval = false;
  /// With `approval`: so many clients of the node that ask for what overlaps
  /// are as good as one; 0: they are not.
  std::uint32_t agreement = 0;
  /// Of its targets, but for what is an asset; see target_value.hpp.
  std::uint32_t value = 0;
  std::vector<asset> assets = {};

  friend bool operator==(const customer&, const customer&) = default;
};

/// May this customer ask for the protection of this target? Every prefix must
/// be its own, every FQDN and URI host must lie in its domains, or in its
/// prefixes if the host is an address (RFC 9132, Sections 4.4.1.1 and 11).
/// Aliases are not judged here: what they stand for is. Fails with
/// ec::unauthorized; `where` is the attribute, `detail` names the culprit and
/// what the customer is entitled to.
result<void> authorise(const customer& who, const target& what);

/// The same checks for the addresses that `name` (FQDN or URI) resolved to, at
/// the first and at every later resolution: special addresses fail with
/// ec::out_of_range, foreign ones with ec::unauthorized. No address at all
/// fails with ec::not_found.
result<void> authorise_addresses(const customer& who, std::string_view name,
                                 std::span<const prefix> addresses);

/// True if one of the customer's prefixes contains it.
bool owns(const customer& who, const prefix& what);

/// True if the name lies in the customer's domains; case and a final dot do
/// not matter.
bool owns_name(const customer& who, std::string_view fqdn);

} // namespace tocsin::protocol::signal
