#include "protocol/yang/decode.hpp"

#include "protocol/utf8.hpp"
#include "protocol/yang/values.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace tocsin::protocol::yang {

namespace {

struct qualified_name {
  std::string_view module;
  std::string_view name;
};

qualified_name split(std::string_view member) {
  auto colon = member.find(':');
  if (colon == member.npos)
    return {{}, member};
  return {member.substr(0, colon), member.substr(colon + 1)};
}

bool has_module(const schema_node& x, std::string_view module) {
  return x.module == module
         || std::ranges::any_of(x.children, [&](const schema_node& child) {
              return has_module(child, module);
            });
}

// What the JSON value is as lexical value, if its JSON type is right.
std::optional<std::string> lexical(const schema_node& row, json::value x) {
  if (row.type == leaf_type::boolean) {
    auto flag = x.boolean();
    return flag ? std::optional<std::string>{*flag ? "true" : "false"}
                : std::nullopt;
  }
  if (!is_json_number(row.type)) {
    auto text = x.text();
    return text ? std::optional{std::string{*text}} : std::nullopt;
  }
  if (auto number = x.unsigned_integer())
    return std::to_string(*number);
  if (auto number = x.integer())
    return std::to_string(*number);
  return {};
}

// Goes down document and schema at once. `at_` names the node whose members
// are looked at; a function that fails leaves why_ behind.
class walk {
public:
  walk(const schema_node& root, instance_path at, state_members state,
       std::size_t nodes)
      : root_{root}, at_{std::move(at)}, state_{state}, nodes_left_{nodes} {}

  /// The members of an object as children of `row`.
  bool members(json::value object, const schema_node& row, bool outermost,
               std::vector<data_node>& out);
  bool inner(json::value object, const schema_node& row, data_node& out);

  std::span<const std::string> absent_keys; ///< of outermost entries

  yang::error why() && { return std::move(why_); }
  bool refuse(error_tag tag, std::string message) {
    why_ = {tag, to_string(at_), std::move(message)};
    return false;
  }

private:
  bool refuse_child(const schema_node& row, error_tag tag,
                    std::string message) {
    at_ = at_.down(root_, row);
    return refuse(tag, std::move(message));
  }
  bool unknown(const qualified_name& x, bool outermost);
  bool member(json::value x, const schema_node& row, bool outermost,
              std::vector<data_node>& out);
  bool many(json::value x, const schema_node& row, bool outermost,
            std::vector<data_node>& out);
  bool entry(json::value x, const schema_node& row, bool outermost,
             data_node& out);
  bool keys(json::value x, const schema_node& row, bool outermost,
            data_node& out);
  std::optional<std::string> key(json::value x, const schema_node& row,
                                 std::string_view name,
                                 const std::string* spare);
  bool leaf(json::value x, const schema_node& row, data_node& out);
  bool one_case(const std::vector<data_node>& children);
  bool room();

