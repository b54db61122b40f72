#pragma once
#include "protocol/signal/customer.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tocsin::protocol::data {

/// A name for targets (RFC 8783, Section 6.1).
struct alias {
  std::string name;
  std::vector<signal::prefix> prefixes;
  std::vector<signal::port_range> ports; ///< empty: all
  std::vector<std::uint8_t> protocols;   ///< empty: any
  std::vector<std::string> fqdns;
  std::vector<std::string> uris;

  friend bool operator==(const alias&, const alias&) = default;
};

/// What a mitigation request means by the alias.
signal::target to_target(const alias& x);

/// A request's target with what its aliases stand for. Ports and protocols of
/// the request go before those of the aliases where it names no addresses of
/// its own; else both hold for all (RFC 9132, Section 4.4.1.3: united).
signal::target covered(const signal::target& asked,
                       const signal::target& aliased);

/// Reads an entry of `aliases/alias`, which is valid against the schema, and
/// checks what the schema cannot say (RFC 8783, Sections 4.3 and 6.1): one of
/// prefix, FQDN and URI is there, ports are in order, every value may be a
/// target. `at` is the path to the entry.
yang::outcome<alias> read_alias(const yang::data_node& entry,
                                const yang::instance_path& at);

/// Checks that the customer may protect what the alias names: prefixes, FQDNs
/// and URIs inside of the client's domain (RFC 8783, Sections 6.1 and 10).
/// Anything else is an access-denied at its very value. Addresses of names are
/// judged when they are resolved: signal::authorise_addresses.
std::optional<yang::error> entitled(const signal::customer& who,
                                    const yang::data_node& entry,
                                    const yang::instance_path& at);

} // namespace tocsin::protocol::data
