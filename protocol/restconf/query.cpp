#include "protocol/restconf/query.hpp"

#include "protocol/restconf/target.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::protocol::restconf {

using yang::content_filter;
using yang::defaults_mode;
using yang::error;
using yang::error_tag;
using yang::field_selection;
using yang::instance_path;
using yang::placement;
using yang::schema_node;

namespace {

enum class parameter : std::uint8_t {
  content,
  depth,
  fields,
  insert,
  point,
  with_defaults,
};

struct parameter_row {
  std::string_view name;
  bool api, read, insert;
};

// In the order of the enumeration.
constexpr std::array parameters{
    parameter_row{"content", false, true, false},
    parameter_row{"depth", true, true, false},
    parameter_row{"fields", true, true, false},
    parameter_row{"insert", false, false, true},
    parameter_row{"point", false, false, true},
    parameter_row{"with-defaults", false, true, false},
};

bool applies(const parameter_row& x, query_kind kind) {
  switch (kind) {
  case query_kind::none:
    return false;
  case query_kind::api:
    return x.api;
  case query_kind::read:
    return x.read;
  case query_kind::insert:
    return x.insert;
  }
  return false;
}

refusal wrong(std::string message) {
  return error{error_tag::invalid_value, {}, std::move(message), {}};
}

template <class T, std::size_t N>
std::optional<T>
choose(std::string_view text,
       const std::array<std::pair<std::string_view, T>, N>& table) {
  for (const auto& [name, value] : table)
    if (name == text)
      return value;
  return {};
}

std::optional<content_filter> parse_content(std::string_view text) {
  using pair = std::pair<std::string_view, content_filter>;
  static constexpr std::array table{
      pair{"all", content_filter::all}, pair{"config", content_filter::config},
      pair{"nonconfig", content_filter::nonconfig},
      // RFC 8783, Section 7.3 prints it so (erratum 6496).
      pair{"non-config", content_filter::nonconfig}};
  return choose(text, table);
}

std::optional<defaults_mode> parse_defaults(std::string_view text) {
  using pair = std::pair<std::string_view, defaults_mode>;
  static constexpr std::array table{
      pair{"report-all", defaults_mode::report_all},
      pair{"trim", defaults_mode::trim},
      pair{"explicit", defaults_mode::explicitly},
      pair{"report-all-tagged", defaults_mode::report_all_tagged}};
  return choose(text, table);
}

std::optional<placement::where> parse_insert(std::string_view text) {
  using pair = std::pair<std::string_view, placement::where>;
  static constexpr std::array table{pair{"first", placement::where::first},
                                    pair{"last", placement::where::last},
                                    pair{"before", placement::where::before},
                                    pair{"after", placement::where::after}};
  return choose(text, table);
}

std::optional<std::size_t> parse_depth(std::string_view text) {
  if (text == "unbounded")
    return yang::encode_options::unbounded;
  std::uint16_t out = 0;
  auto end = text.data() + text.size();
  auto [at, bad] = std::from_chars(text.data(), end, out);
  if (bad != std::errc{} || at != end || out == 0)
    return {};
  return out;
}

/// Reads a fields-expr (RFC 8040, Section 4.8.3), generously: more may follow
/// a closing bracket. It goes no deeper than the schema.
class fields_parser {
public:
  explicit fields_parser(std::string_view text) : rest_{text} {}

