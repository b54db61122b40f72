#include "protocol/restconf/host_meta.hpp"

#include "protocol/json/reader.hpp"
#include "protocol/restconf/handler.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tocsin::protocol::restconf {

namespace {

constexpr std::string_view spaces = " \t\r\n";

/// Below which relative links are.
constexpr std::string_view well_known = "/.well-known/";

failure bad(std::string detail) {
  return fail(ec::malformed, "host-meta", std::move(detail));
}

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
}

/// The five entities of XML; any other one is left as it stands.
std::string unescape(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> known{{
      {"&amp;", '&'},
      {"&lt;", '<'},
      {"&gt;", '>'},
      {"&quot;", '"'},
      {"&apos;", '\''},
  }};
  std::string out;
  while (!text.empty()) {
    auto found = std::ranges::find_if(
        known, [&](const auto& x) { return text.starts_with(x.first); });
    out += found == known.end() ? text.front() : found->second;
    text.remove_prefix(found == known.end() ? 1 : found->first.size());
  }
  return out;
}

/// The value of an attribute of a tag: what stands behind its name.
std::optional<std::string> attribute(std::string_view tag,
                                     std::string_view name) {
  while (true) {
    auto equals = tag.find('=');
    if (equals == tag.npos)
      return {};
    auto left = tag.substr(0, equals);
    left = left.substr(0, left.find_last_not_of(spaces) + 1);
    auto begin = left.find_last_of(spaces);
    auto key = begin == left.npos ? left : left.substr(begin + 1);
    tag.remove_prefix(equals + 1);
    skip_spaces(tag);
    if (tag.empty() || (tag.front() != '"' && tag.front() != '\''))
      return {};
    auto end = tag.find(tag.front(), 1);
    if (end == tag.npos)
      return {};
    if (key == name)
      return unescape(tag.substr(1, end - 1));
    tag.remove_prefix(end + 1);
  }
}

/// The end of a tag: a ">" in a quoted value is none.
std::size_t end_of_tag(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0)
      quote = text[i] == quote ? '\0' : quote;
    else if (text[i] == '"' || text[i] == '\'')
      quote = text[i];
    else if (text[i] == '>')
      return i;
  }
  return text.npos;
}

/// Is this the tag of an element "Link", whatever its namespace's prefix?
bool is_link(std::string_view tag) {
  auto name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  if (auto colon = name.find(':'); colon != name.npos)
    name.remove_prefix(colon + 1);
  return name == "Link";
}

/// The link's href in an XRD. No parser of XML: of a document type, which
/// could define entities, nothing is expected.
result<std::string> find_in_xrd(std::string_view text) {
  while (true) {
    auto begin = text.find('<');
    if (begin == text.npos)
      return fail(ec::not_found, "host-meta",
                  "it has no link with the relation 'restconf'");
    text.remove_prefix(begin);
    if (text.starts_with("<!--")) {
      auto end = text.find("-->");
      text.remove_prefix(std::min(end, text.size()));
      continue;
    }
    if (text.starts_with("<!DOCTYPE"))
      return bad("a document type does not belong there");
    auto end = end_of_tag(text);
    if (end == text.npos)
      return bad("it ends within a tag");
    auto tag = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!is_link(tag) || attribute(tag, "rel") != "restconf")
      continue;
    if (auto href = attribute(tag, "href"))
      return *href;
    return bad("the link 'restconf' has no href");
  }
}

result<std::string> find_in_jrd(std::string_view text) {
  auto parsed = json::document::parse(text);
  if (!parsed)
    return bad(parsed.error().detail);
  if (auto links = parsed->root().find("links"))
    for (const auto& x : links->elements()) {
      auto rel = x.find("rel");
      auto href = x.find("href");
      if (rel && href && rel->text() == "restconf" && href->text())
        return std::string{*href->text()};
    }
  return fail(ec::not_found, "host-meta",
              "it has no link with the relation 'restconf'");
}

/// The path of a link.
result<std::string> path_of(std::string_view href) {
  constexpr std::string_view secure = "https://";
  bool has_host = true;
  if (href.starts_with(secure))
    href.remove_prefix(secure.size());
  else if (href.starts_with("//"))
    href.remove_prefix(2);
  else if (href.find("://") < href.find('/'))
    return bad("the root " + std::string{href} + " is not behind https");
  else
    has_host = false;
  if (has_host)
    href.remove_prefix(std::min(href.find('/'), href.size()));
  bool relative = !has_host && !href.starts_with('/');
  auto out = std::string{relative ? well_known : ""} + std::string{href};
  out.resize(std::min(out.find_first_of("?#"), out.size()));
  while (out.ends_with('/'))
    out.pop_back();
  return out;
}

} // namespace

result<std::string> read_root(std::string_view body) {
  skip_spaces(body);
  auto href = body.starts_with('{') ? find_in_jrd(body) : find_in_xrd(body);
  if (!href)
    return href;
  auto path = path_of(*href);
  if (!path || path->empty())
    return path;
  std::string_view rest = *path;
  if (rest.starts_with(well_known))
    rest.remove_prefix(well_known.size() - 1);
  if (!is_root_path(rest))
    return bad("the root '" + *path + "' is no path that could be used");
  return path;
}

} // namespace tocsin::protocol::restconf
