#include "protocol/restconf/edit.hpp"

#include "protocol/restconf/change_log.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tocsin::protocol::restconf {

using yang::data_node;
using yang::error;
using yang::error_tag;
using yang::instance_path;
using yang::node_kind;
using yang::path_step;
using yang::schema_node;

namespace {

refusal wrong(const instance_path& at, std::string message) {
  return error{error_tag::invalid_value, to_string(at), std::move(message)};
}

refusal not_found(const instance_path& at) {
  return {404, error{error_tag::invalid_value, to_string(at),
                     "the resource does not exist"}};
}

error taken(const instance_path& at) {
  return {error_tag::resource_denied, to_string(at), "it exists already"};
}

bool is_implied(const schema_node& row) {
  return row.kind == node_kind::container && !row.presence;
}

// Judges what was changed and makes the edit of it.
answer<edit> finish(edit_request& x, const change_log& log,
                    instance_path resource, bool created,
                    const std::vector<instance_path>& changed) {
  for (const auto& at : changed)
    if (auto bad = validate(x.tree, at, x.rules))
      return refusal{std::move(*bad)};
  edit out;
  out.changes = log.finish(x.tree);
  out.tree = std::move(x.tree);
  prune(out.tree);
  out.resource = std::move(resource);
  out.created = created;
  return out;
}

// The one node of a body for the target of PUT or PATCH.
answer<data_node> target_node(const edit_request& x, bool relaxed) {
  const auto& root = *x.tree.row;
  const auto& row = x.at.row(root);
  yang::decoder in{root};
  auto spare = relaxed ? std::span{x.at.steps.back().keys}
                       : std::span<const std::string>{};
  auto parent = x.at.up();
  const auto& envelope = parent.row(root);
  auto wrapper =
      std::string{parent.module(root)} + ":" + std::string{envelope.name};
  bool wrapped =
      envelope.envelope && row.kind == node_kind::list && x.body->find(wrapper);
  auto nodes = in.members(*x.body, wrapped ? parent.up() : parent, spare);
  if (!nodes)
    return refusal{nodes.error()};
  if (wrapped && nodes->size() == 1)
    nodes = std::exchange((*nodes)[0].children, {});
  if (nodes->size() != 1 || (*nodes)[0].row != &row)
    return wrong(x.at, "the body is not the one resource of the target");
  auto& node = (*nodes)[0];
  if (keys_of(node) != x.at.steps.back().keys)
    return wrong(x.at, "the keys in the body are not those of the target");
  return std::move(node);
}

bool is_whole_list(const instance_path& at) {
  return !at.is_root() && at.steps.back().row->is_many()
         && at.steps.back().keys.empty();
}

std::optional<refusal> misplaced(const edit_request& x) {
  if (!x.body)
    return wrong(x.at, "the body is missing");
  if (is_whole_list(x.at))
    return wrong(x.at, "the target names no entry");
  return {};
}

refusal no_point(const instance_path& at) {
  return error{error_tag::bad_attribute, to_string(at),
               "the point does not exist", "missing-instance"};
}

// Leaf-lists come together, as lists do: `from` is emptied into `to`.
void merge_into(data_node& to, data_node from);

void merge_child(data_node& to, data_node child) {
  const auto& row = *child.row;
  if (!row.choice.empty()) // RFC 7950, Section 7.9: one case excludes others
    std::erase_if(to.children, [&](const data_node& x) {
      return x.row->choice == row.choice && x.row->in_case != row.in_case;
    });
  auto found = row.is_many() ? to.entry(row, keys_of(child)) : to.find(row);
  if (!found)
    to.append(std::move(child));
  else
    merge_into(*found, std::move(child));
}

void merge_into(data_node& to, data_node from) {
  to.text = std::move(from.text);
  to.by_default = false;
  for (auto& child : from.children)
    merge_child(to, std::move(child));
}

/// Creates children for POST.
class creation {
public:
  explicit creation(edit_request& x) : x_{x}, root_{*x.tree.row} {}

  answer<edit> run() {
    auto nodes = yang::decoder{root_}.members(*x_.body, x_.at);
    if (!nodes)
      return refusal{nodes.error()};
    if (nodes->size() != 1)
      return wrong(x_.at, "the body is not one resource");
    auto& child = (*nodes)[0];
    auto to = reach(x_.tree, x_.at);
    if (!to)
      return not_found(x_.at);
    auto at = x_.at.down(root_, child);
    change_log log{x_.tree, at};
    log.in_body(child, at);
    if (child.row->envelope)
      add_entries(to->ensure(*child.row), std::move(child.children), at);
    else
      add(*to, std::move(child), at);
    if (!bad_.errors.empty())
      return std::move(bad_);
    auto only = changed_.size() == 1 ? changed_[0] : at;
    return finish(x_, log, std::move(only), true, changed_);
  }

private:
  void deny(refusal why) {
    bad_.status = why.status;
    bad_.errors.push_back(std::move(why.errors[0]));
  }

  void add(data_node& to, data_node child, const instance_path& at) {
    const auto& row = *child.row;
    auto old = row.is_many() ? to.entry(row, keys_of(child)) : to.find(row);
    if (old && (!is_implied(row) || !old->children.empty()))
      return deny(taken(at));
    if (old)
      to.erase(row);
    changed_.push_back(at);
    if (!row.is_many() || !x_.place)
      to.append(std::move(child));
    else if (!to.insert(std::move(child), *x_.place))
      deny(no_point(at));
  }

