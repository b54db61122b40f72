#include "protocol/yang/validate.hpp"

#include "protocol/utf8.hpp"

#include <string>
#include <utility>

namespace tocsin::protocol::yang {

namespace {

using verdict = std::optional<error>;

error refuse(error_tag tag, const instance_path& at, std::string message) {
  return {tag, to_string(at), std::move(message)};
}

/// Judges nodes with `root` and `rules` at hand.
class judge {
public:
  judge(const schema_node& root, const semantic_rules* rules)
      : root_{root}, rules_{rules} {}

  /// A node with all below.
  verdict all(const data_node& x, const instance_path& at) const;
  /// A node as parent: what it has and lacks, not what is in its children.
  verdict parent(const data_node& x, const instance_path& at) const;
  verdict semantics(const data_node& x, const instance_path& at) const {
    return rules_ ? rules_->check(x, at) : verdict{};
  }

private:
  verdict choices(const data_node& x, const instance_path& at) const;
  verdict number(const data_node& x, const schema_node& row,
                 const instance_path& at) const;
  verdict below(const data_node& x, const instance_path& at) const;

  const schema_node& root_;
  const semantic_rules* rules_;
};

// Whether a member of a case is there, so that its case is chosen.
bool is_chosen(const data_node& x, const schema_node& row) {
  for (const auto& child : x.children)
    if (child.row->choice == row.choice && child.row->in_case == row.in_case)
      return true;
  return false;
}

verdict judge::choices(const data_node& x, const instance_path& at) const {
  for (std::size_t i = 0; i < x.children.size(); ++i) {
    const auto& a = *x.children[i].row;
    if (a.choice.empty() || (i > 0 && x.children[i - 1].row == &a))
      continue;
    for (const auto& other : x.children) {
      const auto& b = *other.row;
      if (&b < &a && b.choice == a.choice && b.in_case != a.in_case)
        return refuse(error_tag::bad_element, at.down(root_, x.children[i]),
                      "not together with " + protocol::quoted(b.name));
      if (&b == &a)
        break;
    }
  }
  return {};
}

// Whether there are neither too few nor too many of a row.
verdict judge::number(const data_node& x, const schema_node& row,
                      const instance_path& at) const {
  auto found = x.all(row);
  bool expected = row.mandatory && (row.choice.empty() || is_chosen(x, row));
  if (expected && found.empty())
    return refuse(error_tag::missing_attribute, at.down(root_, row),
                  protocol::quoted(row.name) + " is missing");
  // The body was small enough, the result is not: there is no room for more.
  if (row.max_entries != 0 && found.size() > row.max_entries)
    return refuse(error_tag::resource_denied, at.down(root_, row),
                  "more than " + std::to_string(row.max_entries));
  // RFC 7950, Section 7.5.1: a container without presence is always there.
  bool implied = found.empty() && row.kind == node_kind::container
                 && !row.presence && row.choice.empty();
  data_node none{.row = &row};
  return implied ? below(none, at.down(root_, row)) : verdict{};
}

verdict judge::below(const data_node& x, const instance_path& at) const {
  if (auto bad = choices(x, at))
    return bad;
  for (const auto& row : x.row->children)
    if (row.config)
      if (auto bad = number(x, row, at))
        return bad;
  return {};
}

verdict judge::parent(const data_node& x, const instance_path& at) const {
  auto bad = below(x, at);
  return bad ? bad : semantics(x, at);
}

verdict judge::all(const data_node& x, const instance_path& at) const {
  if (auto bad = below(x, at))
    return bad;
  for (const auto& child : x.children)
    if (child.row->config && !child.row->is_leaf())
      if (auto bad = all(child, at.down(root_, child)))
        return bad;
  return semantics(x, at);
}

} // namespace

std::optional<error> validate(const data_node& root, const instance_path& at,
                              const semantic_rules* rules) {
  judge it{*root.row, rules};
  std::vector<const data_node*> way{&root};
  for (const auto& step : at.steps) {
    if (!step.row->config)
      return {};
    auto next = step.row->is_many() && step.keys.empty() ? nullptr
                : step.keys.empty() ? way.back()->find(*step.row)
                                    : way.back()->entry(*step.row, step.keys);
    if (!next || step.row->is_leaf())
      break;
    way.push_back(next);
  }
  auto path = at;
  path.steps.resize(way.size() - 1);
  // What is absent or a leaf is judged as a child.
  bool whole = way.size() == at.steps.size() + 1;
  if (auto bad =
          whole ? it.all(*way.back(), path) : it.parent(*way.back(), path))
    return bad;
  while (!path.steps.empty()) {
    way.pop_back();
    path.steps.pop_back();
    // Of the nearest one above, the number of children may have changed.
    auto near = std::exchange(whole, false);
    if (auto bad = near ? it.parent(*way.back(), path)
                        : it.semantics(*way.back(), path))
      return bad;
  }
  return {};
}

} // namespace tocsin::protocol::yang
