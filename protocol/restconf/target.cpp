#include "protocol/restconf/target.hpp"

#include "protocol/utf8.hpp"
#include "protocol/yang/values.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tocsin::protocol::restconf {

using yang::error;
using yang::error_tag;
using yang::instance_path;
using yang::schema_node;

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
         || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

refusal wrong(const instance_path& at, std::string message) {
  return error{error_tag::invalid_value, to_string(at), std::move(message)};
}

refusal not_found(const instance_path& at, std::string message) {
  return {404,
          error{error_tag::invalid_value, to_string(at), std::move(message)}};
}

/// The text up to a separator, which both are removed from `rest`.
std::string_view cut(std::string_view& rest, char separator) {
  auto n = std::min(rest.find(separator), rest.size());
  auto out = rest.substr(0, n);
  rest.remove_prefix(std::min(n + 1, rest.size()));
  return out;
}

/// Keys of one segment in canonical form, or the value of a leaf-list.
std::optional<std::vector<std::string>> parse_keys(const schema_node& row,
                                                   std::string_view text) {
  std::vector<const schema_node*> leaves;
  if (row.kind == yang::node_kind::leaf_list)
    leaves.push_back(&row);
  else
    for_each_key(row, [&](std::string_view name) {
      leaves.push_back(find_row(row, name));
    });
  auto commas = static_cast<std::size_t>(std::ranges::count(text, ','));
  if (leaves.empty() || commas + 1 != leaves.size())
    return {};
  std::vector<std::string> out;
  for (auto leaf : leaves) {
    auto decoded = percent_decode(cut(text, ','));
    auto value = decoded ? canonical(*leaf, *decoded) : std::nullopt;
    if (!value)
      return {};
    out.push_back(std::move(*value));
  }
  return out;
}

const schema_node* find_segment(const schema_node& root,
                                const instance_path& at,
                                std::string_view name) {
  std::string_view module;
  if (auto colon = name.find(':'); colon != name.npos) {
    module = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  return find_row(at.row(root), at.module(root), module, name);
}

std::optional<refusal> parse_segment(const schema_node& root,
                                     std::string_view segment, bool last,
                                     instance_path& at) {
  auto equals = segment.find('=');
  auto name = percent_decode(segment.substr(0, equals));
  if (!name)
    return wrong(at, "a percent sign without two digits");
  auto row = find_segment(root, at, *name);
  if (!row)
    return not_found(at,
                     quoted(std::string_view{*name}) + " is no resource here");
  auto next = at.down(root, *row);
  if (equals == segment.npos) {
    if (row->is_many() && !last)
      return wrong(next, "the keys of the entry are missing");
  } else {
    if (!row->is_many())
      return wrong(next, "it has no keys");
    auto keys = parse_keys(*row, segment.substr(equals + 1));
    if (!keys)
      return wrong(next, "the keys are wrong in number or value");
    next.steps.back().keys = std::move(*keys);
  }
  at = std::move(next);
  return {};
}

} // namespace

split_target split(std::string_view target) {
  target = target.substr(0, target.find('#'));
  // RFC 7230, Section 5.3.2: a server accepts the absolute form, too.
  auto scheme = target.find("://");
  if (!target.starts_with('/') && scheme != target.npos) {
    auto slash = target.find_first_of("/?", scheme + 3);
    target =
        slash == target.npos ? std::string_view{"/"} : target.substr(slash);
  }
  auto question = target.find('?');
  if (question == target.npos)
    return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0)
      return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    auto octet = static_cast<unsigned char>(c);
    out += '%';
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

answer<instance_path> parse_path(const schema_node& root,
                                 std::string_view text) {
  instance_path at;
  if (text.empty() || text == "/")
    return at;
  if (!text.starts_with('/'))
    return wrong(at, "a path begins with a slash");
  text.remove_prefix(1);
  while (true) {
    bool last = text.find('/') == text.npos;
    if (auto bad = parse_segment(root, cut(text, '/'), last, at))
      return *bad;
    if (last)
      return at;
  }
}

std::string to_uri(const instance_path& x) {
  std::string out;
  std::string_view module;
  for (const auto& step : x.steps) {
    out += '/';
    if (step.module != module)
      out += std::string{step.module} + ":";
    out += step.row->name;
    char separator = '=';
    for (const auto& key : step.keys) {
      out += separator + percent_encode(key);
      separator = ',';
    }
    module = step.module;
  }
  return out;
}

} // namespace tocsin::protocol::restconf
