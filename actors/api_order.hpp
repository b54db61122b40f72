#pragma once
#include "actors/views.hpp"
#include "protocol/error.hpp"

#include <string_view>

namespace tocsin::actors {

/// Reads the JSON body of POST /v1/mitigations; members that it lacks keep the
/// value of `defaults`. Failures as in parse_request.
result<mitigate_order> parse_order(std::string_view body,
                                   const mitigate_order& defaults);

} // namespace tocsin::actors
