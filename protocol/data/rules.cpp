#include "protocol/data/rules.hpp"

#include "protocol/data/module.hpp"
#include "protocol/signal/cuid.hpp"

namespace tocsin::protocol::data {

namespace {

std::optional<yang::error> check_client(const yang::data_node& x,
                                        const yang::instance_path& at) {
  for (std::string_view name : {"cuid", "cdid"}) {
    auto text = x.value(name);
    if (text && !signal::valid_cuid(*text))
      return yang::error{
          yang::error_tag::invalid_value,
          yang::to_string(at.down(rows::datastore, *x.find(name))),
          std::string{name}
              + " has characters other than printable ASCII, or a "
                "space or slash"};
  }
  return std::nullopt;
}

} // namespace

std::optional<yang::error>
dots_rules::check(const yang::data_node& x,
                  const yang::instance_path& at) const {
  if (x.row == &rows::client_row)
    return check_client(x, at);
  if (x.row == &rows::alias_row) {
    if (auto good = read_alias(x, at); !good)
      return good.error();
    return entitled(who_, x, at);
  }
  if (x.row == &rows::acl_row) {
    if (auto good = read_acl(x, at, policy_); !good)
      return good.error();
    return entitled_acl(who_, x, at);
  }
  return std::nullopt;
}

void dots_rules::adopt(const yang::data_node& old, yang::data_node& replacement,
                       const yang::instance_path&) const {
  if (replacement.row != &rows::client_row)
    return;
  for (const auto* list : {&rows::aliases_row, &rows::acls_row})
    if (replacement.find(*list))
      return;
  for (const auto* list : {&rows::aliases_row, &rows::acls_row})
    if (auto x = old.find(*list))
      replacement.append(*x);
}

} // namespace tocsin::protocol::data
