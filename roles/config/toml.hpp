#pragma once
// The one place that includes toml++: its implementation is compiled in
// toml.cpp alone (TOML_HEADER_ONLY=0 comes from the build).
#include <toml++/toml.h>

#include "roles/config/context.hpp"

namespace tocsin::roles {

inline position begin_of(const toml::source_region& x) {
  return {x.begin.line, x.begin.column};
}
inline position begin_of(const toml::node& x) {
  return begin_of(x.source());
}

} // namespace tocsin::roles
