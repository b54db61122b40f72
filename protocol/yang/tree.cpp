#include "protocol/yang/tree.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace tocsin::protocol::yang {

namespace {

// Rows of one parent stand in one table, so their addresses order them.
struct by_row {
  bool operator()(const data_node& x, const schema_node* row) const {
    return std::less<>{}(x.row, row);
  }
  bool operator()(const schema_node* row, const data_node& x) const {
    return std::less<>{}(row, x.row);
  }
};

template <class Children>
auto range_of(Children& children, const schema_node& row) {
  return std::equal_range(children.begin(), children.end(), &row, by_row{});
}

bool has_keys(const data_node& x, std::span<const std::string> keys) {
  if (x.row->kind == node_kind::leaf_list)
    return keys.size() == 1 && x.text == keys[0];
  std::size_t i = 0;
  bool same = true;
  for_each_key(*x.row, [&](std::string_view name) {
    auto leaf = x.find(name);
    same = same && i < keys.size() && leaf && leaf->text == keys[i];
    ++i;
  });
  return same && i == keys.size() && i > 0;
}

bool says_nothing(const data_node& x) {
  if (x.row->kind != node_kind::container || x.row->presence)
    return false;
  for (const auto& child : x.children)
    if (!child.by_default && !says_nothing(child))
      return false;
  return true;
}

// What counts of the children of one row.
std::vector<const data_node*> substance(const data_node& x,
                                        const schema_node& row) {
  std::vector<const data_node*> out;
  for (const auto& child : x.all(row))
    if (!says_nothing(child))
      out.push_back(&child);
  return out;
}

bool same_text(const data_node& a, const data_node& b,
               const schema_node& leaf) {
  auto text = [&](const data_node& x) {
    auto found = x.find(leaf);
    return found ? std::string_view{found->text} : leaf.default_value;
  };
  return (a.find(leaf) || b.find(leaf)) ? text(a) == text(b) : true;
}

bool same_entries(const data_node& a, const data_node& b,
                  const schema_node& row) {
  auto left = substance(a, row);
  auto right = substance(b, row);
  if (row.is_many() && !row.user_ordered) {
    auto key = [](const data_node* x) { return keys_of(*x); };
    std::ranges::stable_sort(left, {}, key);
    std::ranges::stable_sort(right, {}, key);
  }
  return std::ranges::equal(
      left, right,
      [](const data_node* x, const data_node* y) { return *x == *y; });
}

// A default applies outside of choices, and in the case which is chosen.
bool is_chosen(const data_node& parent, const schema_node& row) {
  if (row.choice.empty())
    return true;
  for (const auto& x : parent.children)
    if (x.row->choice == row.choice && x.row->in_case == row.in_case)
      return true;
  return false;
}

} // namespace

const data_node* data_node::find(std::string_view name) const {
  for (const auto& x : children)
    if (x.row->name == name)
      return &x;
  return nullptr;
}

const data_node* data_node::find(const schema_node& child) const {
  auto [first, last] = range_of(children, child);
  return first == last ? nullptr : &*first;
}

data_node* data_node::find(std::string_view name) {
  return const_cast<data_node*>(std::as_const(*this).find(name));
}

data_node* data_node::find(const schema_node& child) {
  return const_cast<data_node*>(std::as_const(*this).find(child));
}

std::span<const data_node> data_node::all(const schema_node& child) const {
  auto [first, last] = range_of(children, child);
  return {first, last};
}

std::span<const data_node> data_node::all(std::string_view name) const {
  auto first = find(name);
  return first ? all(*first->row) : std::span<const data_node>{};
}

const data_node* data_node::entry(const schema_node& list,
                                  std::span<const std::string> keys) const {
  for (const auto& x : all(list))
    if (has_keys(x, keys))
      return &x;
  return nullptr;
}

data_node* data_node::entry(const schema_node& list,
                            std::span<const std::string> keys) {
  return const_cast<data_node*>(std::as_const(*this).entry(list, keys));
}