  bool parse(const schema_node& row, std::string_view module,
             std::vector<field_selection>& out) {
    return expression(row, module, out) && rest_.empty();
  }

private:
  bool expression(const schema_node& row, std::string_view module,
                  std::vector<field_selection>& out);
  bool one(const schema_node& row, std::string_view module,
           std::vector<field_selection>& out);
  bool take(char c) {
    if (!rest_.starts_with(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

bool fields_parser::expression(const schema_node& row, std::string_view module,
                               std::vector<field_selection>& out) {
  do {
    if (!one(row, module, out))
      return false;
  } while (take(';'));
  return true;
}

bool fields_parser::one(const schema_node& row, std::string_view module,
                        std::vector<field_selection>& out) {
  auto name = rest_.substr(0, rest_.find_first_of("/();"));
  rest_.remove_prefix(name.size());
  std::string_view prefix;
  if (auto colon = name.find(':'); colon != name.npos) {
    prefix = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  auto child = find_row(row, module, prefix, name);
  if (!child)
    return false;
  auto found = std::ranges::find(out, child, &field_selection::row);
  bool is_new = found == out.end();
  if (is_new)
    found = out.insert(out.end(), {child, {}});
  auto inner = child->module_below(module);
  // What was selected whole stays whole.
  auto index = found - out.begin();
  std::vector<field_selection> below =
      is_new ? std::vector<field_selection>{} : found->children;
  bool whole = !is_new && below.empty();
  bool good = true;
  if (take('/')) {
    good = one(*child, inner, below);
  } else if (take('(')) {
    good = expression(*child, inner, below) && take(')');
  } else {
    whole = true;
  }
  out[static_cast<std::size_t>(index)].children =
      whole ? std::vector<field_selection>{} : std::move(below);
  return good;
}

class parser {
public:
  explicit parser(const query_context& c) : context_{c} {}

  answer<query> all(std::string_view text);

private:
  std::optional<refusal> one(std::string_view text);
  std::optional<refusal> set(parameter which, std::string_view value);
  std::optional<refusal> set_point(std::string_view value);
  std::optional<refusal> finish();

  const query_context& context_;
  query out_;
  std::array<bool, parameters.size()> seen_{};
  std::vector<std::string> point_;
};

answer<query> parser::all(std::string_view text) {
  while (!text.empty()) {
    auto n = std::min(text.find('&'), text.size());
    if (auto bad = one(text.substr(0, n)))
      return *bad;
    if (n + 1 == text.size())
      return wrong("a query parameter without a name");
    text.remove_prefix(std::min(n + 1, text.size()));
  }
  if (auto bad = finish())
    return *bad;
  return out_;
}

std::optional<refusal> parser::one(std::string_view text) {
  auto equals = text.find('=');
  auto name = percent_decode(text.substr(0, equals));
  auto value = equals == text.npos ? std::optional<std::string>{""}
                                   : percent_decode(text.substr(equals + 1));
  if (!name || !value)
    return wrong("a percent sign without two digits in the query");
  auto shown = quoted(std::string_view{*name});
  auto row = std::ranges::find(parameters, std::string_view{*name},
                               &parameter_row::name);
  if (row == parameters.end() || !applies(*row, context_.kind))
    return wrong("the query parameter " + shown + " is unexpected");
  auto index = static_cast<std::size_t>(row - parameters.begin());
  if (std::exchange(seen_[index], true))
    return wrong("the query parameter " + shown + " stands there twice");
  auto bad = set(static_cast<parameter>(index), *value);
  if (bad && bad->errors[0].message.empty())
    return wrong(quoted(std::string_view{*value}) + " is no value of " + shown);
  return bad;
}

std::optional<refusal> parser::set(parameter which, std::string_view value) {
  auto take = [&]<class T>(const std::optional<T>& x,
                           T& to) -> std::optional<refusal> {
    if (!x)
      return wrong({});
    to = *x;
    return {};
  };
  auto& options = out_.options;
  switch (which) {
  case parameter::content:
    return take(parse_content(value), options.content);
  case parameter::depth:
    return take(parse_depth(value), options.depth);
  case parameter::with_defaults:
    return take(parse_defaults(value), options.defaults);
  case parameter::fields: {
    const auto& row = context_.at.row(context_.root);
    auto module = context_.at.module(context_.root);
    if (!fields_parser{value}.parse(row, module, options.fields))
      return wrong({});
    return {};
  }
  case parameter::insert:
    if (context_.at.is_root())
      return wrong("the query parameter \"insert\" is for entries of "
                   "user-ordered lists");
    out_.place.emplace();
    return take(parse_insert(value), out_.place->at);
  case parameter::point:
    return set_point(value);
  }
  return {};
}

std::optional<refusal> parser::set_point(std::string_view value) {
  // RFC 8040, Section 4.8.6: as in a target; the root may be left out.
  if (value.starts_with(context_.data_prefix))
    value.remove_prefix(context_.data_prefix.size());
  auto parsed = parse_path(context_.root, value);
  auto path = std::get_if<instance_path>(&parsed);
  if (!path || path->is_root() || context_.at.is_root())
    return wrong({});
  const auto& list = context_.at.steps.back();
  const auto& entry = path->steps.back();
  if (path->up() != context_.at.up() || entry.row != list.row
      || entry.keys.empty())
    return wrong("the point is in another list");
  point_ = entry.keys;
  return {};
}

std::optional<refusal> parser::finish() {
  bool relative = out_.place
                  && (out_.place->at == placement::where::before
                      || out_.place->at == placement::where::after);
  if (relative == point_.empty())
    return wrong(relative ? "\"insert\" is relative and \"point\" missing"
                          : "\"point\" without \"insert\" before or after it");
  if (relative)
    out_.place->point = std::move(point_);
  return {};
}

} // namespace

answer<query> parse_query(std::string_view text, const query_context& c) {
  return parser{c}.all(text);
}

} // namespace tocsin::protocol::restconf
