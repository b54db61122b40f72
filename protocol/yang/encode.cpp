#include "protocol/yang/encode.hpp"

#include "protocol/json/writer.hpp"
#include "protocol/yang/values.hpp"

#include <algorithm>
#include <charconv>

namespace tocsin::protocol::yang {

namespace {

/// RFC 8040, Section 4.8.9: the annotation of a default value.
constexpr std::string_view default_tag = "ietf-netconf-with-defaults:default";

// What is known of a node by those above it.
struct context {
  std::string_view module; ///< of the node
  std::size_t level = 1;   ///< for `depth`
  bool state = false;      ///< below or at `config false`
  const std::vector<field_selection>* fields = nullptr; ///< null: all
};

bool has_state(const data_node& x) {
  return !x.row->config
         || std::ranges::any_of(x.children, [](const data_node& child) {
              return has_state(child);
            });
}

const field_selection* selected(const std::vector<field_selection>& fields,
                                const schema_node& row) {
  auto found = std::ranges::find(fields, &row, &field_selection::row);
  return found == fields.end() ? nullptr : &*found;
}

class printer {
public:
  explicit printer(const encode_options& options) : options_{options} {}

  void object(const data_node& x, const context& c);
  void rows(std::span<const data_node> same, std::string_view parent_module,
            bool qualified, const context& c);
  std::string take() { return std::move(out_).str(); }
  json::writer& out() { return out_; }

private:
  bool wanted(const data_node& x, bool state, bool key) const;
  bool is_default(const data_node& leaf) const;
  bool enter(const data_node& parent, const schema_node& row, const context& c,
             context& inner) const;
  void scalar(const data_node& leaf);
  void body(const data_node& x, const context& c);

  const encode_options& options_;
  json::writer out_;
};

bool printer::is_default(const data_node& leaf) const {
  return leaf.by_default
         || (!leaf.row->default_value.empty()
             && leaf.text == leaf.row->default_value);
}

bool printer::wanted(const data_node& x, bool state, bool key) const {
  if (!key && x.row->kind == node_kind::leaf) {
    auto mode = options_.defaults;
    if (mode == defaults_mode::explicitly && x.by_default)
      return false;
    if (mode == defaults_mode::trim && is_default(x))
      return false;
  }
  switch (options_.content) {
  case content_filter::all:
    return true;
  case content_filter::config:
    return !state;
  case content_filter::nonconfig:
    return key || state || has_state(x);
  }
  return true;
}

void printer::scalar(const data_node& leaf) {
  if (is_json_number(leaf.row->type) || leaf.row->type == leaf_type::boolean)
    out_.raw(leaf.text);
  else
    out_.value(leaf.text);
}

// Whether children of a row are shown, and what is known of them then.
bool printer::enter(const data_node& parent, const schema_node& row,
                    const context& c, context& inner) const {
  bool key =
      parent.row->kind == node_kind::list && is_key(*parent.row, row.name);
  inner.module = row.module_below(c.module);
  inner.state = c.state || !row.config;
  inner.level = c.level + 1;
  if (c.fields && !key) {
    auto field = selected(*c.fields, row);
    if (!field)
      return false;
    // RFC 8040, Section 4.8.2: what is selected and its ancestors are level 1.
    inner.level = 1;
    inner.fields = field->children.empty() ? nullptr : &field->children;
  }
  return inner.level <= options_.depth;
}

void printer::object(const data_node& x, const context& c) {
  out_.begin_object();
  auto first = x.children.begin();
  while (first != x.children.end()) {
    const auto& row = *first->row;
    auto last = first;
    while (last != x.children.end() && last->row == &row)
      ++last;
    context inner;
    bool key = x.row->kind == node_kind::list && is_key(*x.row, row.name);
    bool any = std::any_of(first, last, [&](const data_node& child) {
      return wanted(child, c.state || !row.config, key);
    });
    if (any && enter(x, row, c, inner))
      rows({first, last}, c.module, false, inner);
    first = last;
  }
  out_.end_object();
}

// All nodes of one row as one member.
void printer::rows(std::span<const data_node> same,
                   std::string_view parent_module, bool qualified,
                   const context& c) {
  const auto& row = *same.front().row;
  std::string name{row.name};
  if (qualified || c.module != parent_module)
    name = std::string{c.module} + ":" + name;
  out_.key(name);
  if (!row.is_many()) {
    body(same.front(), c);
  } else {
    out_.begin_array();
    // At the last level a list is there, yet without its entries.
    if (row.is_leaf() || c.level < options_.depth || qualified)
      for (const auto& x : same)
        if (qualified || wanted(x, c.state, false))
          body(x, c);
    out_.end_array();
  }
  bool tag = options_.defaults == defaults_mode::report_all_tagged
             && row.kind == node_kind::leaf && is_default(same.front());
  if (tag)
    out_.key("@" + name).begin_object().member(default_tag, true).end_object();
}

void printer::body(const data_node& x, const context& c) {
  if (x.row->is_leaf())
    scalar(x);
  else
    object(x, c);
}

// Nodes at a path: one, or all entries of a list; with the parent.
struct place {
  const data_node* parent = nullptr;
  std::span<const data_node> nodes{};
};

place locate(const data_node& root, const instance_path& at) {
  auto parent = find(root, at.up());
  if (!parent)
    return {};
  const auto& step = at.steps.back();
  auto all = parent->all(*step.row);
  if (step.keys.empty())
    return {parent, all};
  auto found = parent->entry(*step.row, step.keys);
  return {parent, found ? std::span{found, 1} : all.first(0)};
}

} // namespace

std::string encode(const data_node& root, const instance_path& at,
                   const encode_options& options) {
  printer x{options};
  auto fields = options.fields.empty() ? nullptr : &options.fields;
  context c{at.module(*root.row), 1, at.is_state(), fields};
  if (at.is_root()) {
    x.out().begin_object();
    x.rows({&root, 1}, {}, true, c);
    x.out().end_object();
    return x.take();
  }
  auto found = locate(root, at);
  if (found.nodes.empty())
    return {};
  const auto& parent = *found.parent->row;
  x.out().begin_object();
  if (parent.envelope) {
    auto module = at.up().module(*root.row);
    x.out().key(std::string{module} + ":" + std::string{parent.name});
    x.out().begin_object();
    // Inside, the name is qualified only if the module is another one.
    x.out().key(c.module == module
                    ? std::string{at.steps.back().row->name}
                    : std::string{c.module} + ":"
                          + std::string{at.steps.back().row->name});
    x.out().begin_array();
    for (const auto& node : found.nodes)
      x.object(node, c);
    x.out().end_array();
    x.out().end_object();
  } else {
    x.rows(found.nodes, {}, true, c);
  }
  x.out().end_object();
  return x.take();
}

std::string encode_value(const data_node& x, std::string_view module,
                         const encode_options& options) {
  printer out{options};
  auto fields = options.fields.empty() ? nullptr : &options.fields;
  out.object(x, {module, 1, !x.row->config, fields});
  return out.take();
}

} // namespace tocsin::protocol::yang
