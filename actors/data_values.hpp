#pragma once
#include "actors/values.hpp"
#include "protocol/time.hpp"
#include "transports/http_message.hpp"

#include <cstdint>
#include <string>

/// Values that actors of the data channel exchange.
namespace tocsin::actors {

/// A request on the data channel as DATA SESSION hands it to DATASTORE: TLS and
/// HTTP are dealt with, RESTCONF is not. Fields that concern the connection
/// only are left out.
struct http_call {
  peer_name from; ///< customer, identity, fingerprint: what TLS has proved
  transports::web_request request;
};

/// The answer; DATA SESSION adds what the connection has to say, and, if it is
/// missing, Cache-Control.
using http_answer = transports::web_response;

/// A request for the server of a DATA CLIENT.
struct http_order {
  transports::web_request request;
  duration patience = std::chrono::seconds{30}; ///< for the answer, in all
};

/// A data channel finished its handshake and its peer is known.
struct data_opened {
  std::uint64_t id = 0;
  peer_name peer;
};

/// A data channel ended.
struct data_ended {
  std::uint64_t id = 0;
  std::string why; ///< for people
};

} // namespace tocsin::actors
