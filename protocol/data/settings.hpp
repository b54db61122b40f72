#pragma once
#include "protocol/data/acl_reader.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tocsin::protocol::data {

/// Entries live at least a week from creation or refresh (RFC 8783, Sections
/// 6.1 and 7.2).
inline constexpr std::chrono::minutes min_entry_lifetime{10'080};

/// What one customer may store; beyond it edits are refused with 409 (RFC
/// 8783, Section 10 asks for quotas and sets none). An ACE takes some 700
/// octets of memory with its text.
struct data_quotas {
  std::uint32_t clients = 64;
  std::uint32_t client_aliases = 200; ///< per client
  std::uint32_t client_acls = 200;
  std::uint32_t client_aces = 1'000; ///< a driver gets them in one order
  std::uint32_t aliases = 2'000;     ///< all clients together
  std::uint32_t acls = 2'000;
  std::uint32_t aces = 10'000;
  /// Octets of the canonical text of one entry.
  std::uint32_t entry_octets = 512 * 1024;

  friend bool operator==(const data_quotas&, const data_quotas&) = default;
};

/// What to do with an ACL that contradicts one of another client of the
/// customer: same packets, opposite action (RFC 8783, Sections 3.1 and 7.2).
enum class conflict_policy : std::uint8_t {
  refuse_newcomer, ///< with 409
  allow,
};

struct datastore_settings {
  /// Of aliases and ACLs; less than min_entry_lifetime counts as that.
  std::chrono::minutes lifetime = min_entry_lifetime;
  acl_policy acls;
  conflict_policy conflicts = conflict_policy::refuse_newcomer;
  data_quotas quotas;
  /// Aliases and ACLs come from the configuration of the node: the data
  /// channel is closed, with 503 (RFC 8783, Section 8).
  bool direct_configuration = false;

  friend bool operator==(const datastore_settings&,
                         const datastore_settings&) = default;
};

/// Who asks, as the security layer and the configuration say.
struct data_agent {
  std::string identity; ///< of its credential
  /// A server-domain gateway whose word about `cdid` counts (RFC 9132, Section
  /// 4.4.1.2); a cdid is then expected with every registration.
  bool gateway = false;

  friend bool operator==(const data_agent&, const data_agent&) = default;
};

} // namespace tocsin::protocol::data
