#pragma once
#include "actors/interfaces.hpp"
#include "transports/name_lookup.hpp"

#include <map>
#include <memory>
#include <unordered_map>

namespace tocsin::actors {

/// Addresses that the configuration gives for names; asked before the DNS.
using pinned_names =
    std::map<std::string, std::vector<protocol::signal::prefix>>;

/// State of the RESOLVER: shares one lookup among all who wait for a name.
class resolver_state {
public:
  static inline const char* name = "resolver";
  using addresses = std::vector<protocol::signal::prefix>;

  explicit resolver_state(resolver_actor::pointer self) : self_{self} {}

  caf::result<addresses> resolve(const std::string& host);
  void on_found(const std::string& host, addresses found, const failure& why);

  pinned_names pinned;
  transports::name_servers from;

private:
  resolver_actor::pointer self_;
  std::unique_ptr<transports::name_lookup> lookup_;
  std::unordered_map<std::string, std::vector<caf::response_promise>> waiting_;
};

/// Spawns a RESOLVER: that of the node, or one that asks the DNS servers of one
/// network.
resolver_actor::behavior_type
resolver(resolver_actor::stateful_pointer<resolver_state> self,
         pinned_names names, transports::name_servers from = {});

} // namespace tocsin::actors
