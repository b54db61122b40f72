#include "protocol/yang/path.hpp"

#include <optional>
#include <utility>

namespace tocsin::protocol::yang {

namespace {

std::optional<std::string> quoted_key(std::string_view text) {
  // RFC 7950, Section 14 has two kinds of quotes and no escapes.
  for (char quote : {'\'', '"'})
    if (text.find(quote) == text.npos)
      return quote + std::string{text} + quote;
  return {};
}

std::optional<std::string> predicates(const path_step& step) {
  std::string out;
  std::size_t i = 0;
  bool good = true;
  auto add = [&](std::string_view name) {
    auto text = i < step.keys.size() ? quoted_key(step.keys[i++])
                                     : std::optional<std::string>{};
    good = good && text;
    if (text)
      out += "[" + std::string{name} + "=" + *text + "]";
  };
  if (step.keys.empty())
    return out;
  if (step.row->kind == node_kind::leaf_list)
    add(".");
  else
    for_each_key(*step.row, add);
  return good ? std::optional{out} : std::nullopt;
}

} // namespace

bool instance_path::is_state() const {
  for (const auto& step : steps)
    if (!step.row->config)
      return true;
  return false;
}

instance_path instance_path::down(const schema_node& root,
                                  const data_node& child) const {
  auto out = down(root, *child.row);
  out.steps.back().keys = keys_of(child);
  return out;
}

instance_path instance_path::down(const schema_node& root,
                                  const schema_node& child) const {
  auto out = *this;
  out.steps.push_back({&child, child.module_below(module(root)), {}});
  return out;
}

instance_path instance_path::up() const {
  auto out = *this;
  if (!out.steps.empty())
    out.steps.pop_back();
  return out;
}

std::string to_string(const instance_path& x) {
  std::string out;
  std::string_view module;
  for (const auto& step : x.steps) {
    auto keys = predicates(step);
    if (!keys)
      break;
    out += '/';
    if (step.module != module)
      out += std::string{step.module} + ":";
    out += step.row->name;
    out += *keys;
    module = step.module;
  }
  return out.empty() ? "/" : out;
}

const data_node* find(const data_node& root, const instance_path& at) {
  auto node = &root;
  for (const auto& step : at.steps) {
    node = step.keys.empty() ? node->find(*step.row)
                             : node->entry(*step.row, step.keys);
    if (!node)
      return nullptr;
  }
  return node;
}

data_node* find(data_node& root, const instance_path& at) {
  return const_cast<data_node*>(find(std::as_const(root), at));
}

} // namespace tocsin::protocol::yang
