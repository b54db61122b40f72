#pragma once
#include "protocol/data/abilities.hpp"
#include "protocol/data/settings.hpp"
#include "roles/config/config.hpp"
#include "transports/http_exchange.hpp"

/// What the configuration says about a data channel (RFC 8783).
namespace tocsin::roles {

/// What the clients of a customer may set up; what drivers can do is not among
/// it.
protocol::data::datastore_settings settings_of(const data_config& x);

/// What one connection may make the node hold, and for how long.
transports::http_exchange_limits http_limits_of(const data_config& x);

/// What a driver does with filters, as far as can be said before it runs: of
/// one that is not built in, the best is assumed.
protocol::data::filter_abilities abilities_of(const mitigator_config& x);

/// The same of all drivers that serve a customer.
protocol::data::filter_abilities abilities_of(const server_config& server,
                                              const customer_config& x);

} // namespace tocsin::roles
