#pragma once
#include "protocol/signal/prefix.hpp"
#include "tests/sim/plan.hpp"

#include <string>
#include <vector>

/// What plans of all worlds draw.
namespace tocsin::sim {

/// Of a text that is one.
protocol::signal::prefix must_parse(const std::string& text);

moment between(dice& d, moment low, moment high);

path_quality draw_path(dice& d);

/// Up to `most`, none of which reaches the end of the troubled time.
std::vector<downtime> draw_downtimes(dice& d, moment length, int most,
                                     moment longest);

/// Times in which a path is cut in one direction or both.
std::vector<client_plan::cut> draw_outages(dice& d, moment length);

} // namespace tocsin::sim