const data_node* data_node::entry(std::string_view list,
                                  std::string_view key) const {
  auto child = find_row(*row, list);
  return child ? entry(*child, std::array{std::string{key}}) : nullptr;
}

std::optional<std::string_view> data_node::value(std::string_view leaf) const {
  if (auto found = find(leaf))
    return found->text;
  auto child = find_row(*row, leaf);
  if (child && !child->default_value.empty() && is_chosen(*this, *child))
    return child->default_value;
  return {};
}

std::optional<std::int64_t> data_node::number(std::string_view leaf) const {
  auto found = value(leaf);
  std::int64_t out = 0;
  if (!found)
    return {};
  auto end = found->data() + found->size();
  auto [at, error] = std::from_chars(found->data(), end, out);
  return error == std::errc{} && at == end ? std::optional{out} : std::nullopt;
}

data_node& data_node::ensure(const schema_node& child) {
  auto found = find(child);
  return found ? *found : append(data_node{.row = &child});
}

void data_node::set(std::string_view leaf, std::string value) {
  auto child = find_row(*row, leaf);
  if (!child)
    return;
  auto& x = ensure(*child);
  x.text = std::move(value);
  x.by_default = false;
}

data_node& data_node::append(data_node child) {
  auto [first, last] = range_of(children, *child.row);
  return *children.insert(last, std::move(child));
}

data_node* data_node::insert(data_node child, const placement& to) {
  auto [first, last] = range_of(children, *child.row);
  auto at = to.at == placement::where::first ? first : last;
  if (to.at == placement::where::before || to.at == placement::where::after) {
    for (at = first; at != last && !has_keys(*at, to.point);)
      ++at;
    if (at == last)
      return nullptr;
    if (to.at == placement::where::after)
      ++at;
  }
  return &*children.insert(at, std::move(child));
}

bool data_node::erase(const schema_node& child) {
  auto [first, last] = range_of(children, child);
  bool found = first != last;
  children.erase(first, last);
  return found;
}

bool data_node::erase(const schema_node& list,
                      std::span<const std::string> keys) {
  auto [first, last] = range_of(children, list);
  for (auto i = first; i != last; ++i) {
    if (has_keys(*i, keys)) {
      children.erase(i);
      return true;
    }
  }
  return false;
}

bool operator==(const data_node& a, const data_node& b) {
  if (a.row != b.row || a.text != b.text)
    return false;
  if (a.row == nullptr)
    return true;
  for (const auto& row : a.row->children) {
    bool same = row.kind == node_kind::leaf ? same_text(a, b, row)
                                            : same_entries(a, b, row);
    if (!same)
      return false;
  }
  return true;
}

std::vector<std::string> keys_of(const data_node& x) {
  std::vector<std::string> out;
  if (x.row->kind == node_kind::leaf_list)
    out.push_back(x.text);
  else if (x.row->kind == node_kind::list)
    for_each_key(*x.row, [&](std::string_view name) {
      auto leaf = x.find(name);
      out.push_back(leaf ? leaf->text : std::string{});
    });
  return out;
}

void add_defaults(data_node& x) {
  for (const auto& row : x.row->children) {
    bool absent = x.find(row) == nullptr && is_chosen(x, row);
    if (absent && row.kind == node_kind::leaf && !row.default_value.empty()) {
      x.append({&row, std::string{row.default_value}, true, {}});
    } else if (absent && row.kind == node_kind::container && !row.presence) {
      data_node child{.row = &row};
      add_defaults(child);
      if (!child.children.empty())
        x.append(std::move(child));
    }
  }
  for (auto& child : x.children)
    add_defaults(child);
}

void prune(data_node& x) {
  for (auto& child : x.children)
    prune(child);
  std::erase_if(x.children, [](const data_node& child) {
    return child.row->kind == node_kind::container && !child.row->presence
           && child.children.empty();
  });
}

} // namespace tocsin::protocol::yang