  // Several entries keep their order where they are inserted.
  void add_entries(data_node& to, std::vector<data_node> entries,
                   const instance_path& at) {
    auto place = x_.place;
    using where = yang::placement::where;
    for (auto& entry : entries) {
      auto keys = keys_of(entry);
      add(to, std::move(entry), at.down(root_, entry_step(entry, keys)));
      if (place && (place->at == where::first || place->at == where::after))
        x_.place = yang::placement{where::after, keys};
    }
    x_.place = std::move(place);
  }

  // A node with the keys of an entry, to name it by.
  static data_node entry_step(const data_node& entry,
                              const std::vector<std::string>& keys) {
    data_node out{.row = entry.row};
    std::size_t i = 0;
    for_each_key(*entry.row, [&](std::string_view name) {
      out.append({find_row(*entry.row, name), keys[i++], false, {}});
    });
    return out;
  }

  edit_request& x_;
  const schema_node& root_;
  refusal bad_;
  std::vector<instance_path> changed_;
};

// Puts a node in the place of `old` (or none) below `parent`.
bool put(data_node& parent, data_node node,
         const std::optional<yang::placement>& place,
         const std::vector<std::string>& keys) {
  const auto& row = *node.row;
  auto old = row.is_many() ? parent.entry(row, keys) : parent.find(row);
  bool moves = row.is_many() && place.has_value();
  if (old && !moves) {
    *old = std::move(node);
    return true;
  }
  if (old && place->point == keys)
    return false; // beside itself
  if (old)
    parent.erase(row, keys);
  return parent.insert(std::move(node), place.value_or(yang::placement{}));
}

} // namespace

void edit_rules::adopt(const data_node&, data_node&,
                       const instance_path&) const {}

bool exists(const data_node& root, const instance_path& at) {
  auto node = &root;
  for (const auto& step : at.steps) {
    if (node && !step.keys.empty())
      node = node->entry(*step.row, step.keys);
    else if (node)
      node = node->find(*step.row);
    // From here on there can be nothing but implied containers.
    if (!node && !is_implied(*step.row))
      return false;
  }
  return true;
}

data_node* reach(data_node& root, const instance_path& at) {
  if (!exists(root, at))
    return nullptr;
  auto node = &root;
  for (const auto& step : at.steps)
    node = step.keys.empty() ? (is_implied(*step.row) ? &node->ensure(*step.row)
                                                      : node->find(*step.row))
                             : node->entry(*step.row, step.keys);
  return node;
}

answer<edit> create(edit_request x) {
  if (auto bad = misplaced(x))
    return *bad;
  return creation{x}.run();
}

answer<edit> replace(edit_request x) {
  if (auto bad = misplaced(x))
    return *bad;
  auto read = target_node(x, false);
  if (auto bad = std::get_if<refusal>(&read))
    return std::move(*bad);
  auto& node = std::get<data_node>(read);
  auto parent = reach(x.tree, x.at.up());
  if (!parent)
    return not_found(x.at);
  auto old = find(std::as_const(x.tree), x.at);
  bool created = !exists(x.tree, x.at);
  if (old && x.rules)
    x.rules->adopt(*old, node, x.at);
  change_log log{x.tree, x.at};
  log.in_body(node, x.at);
  if (!node.row->choice.empty())
    std::erase_if(parent->children, [&](const data_node& other) {
      return other.row->choice == node.row->choice
             && other.row->in_case != node.row->in_case;
    });
  if (!put(*parent, std::move(node), x.place, x.at.steps.back().keys))
    return no_point(x.at);
  auto at = x.at;
  return finish(x, log, at, created, {at});
}

answer<edit> merge(edit_request x) {
  if (auto bad = misplaced(x))
    return *bad;
  auto to = reach(x.tree, x.at);
  if (!to)
    return not_found(x.at);
  auto read = target_node(x, true);
  if (auto bad = std::get_if<refusal>(&read))
    return std::move(*bad);
  change_log log{x.tree, x.at};
  log.in_body(std::get<data_node>(read), x.at);
  merge_into(*to, std::move(std::get<data_node>(read)));
  auto at = x.at;
  return finish(x, log, at, false, {at});
}

answer<edit> remove(edit_request x) {
  if (is_whole_list(x.at))
    return wrong(x.at, "the target names no entry");
  if (!exists(x.tree, x.at))
    return not_found(x.at);
  change_log log{x.tree, x.at};
  if (auto parent = find(x.tree, x.at.up())) {
    const auto& step = x.at.steps.back();
    if (step.keys.empty())
      parent->erase(*step.row);
    else
      parent->erase(*step.row, step.keys);
  }
  auto at = x.at;
  return finish(x, log, at, false, {at});
}

instance_path placed_list(const schema_node& root, const instance_path& at,
                          bool is_post,
                          const std::optional<json::value>& body) {
  auto list = at;
  if (is_post) {
    auto members =
        body ? body->members()
             : std::vector<std::pair<std::string_view, json::value>>{};
    if (members.size() != 1)
      return {};
    auto name = members[0].first;
    auto colon = std::min(name.find(':'), name.size());
    auto row = find_row(at.row(root), at.module(root), name.substr(0, colon),
                        name.substr(std::min(colon + 1, name.size())));
    if (!row)
      return {};
    list = at.down(root, *row);
    if (row->envelope)
      list = list.down(root, *row->children.begin());
  }
  if (list.is_root() || !list.steps.back().row->is_many()
      || !list.steps.back().row->user_ordered)
    return {};
  list.steps.back().keys.clear();
  return list;
}

} // namespace tocsin::protocol::restconf
