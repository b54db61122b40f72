#pragma once
#include "roles/config/context.hpp"
#include "roles/config/values.hpp"

#include <map>
#include <string>
#include <string_view>

namespace tocsin::roles {

/// Reports the second and later uses of what must be unique.
template <class T>
class uniqueness {
public:
  /// `what`: how a message calls such a value, e.g. "customer".
  uniqueness(std::string_view what, context& c) : what_{what}, c_{c} {}

  /// `text`: how a message shows it. Values that were not valid in the file
  /// are left out. Its address must stay.
  void add(const T& x, std::string_view text) {
    auto place = c_.where(x);
    if (!place)
      return;
    auto [i, fresh] = seen_.try_emplace(x, *place);
    if (!fresh)
      c_.error(*place,
               "duplicate " + std::string{what_} + " " + in_quotes(text),
               "the first one is in line " + std::to_string(i->second.line));
  }

private:
  std::string_view what_;
  context& c_;
  std::map<T, position> seen_;
};

} // namespace tocsin::roles
