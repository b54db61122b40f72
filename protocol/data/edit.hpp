#pragma once
#include "protocol/data/client_state.hpp"
#include "protocol/data/settings.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::data {

/// The activation-type that an ACL has from now on.
struct activation_change {
  std::string acl;
  activation when = activation::activate_when_mitigating;

  friend bool operator==(const activation_change&,
                         const activation_change&) = default;
};

/// A change of an activation-type that was made.
struct activation_step {
  std::string acl;
  activation from = activation::activate_when_mitigating;
  activation to = activation::activate_when_mitigating;

  friend bool operator==(const activation_step&,
                         const activation_step&) = default;
};

/// Which entries begin a new lifetime although they are as they were.
struct refresh {
  bool all = false;
  std::set<std::string, std::less<>> aliases; ///< those of these names
  std::set<std::string, std::less<>> acls;

  bool covers(entry_kind kind, std::string_view name) const {
    return all || (kind == entry_kind::acl ? acls : aliases).contains(name);
  }
};

/// What an edit makes of a client.
struct edit_result {
  client_ptr before; ///< null: created
  client_ptr after;  ///< null: removed
  data_changes changes;
  bool filters_changed = false; ///< an ACL came, went, changed or moved
  bool filters_written = false; ///< an ACL came or says something else
  /// ACLs that were there before and have another activation-type now.
  std::vector<activation_step> activations;
};

/// A version is the second of the change, shifted by this, and a number that
/// tells changes of one second apart.
inline constexpr int version_bits = 16;

/// What an edit needs of the world.
struct edit_context {
  const datastore_settings& settings;
  signal::instant now;
  std::uint64_t version; ///< for all that changes
};

/// Makes of a client what `node`, its entry of the data tree, says. The node
/// is valid. `before` is null for a new client, which `agent` registers.
/// Entries whose text stays the same keep their version, and their lifetime
/// unless `again` covers them.
yang::outcome<edit_result> edit_client(const client_ptr& before,
                                       const yang::data_node& node,
                                       const data_agent& agent,
                                       const refresh& again,
                                       const edit_context& how);

/// The removal of a client with all it has.
edit_result remove_client(const client_ptr& before);

/// Sets the activation-type of ACLs that exist, and begins their lifetimes
/// anew (RFC 9133, Section 3.2.1). Fails if a stored text is damaged.
yang::outcome<edit_result>
activate(const client_ptr& before, const std::vector<activation_change>& orders,
         const edit_context& how);

/// Removes the entries whose lifetime is over.
edit_result expire(const client_ptr& before, const edit_context& how);

} // namespace tocsin::protocol::data
