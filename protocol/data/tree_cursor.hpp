#pragma once
#include "protocol/data/module.hpp"
#include "protocol/yang/error.hpp"
#include "protocol/yang/path.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::protocol::data {

/// A place in a tree while it is read. It knows the way it came, so that an
/// error names its node exactly; the path is built only then. Cursors point to
/// their parents: they live in nested scopes.
class tree_cursor {
public:
  /// Starts at a node that `at` leads to; both outlive the cursor.
  tree_cursor(const yang::data_node& node, const yang::instance_path& at)
      : node_{node}, start_{&at} {}

  const yang::data_node& node() const noexcept { return node_; }
  std::string_view text() const noexcept { return node_.text; }

  /// The container or leaf of that name; nothing if it is absent. A default in
  /// use counts as present.
  std::optional<tree_cursor> child(std::string_view name) const {
    if (auto x = node_.find(name))
      return tree_cursor{*x, *this};
    return std::nullopt;
  }
  /// The same node seen as a child of this one.
  tree_cursor below(const yang::data_node& x) const { return {x, *this}; }

  /// The value of an unsigned leaf below.
  template <class T>
  std::optional<T> number(std::string_view leaf) const {
    auto text = node_.value(leaf);
    T out{};
    if (!text)
      return std::nullopt;
    auto [end, error] =
        std::from_chars(text->data(), text->data() + text->size(), out);
    if (error != std::errc{} || end != text->data() + text->size())
      return std::nullopt;
    return out;
  }

  yang::instance_path path() const {
    return start_ ? *start_ : parent_->path().down(rows::datastore, node_);
  }

  /// An error at this node.
  yang::error bad(yang::error_tag tag, std::string message) const {
    return {tag, yang::to_string(path()), std::move(message)};
  }
  /// An error at a child that may be absent.
  yang::error bad(std::string_view child, yang::error_tag tag,
                  std::string message) const {
    auto row = yang::find_row(*node_.row, child);
    auto at = row ? path().down(rows::datastore, *row) : path();
    return {tag, yang::to_string(at), std::move(message)};
  }

private:
  tree_cursor(const yang::data_node& node, const tree_cursor& parent)
      : node_{node}, parent_{&parent} {}

  const yang::data_node& node_;
  const yang::instance_path* start_ = nullptr;
  const tree_cursor* parent_ = nullptr;
};

} // namespace tocsin::protocol::data
