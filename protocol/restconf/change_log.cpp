#include "protocol/restconf/change_log.hpp"

#include "protocol/restconf/target.hpp"

#include <set>
#include <string>

namespace tocsin::protocol::restconf {

using yang::data_node;
using yang::instance_path;
using yang::node_kind;
using yang::schema_node;
using kind = entry_change::kind;

namespace {

// Entries of the outermost lists at or below a node.
void collect(const schema_node& root, const data_node& x,
             const instance_path& at, std::vector<instance_path>& out) {
  if (x.row->kind == node_kind::list) {
    out.push_back(at);
    return;
  }
  for (const auto& child : x.children)
    if (!child.row->is_leaf())
      collect(root, child, at.down(root, child), out);
}

std::set<std::string> names(const std::vector<instance_path>& all) {
  std::set<std::string> out;
  for (const auto& x : all)
    out.insert(to_uri(x));
  return out;
}

} // namespace

change_log::change_log(const data_node& tree, const instance_path& at)
    : root_{*tree.row}, at_{at} {
  if (auto old = find(tree, at))
    collect(root_, *old, at, before_);
}

void change_log::in_body(const data_node& x, const instance_path& at) {
  collect(root_, x, at, body_);
}

std::vector<entry_change> change_log::finish(const data_node& tree) const {
  std::vector<instance_path> after;
  if (auto now = find(tree, at_))
    collect(root_, *now, at_, after);
  std::vector<entry_change> out;
  auto left = names(after);
  for (const auto& x : before_)
    if (!left.contains(to_uri(x)))
      out.push_back({kind::removed, x});
  auto old = names(before_);
  for (const auto& x : body_)
    out.push_back(
        {old.contains(to_uri(x)) ? kind::replaced : kind::created, x});
  for (auto x = at_; !x.is_root();) {
    x = x.up();
    if (!x.is_root() && x.steps.back().row->kind == node_kind::list)
      out.push_back({kind::touched, x});
  }
  return out;
}

} // namespace tocsin::protocol::restconf
