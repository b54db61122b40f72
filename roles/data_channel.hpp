#pragma once
#include "actors/data_admission.hpp"
#include "actors/supervisor.hpp"
#include "roles/config/config.hpp"

/// What the actors of a data channel are told of its configuration.
namespace tocsin::roles {

/// Makes the node one with a data channel.
void add_data_channel(actors::supervisor_setup& setup, const data_config& x);

/// What customers may ask of it.
actors::data_limits data_limits_of(const data_config& x);

} // namespace tocsin::roles
