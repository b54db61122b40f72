#pragma once
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// What of a DATASTORE must survive a restart, as plain values; each belongs to
/// a customer, whom the owner of the DATASTORE knows.
namespace tocsin::protocol::data {

/// A registered client (RFC 8783, Section 5.1).
struct registration_record {
  std::string cuid;     ///< key
  std::string identity; ///< of the agent that registered it
  std::string cdid;     ///< as a trusted gateway gave it, or empty
  /// Change with the client, its list of aliases and its list of ACLs.
  std::uint64_t version = 0;
  std::uint64_t aliases_version = 0;
  std::uint64_t acls_version = 0;

  friend bool operator==(const registration_record&,
                         const registration_record&) = default;
};

enum class entry_kind : std::uint8_t { alias = 1, acl = 2 };

/// An alias or an ACL of a client.
struct entry_record {
  std::string cuid; ///< key, with the next two
  entry_kind kind = entry_kind::alias;
  std::string name;
  std::string text;       ///< canonical JSON of the entry
  std::int64_t order = 0; ///< its place: ascending, with gaps
  std::uint64_t version = 0;
  unix_seconds expires = 0;

  friend bool operator==(const entry_record&, const entry_record&) = default;
};

struct put_registration {
  registration_record record;
};
/// With all entries of the client.
struct erase_registration {
  std::string cuid;
};
struct put_entry {
  entry_record record;
};
struct erase_entry {
  std::string cuid;
  entry_kind kind = entry_kind::alias;
  std::string name;
};

using data_change =
    std::variant<put_registration, erase_registration, put_entry, erase_entry>;

/// Changes of one edit, in order: all or none become durable.
using data_changes = std::vector<data_change>;

} // namespace tocsin::protocol::data
