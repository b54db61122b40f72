#pragma once
#include "tools/load/meter.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tocsin::tools::load {

/// What a measurement found out.
struct load_report {
  figures measured;
  double connect_seconds = 0;
  /// Resident memory of the server per session that is up and idle, octets.
  double memory_per_session = 0;
  /// What else was counted, by name; names are keys of JSON.
  std::vector<std::pair<std::string, double>> counted;
};

/// One JSON object.
std::string to_json(const load_report& x);

/// A few lines for a person.
std::string to_text(const load_report& x);

} // namespace tocsin::tools::load
