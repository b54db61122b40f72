#pragma once
#include "actors/data_views.hpp"
#include "actors/values.hpp"
#include "actors/views.hpp"
#include "protocol/data/datastore.hpp"
#include "protocol/time.hpp"
#include "storage/store.hpp"
#include "transports/http_message.hpp"

#include <cstdint>
#include <string>
#include <vector>

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

/// Names of aliases of one agent's client.
struct alias_query {
  std::string identity; ///< of the agent, as peer_name has it
  std::string cuid;
  std::vector<std::string> names;
};

/// Filter control over the signal channel (RFC 9133, Section 3.2.1).
struct filter_order {
  std::string identity;
  std::string cuid;
  std::uint32_t mid = 0; ///< of the request, for the audit trail
  std::vector<protocol::data::activation_change> changes; ///< names differ
  /// What else the request changes: stored with the ACLs, all or nothing.
  storage::transaction with;
  /// Not to be begun later: nobody waits for the answer any more.
  time_point until;
};

struct filter_answer {
  /// Empty: done. Else this client has no ACL of that name, nothing changed.
  std::string unknown;
};

/// Names a client of the data channel; without a customer, its cuid has to be
/// that of one customer only.
struct data_client_name {
  std::string customer;
  std::string cuid;
};

} // namespace tocsin::actors
