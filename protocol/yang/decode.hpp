#pragma once
#include "protocol/json/reader.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"
#include "protocol/yang/tree.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::protocol::yang {

/// Most octets of a body. A hundred ACLs with a hundred entries each fit.
inline constexpr std::size_t max_body = std::size_t{8} << 20;

/// Most nodes of a body: what memory one request may take is some hundred
/// octets for each.
inline constexpr std::size_t max_nodes = 200'000;

/// What is done with known `config false` members.
enum class state_members : std::uint8_t {
  ignore, ///< what a GET returned can be sent back
  keep,   ///< the document is an answer
};

struct decode_limits {
  std::size_t octets = max_body;
  std::size_t nodes = max_nodes;
};

/// Parses the text of a body: malformed-message for what is no JSON
/// (RFC 8259) or nests too deep, too-big beyond the limit.
outcome<json::document> parse_body(std::string_view text,
                                   std::size_t limit = max_body);

/// Decodes JSON (RFC 7951) by the rows of a schema, and checks types, bounds,
/// choices, and duplicates of members, keys and leaf-list values. Mandatory
/// leaves other than keys are left to `validate`, since a patch lacks them.
/// Members of modules which the schema does not have are ignored, as are
/// annotations (RFC 7952).
class decoder {
public:
  /// `root` outlives the decoder and all it returns.
  explicit decoder(const schema_node& root,
                   state_members state = state_members::ignore,
                   decode_limits limits = {})
      : root_{&root}, state_{state}, limits_{limits} {}

  /// The children of the node at `at`, from a body `{"module:name": ...}`:
  /// each entry of an array is a node. `keys` stand for those which an
  /// outermost list entry leaves out (RFC 8040, Section 4.6.1).
  outcome<std::vector<data_node>>
  members(json::value body, const instance_path& at,
          std::span<const std::string> keys = {}) const;
  /// The same from text.
  outcome<std::vector<data_node>>
  members(std::string_view text, const instance_path& at,
          std::span<const std::string> keys = {}) const;

  /// A container or list entry from what `encode_value` wrote, "{...}"; the
  /// keys of the last step of `at` do not matter.
  outcome<data_node> value(std::string_view text,
                           const instance_path& at) const;

  /// A whole tree from `{"ietf-restconf:data": {...}}`.
  outcome<data_node> tree(std::string_view text) const;

private:
  const schema_node* root_;
  state_members state_;
  decode_limits limits_;
};

} // namespace tocsin::protocol::yang
