#pragma once
#include "roles/config/config.hpp"
#include "roles/config/context.hpp"

namespace tocsin::roles {

/// Fills in what depends on other values, then reports contradictions.
/// Touches no file.
void complete(config& x, const context& c);
void check(const config& x, context& c);
void check_server(const server_config& x, context& c);
void check_client(const client_config& x, context& c);
/// What relays of the server ask of upstreams of the client.
void check_relays(const config& x, context& c);
/// Nodes that are joined, and that nobody else can reach them.
void check_siblings(const config& x, context& c);

/// How orders of the operator are asked of several upstreams.
void check_client_choice(const config& x, context& c);
/// `x` is the data channel of `server`.
void check_data(const server_config& server, const data_config& x, context& c);
void check_data_channels(const client_config& x, context& c);

/// Either a certificate with its key and authorities, or pre-shared keys, or
/// both; `where` is what needs them.
void check_credentials(const identity_files& x, std::string_view section,
                       position where, context& c);

/// What targets are worth: assets are the customer's own, and somebody takes
/// each.
void check_values(const server_config& x, context& c);

/// Checks the filters that a data channel shall set up.
void check_filter_file(const data_channel_config& x, context& c);

/// Checks the files that a configuration names.
void check_files(const config& x, context& c);

} // namespace tocsin::roles
