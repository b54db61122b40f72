#pragma once
#include "actors/values.hpp"
#include "mitigators/rule.hpp"
#include "protocol/signal/customer.hpp"

#include <map>
#include <string>
#include <vector>

namespace tocsin::actors {

/// A name for drivers made of two of a client: opaque, so that a client cannot
/// smuggle anything into names of drivers, and collision-free, so that nobody
/// can take what is another's over.
std::string opaque_name(const std::string& a, const std::string& b);

/// Names with commas between them, as the store keeps them; and back.
std::string join_names(const std::vector<std::string>& names);
std::vector<std::string> split_names(std::string_view text);

/// The answer that sends a peer elsewhere: 5.03 (RFC 9132, Section 4.6).
dots_response redirection_to(const redirect_order& x);

/// Addresses by the FQDN or URI host they were resolved from, lower case.
using name_addresses =
    std::map<std::string, std::vector<protocol::signal::prefix>>;

/// The names of a target that need a look-up, each once: FQDNs and URI hosts
/// that are not addresses.
std::vector<std::string> names_of(const protocol::signal::target& what);

/// The server of an UPSTREAM. Where each client of a gateway has one of its
/// own, UPSTREAMs are called "server/client".
std::string server_of_upstream(const std::string& upstream);

/// What a rule is to protect.
protocol::signal::target target_of(const mitigators::rule& x);

/// What RELAYs answer to filters, which are another matter than mitigation
/// requests (RFC 8783).
enforcement_report filters_not_relayed(const std::string& mitigator,
                                       const std::string& id);

/// A target as octets for the store, and back. No octets: an empty target.
bytes encode_target(const protocol::signal::target& what);
result<protocol::signal::target> decode_target(const bytes& stored);

/// All addresses a target stands for, names included.
protocol::signal::target resolved(const protocol::signal::target& what,
                                  const name_addresses& names);

/// The same addresses as `authorise_addresses` wants them checked: fails with
/// the first name whose addresses are not the customer's own (RFC 9132,
/// Section 4.4.1.1).
result<void> authorise_names(const protocol::signal::customer& who,
                             const protocol::signal::target& what,
                             const name_addresses& names);

/// What mitigators are told: one rule for prefixes and FQDNs with the target's
/// ports and protocols, and one for each port that URIs name, since a URI
/// limits the mitigation to its own service (RFC 9132, Section 4.4.1.1).
/// Ids stay the same for the same owner, also after a restart.
std::vector<mitigators::rule> rules_of(const protocol::signal::customer& who,
                                       const scope_owner& owner,
                                       const protocol::signal::target& what,
                                       const name_addresses& names);

} // namespace tocsin::actors
