#pragma once
#include "protocol/data/abilities.hpp"
#include "protocol/data/acl.hpp"
#include "protocol/signal/customer.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"

namespace tocsin::protocol::data {

/// What an ACL is judged by, beyond the module.
struct acl_policy {
  filter_abilities can = all_abilities;
  /// RFC 8783, Section 7.2 wants a destination network in every entry of an
  /// ACL that is `immediate`; Figure 36 shows one without. False: the
  /// customer's prefixes stand in, as for other ACLs.
  bool immediate_needs_destination = true;
  /// Whether ACLs may be in force without a mitigation; else those which want
  /// to are refused.
  bool allow_immediate = true;
  /// Sources that no entry may drop or limit: it is refused.
  std::vector<prefix> never_filtered = {};
  /// Shortest source prefix that an entry may drop or limit, so that a client
  /// cannot cut off half of the world; 0: any, also none.
  std::uint8_t least_ipv4_source = 0;
  std::uint8_t least_ipv6_source = 0;

  friend bool operator==(const acl_policy&, const acl_policy&) = default;
};

/// Reads an entry of `acls/acl`, which is valid against the schema, and checks
/// what the schema cannot say (RFC 8783, Sections 4.3 and 7.2), each error at
/// its very node:
///
///  - an IP header must be of the ACL's type, which it needs: else it is an
///    unknown-element (a `when` that is false), as is rate-limit with drop;
///  - "match any" is invalid; `not` alone means "not match" and no bit at all
///    means "match", where the RFC is silent;
///  - bits of `bitmask` beyond the flags take no part, as the module says;
///  - what the drivers cannot do is an unknown-element.
///
/// `at` is the path to the entry.
yang::outcome<acl> read_acl(const yang::data_node& entry,
                            const yang::instance_path& at,
                            const acl_policy& policy = {});

/// Checks that destination networks are the customer's own (RFC 8783, Section
/// 7.2): anything else is an access-denied at the network.
std::optional<yang::error> entitled_acl(const signal::customer& who,
                                        const yang::data_node& entry,
                                        const yang::instance_path& at);

} // namespace tocsin::protocol::data
