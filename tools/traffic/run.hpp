#pragma once
#include "tools/traffic/arguments.hpp"

/// The three programs. Each runs until its time is over or stopped(), prints
/// one line of JSON about what it did, and fails only if it could not begin.
/// The caller has checked that the target is allowed.
namespace tocsin::tools::traffic {

result<void> run(const flood_options& with);
result<void> run(const visit_options& with);
result<void> run(const victim_options& with);

} // namespace tocsin::tools::traffic
