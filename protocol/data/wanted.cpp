#include "protocol/data/wanted.hpp"

#include "protocol/data/alias.hpp"
#include "protocol/data/client_state.hpp"
#include "protocol/data/module.hpp"
#include "protocol/yang/encode.hpp"
#include "protocol/yang/validate.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tocsin::protocol::data {

namespace {

using yang::data_node;

/// Stands for the client whose cuid is not known yet.
constexpr std::string_view anyone = "cuid";

/// What DOTS demands of entries, whoever the customer is.
class client_rules final : public yang::semantic_rules {
public:
  explicit client_rules(acl_policy policy = {}) : policy_{policy} {}

  std::optional<yang::error>
  check(const data_node& x, const yang::instance_path& at) const override {
    if (x.row == &rows::alias_row)
      if (auto good = read_alias(x, at); !good)
        return good.error();
    if (x.row == &rows::acl_row)
      if (auto good = read_acl(x, at, policy_); !good)
        return good.error();
    return std::nullopt;
  }

private:
  acl_policy policy_;
};

yang::error named_below(yang::error x) {
  x.path = below_client(x.path);
  return x;
}

/// A tree with one client that has these children.
data_node tree_of(std::vector<data_node> children) {
  data_node tree{.row = &rows::datastore};
  data_node client{.row = &rows::client_row};
  client.set("cuid", std::string{anyone});
  for (auto& x : children)
    client.append(std::move(x));
  tree.ensure(rows::top[0]).append(std::move(client));
  yang::add_defaults(tree);
  return tree;
}

/// Children of `dots-client` out of a document.
yang::outcome<std::vector<data_node>> read_children(json::value body) {
  yang::decoder decoder{rows::datastore};
  for (auto kind : {entry_kind::alias, entry_kind::acl}) {
    auto at = list_path(anyone, kind);
    const auto& row = *at.steps.back().row;
    auto member = std::string{module_name} + ':'
                  + std::string{row.children.begin()->name};
    if (!body.find(member))
      continue;
    auto entries = decoder.members(body, at);
    if (!entries)
      return entries;
    data_node list{.row = &row};
    for (auto& x : *entries)
      list.append(std::move(x));
    return std::vector{std::move(list)};
  }
  return decoder.members(body, client_path(anyone));
}

entry_kind kind_of(const data_node& list) {
  return list.row == &rows::aliases_row ? entry_kind::alias : entry_kind::acl;
}

bool is_list(const data_node& x) {
  return x.row == &rows::aliases_row || x.row == &rows::acls_row;
}

data_node leaf(std::string_view name, std::string text) {
  return {yang::find_row(rows::alias_row, name), std::move(text), false, {}};
}

} // namespace

std::string to_string(const entry_name& x) {
  return (x.kind == entry_kind::alias ? "alias '" : "filter '") + x.name + '\'';
}

std::string below_client(std::string_view path) {
  constexpr std::string_view mark = "/dots-client[";
  auto at = path.find(mark);
  auto quote = at == path.npos ? at : path.find_first_of("'\"", at);
  auto end = quote == path.npos ? quote : path.find(path[quote], quote + 1);
  if (end == path.npos)
    return std::string{path};
  path.remove_prefix(std::min(path.find(']', end), path.size() - 1) + 1);
  if (path.starts_with('/'))
    path.remove_prefix(1);
  return std::string{path};
}

yang::outcome<std::vector<wanted_entry>> read_wanted(std::string_view text) {
  auto body = yang::parse_body(text);
  if (!body)
    return body.error();
  auto children = read_children(body->root());
  if (!children)
    return named_below(children.error());
  for (const auto& x : *children)
    if (!is_list(x))
      return yang::error{yang::error_tag::bad_element, std::string{x.row->name},
                         "only 'aliases' and 'acls' belong there"};
  auto tree = tree_of(std::move(*children));
  client_rules rules;
  if (auto bad = yang::validate(tree, client_path(anyone), &rules))
    return named_below(std::move(*bad));
  std::vector<wanted_entry> out;
  for (auto& list : tree.children.front().children.front().children)
    if (is_list(list))
      for (auto& x : list.children)
        out.push_back({{kind_of(list), x.children.front().text}, std::move(x)});
  return out;
}

