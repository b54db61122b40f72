#pragma once
#include "protocol/data/client_state.hpp"
#include "protocol/data/module.hpp"
#include "protocol/data/rules.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/validate.hpp"

#include <string>
#include <utility>

/// What a client sends, read as the node reads it.
namespace tocsin::protocol::data::test {

inline signal::prefix net(std::string_view text) {
  return *signal::prefix::parse(text);
}

/// Owns 192.0.2.0/24, 2001:db8::/32 and example.com with all below.
inline signal::customer example_customer() {
  signal::customer x;
  x.name = "example";
  x.prefixes = {net("192.0.2.0/24"), net("2001:db8::/32")};
  x.domains = {"example.com", "*.example.com"};
  return x;
}

/// A whole tree with one client "c" of this content, members of `dots-client`.
inline yang::outcome<yang::data_node> client_tree(std::string members,
                                                  std::string cuid = "c") {
  yang::instance_path top;
  top = top.down(rows::datastore, rows::top[0]);
  auto text = R"({"ietf-dots-data-channel:dots-client":[{"cuid":")" + cuid
              + "\"" + (members.empty() ? "" : "," + members) + "}]}";
  auto nodes = yang::decoder{rows::datastore}.members(text, top);
  if (!nodes)
    return nodes.error();
  yang::data_node tree{.row = &rows::datastore};
  auto& data = tree.ensure(rows::top[0]);
  for (auto& x : *nodes)
    data.append(std::move(x));
  yang::add_defaults(tree);
  return tree;
}

/// The client in such a tree.
inline const yang::data_node& client_of(const yang::data_node& tree) {
  return tree.children.front().children.front();
}

/// The error that a client with such content gets, or one with an empty path
/// and no message if it is accepted.
inline yang::error refusal(std::string members, const acl_policy& policy = {}) {
  auto tree = client_tree(std::move(members));
  if (!tree)
    return tree.error();
  auto who = example_customer();
  dots_rules rules{who, policy};
  auto bad = yang::validate(*tree, client_path("c"), &rules);
  return bad.value_or(yang::error{});
}

inline std::string acls(std::string list) {
  return R"("acls":{"acl":[)" + list + "]}";
}
inline std::string aliases(std::string list) {
  return R"("aliases":{"alias":[)" + list + "]}";
}

/// An ACL "a" with one ACE "e" that has these matches and actions.
inline std::string one_ace(std::string type, std::string matches,
                           std::string actions = R"("forwarding":"drop")") {
  return acls(R"({"name":"a",)"
              + (type.empty() ? "" : R"("type":")" + type + "\",")
              + R"("aces":{"ace":[{"name":"e","matches":{)" + matches
              + R"(},"actions":{)" + actions + "}}]}}");
}

inline constexpr std::string_view client_at =
    "/ietf-dots-data-channel:dots-data/dots-client[cuid='c']";
inline std::string acl_at(std::string rest = {}) {
  return std::string{client_at} + "/acls/acl[name='a']" + rest;
}
inline std::string ace_at(std::string rest = {}) {
  return acl_at("/aces/ace[name='e']" + rest);
}
inline std::string alias_at(std::string rest = {}) {
  return std::string{client_at} + "/aliases/alias[name='x']" + rest;
}

/// The entry of `one_ace` as it is understood; it must be accepted.
inline ace understood(std::string type, std::string matches,
                      std::string actions = R"("forwarding":"drop")") {
  auto tree = client_tree(one_ace(type, matches, actions));
  if (!tree)
    return {"refused: " + tree.error().message, {}, {}, {}};
  auto at = entry_path("c", entry_kind::acl, "a");
  auto list = read_acl(*yang::find(*tree, at), at);
  if (!list)
    return {"refused: " + list.error().message, {}, {}, {}};
  return list->aces.front();
}

} // namespace tocsin::protocol::data::test
