#pragma once
#include "actors/sibling_views.hpp"
#include "actors/values.hpp"
#include "actors/views.hpp"
#include "protocol/error.hpp"

#include <string_view>

namespace tocsin::actors {

/// Reads the JSON body of POST /v1/mitigations; members that it lacks keep the
/// value of `defaults`. Failures as in parse_request.
result<mitigate_order> parse_order(std::string_view body,
                                   const mitigate_order& defaults);

/// One of the three.
struct mitigation_update {
  std::optional<protocol::signal::attack_status> efficacy;
  std::vector<protocol::signal::filter_control> filters;
  std::optional<operator_order> decision = {};
};

/// Reads the JSON body of PUT /v1/mitigations/{mid}.
result<mitigation_update> parse_update(std::string_view body);

/// Reads the JSON body of PUT /v1/redirect; it may be empty: as configured.
result<redirect_wish> parse_redirect(std::string_view body);

/// Reads the JSON body of PUT /v1/handover.
result<handover_wish> parse_handover(std::string_view body);

} // namespace tocsin::actors
