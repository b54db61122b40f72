#pragma once
#include "roles/config/config.hpp"

#include <string>

namespace tocsin::roles {

/// The data channel of a server in a few lines for a person.
std::string explain_data(const server_config& server, const data_config& x);

} // namespace tocsin::roles