std::optional<yang::error> judge(const wanted_entry& x,
                                 const filter_abilities& can) {
  if (x.key.kind == entry_kind::alias)
    return std::nullopt;
  auto at = entry_path(anyone, x.key.kind, x.key.name);
  if (!can.filters)
    return yang::error{yang::error_tag::operation_not_supported,
                       below_client(yang::to_string(at)),
                       "the server has no filters at all"};
  if (auto good = read_acl(x.node, at, {.can = can}); !good)
    return named_below(good.error());
  return std::nullopt;
}

wanted_entry make_alias(const std::string& name, const signal::target& what) {
  data_node out{.row = &rows::alias_row};
  out.set("name", name);
  for (const auto& x : what.prefixes)
    out.append(leaf("target-prefix", x.to_string()));
  for (auto range : what.ports) {
    data_node entry{.row =
                        yang::find_row(rows::alias_row, "target-port-range")};
    entry.set("lower-port", std::to_string(range.lower));
    if (range.upper != range.lower)
      entry.set("upper-port", std::to_string(range.upper));
    out.append(std::move(entry));
  }
  for (unsigned number : what.protocols)
    out.append(leaf("target-protocol", std::to_string(number)));
  for (const auto& x : what.fqdns)
    out.append(leaf("target-fqdn", x));
  for (const auto& x : what.uris)
    out.append(leaf("target-uri", x));
  return {{entry_kind::alias, name}, std::move(out)};
}

yang::outcome<std::vector<held_entry>> read_held(std::string_view text,
                                                 std::string_view cuid) {
  auto body = yang::parse_body(text);
  if (!body)
    return body.error();
  auto at = client_path(cuid).up();
  auto keys = std::array{std::string{cuid}};
  yang::decoder bare{rows::datastore};
  yang::decoder full{rows::datastore, yang::state_members::keep};
  auto plain = bare.members(body->root(), at, keys);
  auto whole = full.members(body->root(), at, keys);
  if (!plain || !whole)
    return named_below(plain ? whole.error() : plain.error());
  std::vector<held_entry> out;
  if (plain->size() != 1 || plain->front().row != &rows::client_row
      || plain->front().value("cuid") != cuid)
    return yang::error{yang::error_tag::operation_failed,
                       {},
                       "the answer is about another client"};
  for (auto& list : plain->front().children) {
    if (!is_list(list))
      continue;
    const auto* same = whole->front().find(*list.row);
    for (std::size_t i = 0; i < list.children.size(); ++i) {
      auto& x = list.children[i];
      yang::add_defaults(x);
      out.push_back({{kind_of(list), x.children.front().text},
                     std::move(x),
                     same->children[i]});
    }
  }
  return out;
}

yang::outcome<data_node> read_capabilities(std::string_view text) {
  yang::decoder decoder{rows::datastore, yang::state_members::keep};
  auto nodes = decoder.members(text, client_path(anyone).up());
  if (!nodes)
    return nodes.error();
  if (nodes->size() != 1 || nodes->front().row != &rows::capabilities_row)
    return yang::error{yang::error_tag::operation_failed,
                       {},
                       "the answer is not about capabilities"};
  return std::move(nodes->front());
}

std::string to_document(const std::vector<const data_node*>& entries,
                        entry_kind kind) {
  auto at = list_path(anyone, kind);
  std::vector<data_node> children(1, data_node{.row = at.steps.back().row});
  for (const auto* x : entries)
    children.front().append(*x);
  auto tree = tree_of(std::move(children));
  yang::encode_options how;
  how.defaults = yang::defaults_mode::explicitly;
  auto text = yang::encode(tree, at, how);
  if (!text.empty() && !entries.empty())
    return text;
  auto name = std::string{at.steps.back().row->name};
  return "{\"" + std::string{module_name} + ':' + name + "\":{\""
         + std::string{at.steps.back().row->children.begin()->name} + "\":[]}}";
}

std::string put_body(const wanted_entry& x) {
  return to_document({&x.node}, x.key.kind);
}

} // namespace tocsin::protocol::data
