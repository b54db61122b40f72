#pragma once
#include "protocol/restconf/conditions.hpp"
#include "protocol/restconf/edit.hpp"
#include "protocol/restconf/message.hpp"
#include "protocol/yang/path.hpp"

#include <optional>

namespace tocsin::protocol::restconf {

/// The datastore as one authenticated client sees it: what others own is not
/// there. Used for the time of one request.
class datastore_view {
public:
  virtual ~datastore_view() = default;

  /// Access control, asked before anything else is looked at; nothing: go on.
  /// `edits`: the method is one of POST, PUT, PATCH and DELETE.
  virtual std::optional<refusal> forbids(const yang::instance_path& at,
                                         bool edits) const = 0;

  /// Configuration and state to be read: at least the nodes on the way to
  /// `at` and all below it.
  virtual yang::data_node read(const yang::instance_path& at) const = 0;

  /// The configuration, for an edit of `at`: all of the outermost list entry
  /// that `at` leads into; entries beside it at least with their keys.
  virtual yang::data_node
  configuration(const yang::instance_path& at) const = 0;

  virtual const edit_rules& rules() const = 0;

  /// The version of a resource that exists, or of the nearest one above for
  /// which one is kept (RFC 8040, Sections 3.5.1 and 3.5.2). The empty path is
  /// the datastore.
  virtual version version_of(const yang::instance_path& at) const = 0;

  /// Takes an edit over, or refuses it and changes nothing.
  virtual std::optional<refusal> commit(edit x) = 0;
};

} // namespace tocsin::protocol::restconf
