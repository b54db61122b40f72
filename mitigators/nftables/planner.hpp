#pragma once
#include "mitigators/nftables/statements.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::mitigators::nftables {

/// Where packets are seen.
struct hook_options {
  table_name table;
  /// Any of prerouting, forward, input.
  std::vector<std::string> hooks{"prerouting"};
  int priority = -300; ///< before connection tracking
};

/// What is to change.
struct change {
  std::vector<rule> install; ///< ids differ
  std::vector<std::string> withdraw;
};

/// Knows what our table holds and plans the transactions that change it; the
/// JSON of each is for libnftables. No I/O.
///
/// The table: one map per prefix length in use sends a packet, by the masked
/// destination address, to the chain of the mitigation, or to a chain that
/// visits all mitigations of that prefix. So a packet costs one look-up per
/// length, however many mitigations there are, and a change touches only its
/// own elements and chains.
class planner {
public:
  explicit planner(hook_options where) : where_{std::move(where)} {}

  /// The transaction that makes the table anew with exactly these rules,
  /// whatever it was before; `totals` go on from their values.
  std::string rebuild(const std::vector<rule>& rules,
                      const std::vector<rule_counters>& totals);
  /// Transaction for a change to what is held now; empty if nothing is to do.
  std::string plan(const change& what) const;
  /// The transaction of plan(what) was carried out.
  void commit(const change& what);

  /// The difference between what is held and `rules`.
  change difference(const std::vector<rule>& rules) const;

  std::size_t size() const noexcept { return rules_.size(); }
  bool has(const std::string& id) const { return rules_.contains(id); }

private:
  using prefix = protocol::signal::prefix;
  using users = std::set<std::string>; // ids of the rules of one prefix
  using usage = std::map<prefix, users>;
  struct length { // of a map
    bool ipv4;
    std::uint8_t bits;
    friend auto operator<=>(const length&, const length&) = default;
  };
  class script;

  static length length_of(const prefix& x) { return {x.is_ipv4(), x.length()}; }
  bool is_news(const rule& x) const;
  usage touched(const change& what) const;
  std::set<length> lengths_after(const usage& after) const;
  void plan_installs(script& out, const change& what) const;
  void plan_targets(script& out, const usage& after) const;
  void plan_lengths(script& out, const std::set<length>& before,
                    const std::set<length>& after) const;
  void plan_removals(script& out, const change& what) const;

  hook_options where_;
  std::unordered_map<std::string, rule> rules_; // normalized
  usage users_;
  std::map<length, std::size_t> lengths_; // prefixes of each length
};

} // namespace tocsin::mitigators::nftables
