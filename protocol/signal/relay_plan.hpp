#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/signal/scope_index.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tocsin::protocol::signal {

/// What a gateway asks of its server so that everything that its own clients
/// want is covered, sans-I/O.
///
/// To the server the gateway is one client, and of the requests of one client
/// that overlap only that with the highest mid lives (RFC 9132, Section
/// 4.4.1.3). So wishes that overlap, directly or through others, are asked for
/// in one request with the union of their targets; what does not overlap stays
/// apart. Where wishes differ in ports or protocols, their union has those of
/// both for the addresses of either: it covers more than the wishes do, and
/// never less.
///
/// A request is named by what it covers, so the same wishes lead to the same
/// names after a restart. Any thread, one at a time.
class relay_plan {
public:
  struct request {
    std::string name; ///< the target, canonical, as text
    target what;      ///< canonical
    friend bool operator==(const request&, const request&) = default;
  };

  /// What has to be done: `drop` after what `order` brings is in force, so
  /// that there is no gap.
  struct step {
    std::vector<request> order;    ///< in the order of names
    std::vector<std::string> drop; ///< in order
    friend bool operator==(const step&, const step&) = default;
  };

  /// A wish with resolved addresses, in place of a former one of that name.
  step want(const std::string& wish, const target& what);

  /// Nobody wants it any more. Nothing is to be done for an unknown one.
  step forget(const std::string& wish);

  /// The request that covers a wish; null for an unknown one.
  const std::string* covers(const std::string& wish) const;

  /// The wishes that a request covers; empty: it is not wanted.
  std::vector<std::string> wishes(const std::string& name) const;

  bool wanted(const std::string& name) const { return groups_.contains(name); }

  /// All requests that are wanted.
  std::vector<request> all() const;

private:
  using id_type = scope_index::id_type;

  struct entry {
    std::string name;
    target what;
    std::string group; ///< empty: not yet in one
  };

  struct group {
    target what;
    std::set<id_type> members;
  };

  std::set<id_type> leave(id_type id);
  void take_along(std::set<id_type>& members, const target& what);
  step regroup(std::set<id_type> members, const std::set<std::string>& before);
  std::set<std::string> groups_of(const std::set<id_type>& members) const;
  std::set<id_type> connected(id_type first,
                              const std::set<id_type>& among) const;

  scope_index index_;
  std::map<std::string, id_type> ids_;
  std::map<id_type, entry> wishes_;
  std::map<std::string, group> groups_;
  id_type next_ = 1;
};

} // namespace tocsin::protocol::signal
