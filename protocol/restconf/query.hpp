#pragma once
#include "protocol/restconf/message.hpp"
#include "protocol/yang/encode.hpp"
#include "protocol/yang/path.hpp"

#include <optional>
#include <string_view>

namespace tocsin::protocol::restconf {

/// Which query parameters a request may have (RFC 8040, Section 4.8).
enum class query_kind : std::uint8_t {
  none,   ///< none at all
  api,    ///< depth, fields: GET on the API resource
  read,   ///< those and content, with-defaults: GET on data
  insert, ///< insert, point: POST and PUT
};

/// Query parameters, understood.
struct query {
  yang::encode_options options{};         ///< of api and read
  std::optional<yang::placement> place{}; ///< set if `insert` is there
};

/// How the parameters are to be read.
struct query_context {
  const yang::schema_node& root;
  /// The resource; for `insert`: the list whose entries get a place, to which
  /// `point` has to belong, or an empty path if it is no user-ordered list.
  const yang::instance_path& at;
  std::string_view data_prefix; ///< "/restconf/data", optional in `point`
  query_kind kind = query_kind::none;
};

/// 400 invalid-value for parameters which are unknown, doubled, out of place
/// or wrong.
answer<query> parse_query(std::string_view text, const query_context& c);

} // namespace tocsin::protocol::restconf
