#pragma once
#include "protocol/restconf/datastore_view.hpp"
#include "protocol/restconf/library.hpp"
#include "protocol/restconf/message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// Whether a path can be the RESTCONF root: "/restconf", "/top/rc"; segments
/// of unreserved characters, no slash at the end.
bool is_root_path(std::string_view path);

/// Answers RESTCONF requests (RFC 8040). It has no state: what it serves is
/// its schema and, for the time of one request, a view of the data. All
/// answers to requests that cannot be granted have an error body.
class handler {
public:
  /// `schema` is the root row of the datastore, `ietf-restconf:data`, and has
  /// `library_rows`. `schema` and `modules` outlive the handler; `root` is a
  /// root path.
  handler(const yang::schema_node& schema, std::span<const yang_module> modules,
          std::string root = "/restconf");

  const std::string& root() const noexcept { return root_; }

  /// The answer to what needs no data of a customer: root discovery, the API
  /// resource, the YANG library, restconf-state, OPTIONS, and what is wrong
  /// with a request in itself. Nothing: ask `handle`.
  std::optional<response> handle_without_data(const request& x) const;

  /// The answer to any request.
  response handle(const request& x, datastore_view& data) const;

private:
  const yang::schema_node* schema_;
  std::span<const yang_module> modules_;
  std::string root_;
};

} // namespace tocsin::protocol::restconf
