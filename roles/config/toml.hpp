#pragma once
// The one place that includes toml++: its implementation is compiled in
// toml.cpp alone (TOML_HEADER_ONLY=0 comes from the build).
//
// toml++ 3.3 asserts what broken input can violate, e.g. "[[[x]]]" (its pull
// request 301), and with NDEBUG takes it for granted, which is undefined
// behaviour. So its assertions stay on and are ours.
#include "roles/config/context.hpp"

#include <string_view>

namespace tocsin::roles {

/// Thrown where toml++ would have aborted; only toml::parse() throws it.
struct toml_defect {};

/// An assertion of toml++ failed. Returns where the code behind it reports the
/// error properly, else throws toml_defect.
void toml_violated(std::string_view expression);

} // namespace tocsin::roles

#define TOML_ASSERT(expression)                                                \
  ((expression) ? static_cast<void>(0)                                         \
                : ::tocsin::roles::toml_violated(#expression))
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace tocsin::roles {

inline position begin_of(const toml::source_region& x) {
  return {x.begin.line, x.begin.column};
}
inline position begin_of(const toml::node& x) {
  return begin_of(x.source());
}

} // namespace tocsin::roles
