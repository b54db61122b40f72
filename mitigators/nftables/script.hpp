#pragma once
#include "mitigators/nftables/planner.hpp"

#include <map>
#include <string>
#include <string_view>

namespace tocsin::mitigators::nftables {

/// Collects the commands of one transaction in the order in which the kernel
/// is to see them.
class planner::script {
public:
  explicit script(const hook_options& where) : where_{where} {}

  void command(std::string_view json);
  /// {"add":{"chain":{family, table, name}}} and the like.
  void object(std::string_view verb, std::string_view kind,
              std::string_view name, std::string_view more = {});
  void base(bool replace);
  void add_map(length x);
  void dispatch(const std::set<length>& lengths);
  void jump(const std::string& from, const std::string& to);
  void add_counter(const rule& x, const rule_counters* total);
  void add_limit(const rule& x);
  void element(std::string_view verb, const prefix& key,
               const std::string& target);
  void flush_elements(); ///< writes what element() gathered

  bool empty() const noexcept { return commands_.empty(); }
  std::string finish() &&;

  /// The chain that an element points to; empty: no element.
  static std::string target(const prefix& x, const users& ids);
  static std::string shared_chain(const prefix& x);
  static std::string map_name(length x);

private:
  std::string rule_command(std::string_view chain, std::string_view statement);

  const hook_options& where_;
  std::string commands_;
  std::map<std::string, std::string> deletions_, additions_; // by map
};

} // namespace tocsin::mitigators::nftables