  const schema_node& root_;
  instance_path at_;
  state_members state_;
  std::size_t nodes_left_;
  yang::error why_{};
};

bool walk::room() {
  if (nodes_left_ == 0)
    return refuse(error_tag::too_big, "the body has too many values");
  --nodes_left_;
  return true;
}

bool walk::unknown(const qualified_name& x, bool outermost) {
  bool foreign = !x.module.empty() && !has_module(root_, x.module);
  // The one outermost member is what the request is about.
  if (foreign && !outermost)
    return true;
  auto name = x.module.empty()
                  ? std::string{x.name}
                  : std::string{x.module} + ":" + std::string{x.name};
  return refuse(foreign ? error_tag::unknown_namespace
                        : error_tag::unknown_element,
                protocol::quoted(name) + " is not known here");
}

bool walk::members(json::value object, const schema_node& row, bool outermost,
                   std::vector<data_node>& out) {
  auto module = at_.module(root_);
  std::vector<const schema_node*> seen;
  for (const auto& [name, x] : object.members()) {
    if (name.starts_with('@'))
      continue; // RFC 7952: metadata
    auto parts = split(name);
    // RFC 7951, Section 4: the outermost name is always qualified.
    auto child = outermost && parts.module.empty()
                     ? nullptr
                     : find_row(row, module, parts.module, parts.name);
    if (!child) {
      if (!unknown(parts, outermost))
        return false;
      continue;
    }
    if (std::ranges::find(seen, child) != seen.end())
      return refuse_child(*child, error_tag::malformed_message,
                          "the member stands there twice");
    seen.push_back(child);
    bool wanted = child->config || state_ == state_members::keep;
    if (wanted && !member(x, *child, outermost, out))
      return false;
  }
  std::ranges::stable_sort(out, std::less<>{}, &data_node::row);
  return one_case(out);
}

bool walk::one_case(const std::vector<data_node>& children) {
  const schema_node* chosen = nullptr;
  std::vector<const schema_node*> choices;
  for (const auto& x : children) {
    if (x.row == chosen || x.row->choice.empty())
      continue;
    chosen = x.row;
    for (auto other : choices)
      if (other->choice == chosen->choice && other->in_case != chosen->in_case)
        return refuse_child(*chosen, error_tag::bad_element,
                            "not together with "
                                + protocol::quoted(other->name));
    choices.push_back(chosen);
  }
  return true;
}

bool walk::member(json::value x, const schema_node& row, bool outermost,
                  std::vector<data_node>& out) {
  if (row.is_many())
    return many(x, row, outermost, out);
  if (!room())
    return false;
  data_node node{.row = &row};
  if (row.is_leaf()) {
    if (!leaf(x, row, node))
      return false;
  } else {
    at_.steps.push_back({&row, row.module_below(at_.module(root_)), {}});
    if (!x.is_object())
      return refuse(error_tag::invalid_value, "not an object");
    if (!inner(x, row, node))
      return false;
    at_.steps.pop_back();
    // RFC 7950, Section 7.5.1: without presence it means nothing.
    if (node.children.empty() && !row.presence && !outermost)
      return true;
  }
  out.push_back(std::move(node));
  return true;
}

bool walk::inner(json::value object, const schema_node& row, data_node& out) {
  out.row = &row;
  return members(object, row, false, out.children);
}

bool walk::many(json::value x, const schema_node& row, bool outermost,
                std::vector<data_node>& out) {
  if (!x.is_array())
    return refuse_child(row, error_tag::invalid_value, "not an array");
  std::set<std::vector<std::string>> seen;
  std::size_t count = 0;
  for (auto element : x.elements()) {
    if (!room())
      return false;
    if (row.max_entries != 0 && ++count > row.max_entries)
      return refuse_child(row, error_tag::too_big,
                          "more than " + std::to_string(row.max_entries));
    data_node node{.row = &row};
    if (row.is_leaf() ? !leaf(element, row, node)
                      : !entry(element, row, outermost, node))
      return false;
    // RFC 7950, Section 7.7: values of state may repeat.
    bool unique =
        row.is_leaf() ? row.config && !at_.is_state() : !row.key.empty();
    if (unique && !seen.insert(keys_of(node)).second) {
      at_ = at_.down(root_, node);
      return refuse(error_tag::invalid_value, "stands there twice");
    }
    out.push_back(std::move(node));
  }
  return true;
}

bool walk::leaf(json::value x, const schema_node& row, data_node& out) {
  auto text = lexical(row, x);
  if (!text)
    return refuse_child(row, error_tag::invalid_value,
                        "not of the right JSON type");
  auto value = canonical(row, *text);
  if (!value)
    return refuse_child(row, error_tag::invalid_value,
                        protocol::quoted(*text) + " is no value of it");
  out.text = std::move(*value);
  return true;
}

// The value of a key leaf, or `spare` if there is none and it may be absent.
std::optional<std::string> walk::key(json::value x, const schema_node& row,
                                     std::string_view name,
                                     const std::string* spare) {
  auto found = x.find(name);
  if (!found)
    found = x.find(std::string{row.module_below(at_.module(root_))} + ":"
                   + std::string{name});
  if (!found && spare)
    return *spare;
  if (!found) {
    refuse(error_tag::missing_attribute, protocol::quoted(name)
                                             + " is missing in an entry of "
                                             + protocol::quoted(row.name));
    return {};
  }
  const auto& leaf_row = *find_row(row, name);
  auto text = lexical(leaf_row, *found);
  auto value = text ? canonical(leaf_row, *text) : std::nullopt;
  if (!value)
    refuse(error_tag::invalid_value, protocol::quoted(name)
                                         + " is wrong in an entry of "
                                         + protocol::quoted(row.name));
  return value;
}

// An entry is named by its keys in errors, so that they come first. An entry
// whose keys are wrong has no name: then the list's parent is to blame.
bool walk::keys(json::value x, const schema_node& row, bool outermost,
                data_node& out) {
  std::size_t i = 0;
  bool good = true;
  for_each_key(row, [&](std::string_view name) {
    bool spare = outermost && i < absent_keys.size();
    auto value = good ? key(x, row, name, spare ? &absent_keys[i] : nullptr)
                      : std::nullopt;
    good = value.has_value();
    if (good)
      out.append({find_row(row, name), std::move(*value), false, {}});
    ++i;
  });
  return good;
}

bool walk::entry(json::value x, const schema_node& row, bool outermost,
                 data_node& out) {
  if (!x.is_object())
    return refuse_child(row, error_tag::invalid_value, "not an object");
  if (!keys(x, row, outermost, out))
    return false;
  auto step =
      path_step{&row, row.module_below(at_.module(root_)), keys_of(out)};
  at_.steps.push_back(std::move(step));
  auto named = std::exchange(out.children, {});
  if (!inner(x, row, out))
    return false;
  for (auto& key : named)
    if (!out.find(*key.row))
      out.append(std::move(key));
  at_.steps.pop_back();
  return true;
}

} // namespace

