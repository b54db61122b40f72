#pragma once
#include "protocol/data/acl.hpp"
#include "protocol/data/records.hpp"
#include "protocol/signal/lifecycle.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::data {

/// What is kept of an alias or ACL.
struct stored_entry {
  std::string name;
  std::string text; ///< canonical JSON
  std::int64_t order = 0;
  std::uint64_t version = 0;
  time_point ends; ///< of its lifetime
  // Of an ACL:
  activation when = activation::deactivate;
  std::size_t aces = 0;
  std::shared_ptr<const acl> filters; ///< null while deactivated
};

/// Entries never change: a new one takes the place of the old.
using entry_ptr = std::shared_ptr<const stored_entry>;
using entry_list = std::vector<entry_ptr>;

/// A registered client. States never change either: an edit makes a new one,
/// and taking it back puts the old one in its place again.
struct client_state {
  std::string cuid, identity, cdid;
  std::uint64_t version = 0;
  std::uint64_t aliases_version = 0;
  std::uint64_t acls_version = 0;
  entry_list aliases; ///< by `order`
  entry_list acls;    ///< by `order`

  entry_list& list(entry_kind x) {
    return x == entry_kind::alias ? aliases : acls;
  }
  const entry_list& list(entry_kind x) const {
    return x == entry_kind::alias ? aliases : acls;
  }
  std::uint64_t& list_version(entry_kind x) {
    return x == entry_kind::alias ? aliases_version : acls_version;
  }
};
using client_ptr = std::shared_ptr<const client_state>;

/// The entry of that name, or null.
const stored_entry* find_entry(const entry_list& list, std::string_view name);

/// Number of ACEs of all ACLs.
std::size_t count_aces(const client_state& x);

/// When the first of its entries ends.
std::optional<time_point> first_end(const client_state& x);

/// Totals of one ACE.
struct match_counters {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;

  friend bool operator==(const match_counters&,
                         const match_counters&) = default;
};

/// Totals by the names of ACL and ACE.
using statistics = std::map<std::string, std::map<std::string, match_counters>>;

/// The path to a client, to one of its lists, or to an entry of that.
yang::instance_path client_path(std::string_view cuid);
yang::instance_path list_path(std::string_view cuid, entry_kind kind);
yang::instance_path entry_path(std::string_view cuid, entry_kind kind,
                               std::string_view name);

/// Reads a stored text; fails if it is not what we write.
yang::outcome<yang::data_node>
parse_entry(std::string_view cuid, entry_kind kind, std::string_view text);
/// The reverse: configuration only.
std::string entry_text(const yang::data_node& entry);

/// State data for the data tree: totals, and what is left of lifetimes.
struct client_status {
  const statistics& counted;
  time_point now;
};

/// A client as the data tree has it; without `status` only configuration.
/// Fails if a text cannot be read.
yang::outcome<yang::data_node>
client_node(const client_state& x,
            const std::optional<client_status>& status = {});

/// Minutes left, rounded up.
std::int32_t pending_minutes(time_point ends, time_point now);

registration_record to_record(const client_state& x);
entry_record to_record(const client_state& owner, entry_kind kind,
                       const stored_entry& x, signal::instant now);

} // namespace tocsin::protocol::data
