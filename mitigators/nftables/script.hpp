#pragma once
#include "mitigators/nftables/statements.hpp"
#include "protocol/signal/prefix.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::mitigators::nftables {

/// Where packets are seen.
struct hook_options {
  table_name table;
  /// Any of prerouting, forward, input.
  std::vector<std::string> hooks{"prerouting"};
  int priority = -300; ///< before connection tracking
};

/// The chain that leads packets to filter sets; all packets visit it first.
inline constexpr std::string_view filter_dispatch = "filters";
/// The chain that leads packets to mitigations, which those packets visit that
/// no filter decided about.
inline constexpr std::string_view rule_dispatch = "dispatch";

/// Collects the commands of one transaction in the order in which the kernel
/// is to see them.
class script {
public:
  explicit script(const hook_options& where) : where_{where} {}

  const table_name& table() const noexcept { return where_.table; }

  void command(std::string_view json);
  /// {"add":{"chain":{family, table, name}}} and the like.
  void object(std::string_view verb, std::string_view kind,
              std::string_view name, std::string_view more = {});
  /// The table, its hooks and dispatch chains, in place of what there is.
  void base();
  void rule(std::string_view chain, std::string_view statement);
  void jump(std::string_view from, std::string_view to);
  /// A counter that goes on from these values.
  void add_counter(std::string_view name, std::uint64_t packets,
                   std::uint64_t bytes);
  void element(std::string_view verb, const std::string& map,
               const protocol::signal::prefix& key, const std::string& target);
  void flush_elements(); ///< writes what element() gathered

  std::string finish() &&;

private:
  const hook_options& where_;
  std::string commands_;
  std::map<std::string, std::string> deletions_, additions_; // by map
};

} // namespace tocsin::mitigators::nftables
