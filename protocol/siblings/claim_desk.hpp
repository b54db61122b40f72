#pragma once
#include "protocol/signal/body.hpp"
#include "protocol/signal/scope_index.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Requests that are on their way through the siblings' REGISTRYs: of two
/// nodes that are asked for overlapping scopes in the same moment, one must see
/// the other's.
namespace tocsin::protocol::siblings {

/// Names one request of a client.
struct claim_key {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;
  friend auto operator<=>(const claim_key&, const claim_key&) = default;
};

/// What a sibling is told of a scope that is not in the REGISTRY yet.
struct pending_claim {
  claim_key key;
  signal::target what;
  std::int64_t lifetime = 0; ///< wanted, seconds; -1: indefinite
};

/// Claims at one time; beyond, siblings are not asked.
inline constexpr std::size_t max_pending_claims = 1024;

/// After the siblings' answers a claim is on its way to the REGISTRY, which
/// lies in the same process: generous, even for a loaded one.
inline constexpr std::chrono::seconds claim_linger{1};

/// A claim that is asked about counts for siblings, as if it were decided, if
/// this node's name sorts before theirs; once their answers are here, for all.
/// With answers and questions between two nodes in order, that makes exactly
/// one of two simultaneous claims see the other. If both ask before either
/// answers, it is that of the node with the greater name; if one answers before
/// it asks, it is that which asked later.
class claim_desk {
public:
  explicit claim_desk(std::string own) : own_{std::move(own)} {}

  /// Siblings are asked about this; false: too many are, so do without.
  bool open(pending_claim x, time_point now);
  /// They have answered, or the time is up.
  void answered(const claim_key& key, time_point now);

  /// What the node of this name is told of, besides what the REGISTRY holds.
  std::vector<const pending_claim*> overlapping(const signal::target& what,
                                                std::string_view asker,
                                                time_point now);

  std::size_t size() const noexcept { return claims_.size(); }

private:
  struct entry {
    pending_claim claim;
    std::uint64_t id;
    bool decided = false;
    time_point until; ///< once decided
  };

  void sweep(time_point now);
  void erase(std::map<claim_key, entry>::iterator i);

  std::string own_;
  std::map<claim_key, entry> claims_;
  std::map<std::uint64_t, claim_key> keys_;
  signal::scope_index index_;
  std::uint64_t next_id_ = 1;
};

} // namespace tocsin::protocol::siblings
