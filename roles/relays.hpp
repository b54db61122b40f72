#pragma once
#include "actors/supervisor.hpp"
#include "roles/config/config.hpp"

#include <string>

/// The MITIGATORs of a node that ask upstream servers.
namespace tocsin::roles {

/// The relay that opens a session for each client, if one does so to this
/// upstream.
const relay_config* relay_per_client(const config& x, const std::string& name);

/// Those that the server's configuration names.
void add_relays(actors::supervisor_setup& setup, const server_config& x);

/// Orders of a multihomed client's operator that name no upstream: see
/// actors::own_orders.
result<void> add_own_orders(actors::supervisor_setup& setup,
                            const client_config& x);

} // namespace tocsin::roles
