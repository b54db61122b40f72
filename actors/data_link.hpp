#pragma once
#include "actors/data_client.hpp"
#include "actors/data_session.hpp"
#include "transports/reactor.hpp"

#include <memory>
#include <optional>

/// Between the reactor's connections and the actors of the data channel.
namespace tocsin::actors {

/// Fills in how a DATA SESSION, not spawned yet, uses its connection.
void attach(data_session_setup& setup, transports::reactor& where,
            transports::connection id);

/// What the reactor tells of the connection, as messages to its DATA SESSION.
std::shared_ptr<transports::stream_handler> make_port(data_session_actor to);

/// Connects over TCP, from `source` if it is of the same family, and through
/// `interface` only, if it is not empty. To be called on the reactor's thread,
/// where the DATA CLIENT is at home.
data_connector
connect_from(transports::reactor& where,
             std::optional<transports::socket_address> source = {},
             const std::string& interface = {});

} // namespace tocsin::actors
