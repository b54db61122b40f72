#pragma once
#include "protocol/data/acl_reader.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/yang/validate.hpp"

namespace tocsin::protocol::data {

/// What DOTS demands of aliases and ACLs beyond the schema, for
/// yang::validate: read_alias(), read_acl() and the customer's entitlement.
class dots_rules : public yang::semantic_rules {
public:
  /// Both outlive the rules.
  dots_rules(const signal::customer& who, const acl_policy& policy)
      : who_{who}, policy_{policy} {}

  std::optional<yang::error>
  check(const yang::data_node& x, const yang::instance_path& at) const override;

private:
  const signal::customer& who_;
  const acl_policy& policy_;
};

} // namespace tocsin::protocol::data
