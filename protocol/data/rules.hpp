#pragma once
#include "protocol/data/acl_reader.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/restconf/edit.hpp"

namespace tocsin::protocol::data {

/// What DOTS demands of aliases and ACLs beyond the schema: read_alias(),
/// read_acl() and the customer's entitlement. Without drivers that filter, ACLs
/// are judged as if all were possible: the DATASTORE refuses them then.
class dots_rules : public restconf::edit_rules {
public:
  /// The customer outlives the rules.
  dots_rules(const signal::customer& who, acl_policy policy)
      : who_{who}, policy_{policy} {
    if (!policy_.can.filters)
      policy_.can = all_abilities;
  }

  std::optional<yang::error>
  check(const yang::data_node& x, const yang::instance_path& at) const override;

  /// A client that registers anew, with nothing but its cuid, keeps what it
  /// has: after a restart it must not lose its protection. By RFC 8040, Section
  /// 4.5 alone, all would be gone.
  void adopt(const yang::data_node& old, yang::data_node& replacement,
             const yang::instance_path& at) const override;

private:
  const signal::customer& who_;
  acl_policy policy_;
};

} // namespace tocsin::protocol::data
