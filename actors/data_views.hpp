#pragma once
#include "actors/views.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What an operator sees of the data channel's clients.
namespace tocsin::actors {

/// A client, in short.
struct data_client_view {
  std::string customer;
  std::string cuid;
  std::string identity; ///< of the agent that registered it
  std::uint64_t aliases = 0;
  std::uint64_t acls = 0;
  std::uint64_t entries_in_force = 0; ///< of ACLs
  std::vector<enforcement_view> enforcement;
};

struct data_alias_view {
  std::string name;
  std::uint64_t left_s = 0; ///< of its lifetime
  protocol::signal::target what;
};

/// An access control entry, and what it has matched.
struct data_ace_view {
  std::string name;
  std::string action; ///< "accept", "drop" or "rate-limit"
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
};

struct data_acl_view {
  std::string name;
  std::string activation; ///< as in RFC 8783, e.g. "immediate"
  bool in_force = false;
  std::uint64_t left_s = 0;
  std::string definition;             ///< JSON, as RFC 8783 has it
  std::vector<data_ace_view> entries; ///< none while it is deactivated
};

/// All about a client.
struct data_client_details {
  data_client_view client;
  bool mitigating = false; ///< it has active mitigations
  std::vector<data_alias_view> aliases;
  std::vector<data_acl_view> acls;
};

} // namespace tocsin::actors
