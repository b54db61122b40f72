#pragma once
#include "roles/config/config.hpp"

#include <string>

namespace tocsin::roles {

/// Who asks this node, and whom it asks, drawn with letters.
std::string draw(const config& x);

/// The same for Graphviz: `tocsin check --graph=dot | dot -Tsvg`.
std::string draw_dot(const config& x);

} // namespace tocsin::roles
