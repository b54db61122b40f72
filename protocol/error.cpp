#include "protocol/error.hpp"

#include <array>

namespace tocsin {

std::string_view to_string(ec code) noexcept {
  static constexpr std::array<std::string_view, 17> names{
      "none",      "truncated",   "malformed", "out-of-range", "missing",
      "unknown",   "unsupported", "conflict",  "not-found",    "unauthorized",
      "too-large", "unavailable", "timeout",   "closed",       "unacceptable",
      "io",        "internal"};
  static_assert(names.size() == static_cast<std::size_t>(ec::internal) + 1);
  auto i = static_cast<std::size_t>(code);
  return i < names.size() ? names[i] : "invalid";
}

std::string to_string(const failure& x) {
  std::string text = x.where;
  if (!x.detail.empty())
    text += text.empty() ? x.detail : ": " + x.detail;
  text += " (";
  text += to_string(x.code);
  return text += ')';
}

} // namespace tocsin