outcome<json::document> parse_body(std::string_view text, std::size_t limit) {
  if (text.size() > limit)
    return error{error_tag::too_big, {}, "the body is too large"};
  auto x = json::document::parse(text);
  if (!x)
    return error{error_tag::malformed_message, {}, x.error().detail};
  if (!x->root().is_object())
    return error{error_tag::malformed_message, {}, "the body is no object"};
  return std::move(*x);
}

outcome<std::vector<data_node>>
decoder::members(json::value body, const instance_path& at,
                 std::span<const std::string> keys) const {
  walk x{*root_, at, state_, limits_.nodes};
  x.absent_keys = keys;
  std::vector<data_node> out;
  if (!x.members(body, at.row(*root_), true, out))
    return std::move(x).why();
  return out;
}

outcome<std::vector<data_node>>
decoder::members(std::string_view text, const instance_path& at,
                 std::span<const std::string> keys) const {
  auto body = parse_body(text, limits_.octets);
  if (!body)
    return body.error();
  return members(body->root(), at, keys);
}

outcome<data_node> decoder::value(std::string_view text,
                                  const instance_path& at) const {
  auto body = parse_body(text, limits_.octets);
  if (!body)
    return body.error();
  walk x{*root_, at, state_, limits_.nodes};
  data_node out{.row = &at.row(*root_)};
  if (!x.inner(body->root(), *out.row, out))
    return std::move(x).why();
  return out;
}

outcome<data_node> decoder::tree(std::string_view text) const {
  auto body = parse_body(text, limits_.octets);
  if (!body)
    return body.error();
  auto name = std::string{root_->module} + ":" + std::string{root_->name};
  auto inside = body->root().find(name);
  data_node out{.row = root_};
  auto children = members(inside ? *inside : body->root(), {});
  if (!children)
    return children.error();
  out.children = std::move(*children);
  return out;
}

} // namespace tocsin::protocol::yang
