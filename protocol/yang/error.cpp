#include "protocol/yang/error.hpp"

#include <array>
#include <cstddef>

namespace tocsin::protocol::yang {

std::string_view to_string(error_tag x) noexcept {
  static constexpr std::array<std::string_view, 19> names{
      "in-use",
      "invalid-value",
      "too-big",
      "missing-attribute",
      "bad-attribute",
      "unknown-attribute",
      "bad-element",
      "unknown-element",
      "unknown-namespace",
      "access-denied",
      "lock-denied",
      "resource-denied",
      "rollback-failed",
      "data-exists",
      "data-missing",
      "operation-not-supported",
      "operation-failed",
      "partial-operation",
      "malformed-message"};
  static_assert(names.size()
                == static_cast<std::size_t>(error_tag::malformed_message) + 1);
  return names[static_cast<std::size_t>(x)];
}

} // namespace tocsin::protocol::yang
