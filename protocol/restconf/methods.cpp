#include "protocol/restconf/methods.hpp"

#include <array>
#include <cstddef>

namespace tocsin::protocol::restconf {

namespace {

constexpr std::array<std::string_view, 7> names{
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"};

constexpr method_set changes{0b1110000};
constexpr method_set creates{0b0001000};

} // namespace

std::optional<method> parse_method(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name)
      return static_cast<method>(i);
  return {};
}

method_set allowed(const yang::schema_node& root,
                   const yang::instance_path& at) {
  if (at.is_root() || at.is_state())
    return read_only;
  const auto& row = at.row(root);
  const auto& parent = at.up().row(root);
  if (row.is_many() && at.steps.back().keys.empty())
    return read_only;
  // RFC 8040, Section 4.5: keys do not change.
  if (row.is_leaf())
    return is_key(parent, row.name) ? read_only : read_only | changes;
  return row.shared ? read_only | creates : read_only | creates | changes;
}

std::string to_string(method_set x) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (x[i])
      out += (out.empty() ? "" : ", ") + std::string{names[i]};
  return out;
}

} // namespace tocsin::protocol::restconf
