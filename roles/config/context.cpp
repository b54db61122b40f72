#include "roles/config/context.hpp"

#include <algorithm>
#include <tuple>

namespace tocsin::roles {

void context::error(position where, std::string message, std::string hint) {
  remarks_.push_back({diagnostic::severity::error, where.line, where.column,
                      std::move(message), std::move(hint)});
}

void context::warn(position where, std::string message, std::string hint) {
  remarks_.push_back({diagnostic::severity::warning, where.line, where.column,
                      std::move(message), std::move(hint)});
}

std::vector<diagnostic> context::take() {
  std::stable_sort(remarks_.begin(), remarks_.end(),
                   [](const diagnostic& x, const diagnostic& y) {
                     return std::tie(x.line, x.column)
                            < std::tie(y.line, y.column);
                   });
  return std::move(remarks_);
}

} // namespace tocsin::roles
