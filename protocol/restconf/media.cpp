#include "protocol/restconf/media.hpp"

#include <algorithm>

namespace tocsin::protocol::restconf {

namespace {

constexpr unsigned most = 1000;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view x) {
  auto first = std::min(x.find_first_not_of(" \t"), x.size());
  x.remove_prefix(first);
  return x.substr(0, x.find_last_not_of(" \t") + 1);
}

/// The text up to a separator outside of quotes, which both are removed.
std::string_view cut(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t n = 0;
  for (; n < rest.size(); ++n) {
    if (quoted && rest[n] == '\\')
      ++n;
    else if (rest[n] == '"')
      quoted = !quoted;
    else if (rest[n] == separator && !quoted)
      break;
  }
  n = std::min(n, rest.size());
  auto out = rest.substr(0, n);
  rest.remove_prefix(std::min(n + 1, rest.size()));
  return trim(out);
}

// RFC 7231, Section 5.3.1: "0", "0.5", "1.000".
std::optional<unsigned> parse_quality(std::string_view x) {
  bool one = x.starts_with('1');
  if (!(one || x.starts_with('0')) || x.size() > 5
      || (x.size() > 1 && x[1] != '.'))
    return {};
  unsigned out = 0;
  unsigned unit = 100;
  for (char c : x.substr(std::min<std::size_t>(2, x.size()))) {
    if (c < '0' || c > '9')
      return {};
    out += static_cast<unsigned>(c - '0') * unit;
    unit /= 10;
  }
  if (one && out > 0)
    return {};
  return one ? most : out;
}

struct media_range {
  std::string_view type;
  std::optional<unsigned> weight = most; ///< nothing: it cannot be read
};

media_range parse_range(std::string_view text) {
  media_range out{cut(text, ';')};
  while (!text.empty()) {
    auto parameter = cut(text, ';');
    auto name = cut(parameter, '=');
    if (same(name, "q"))
      out.weight = parse_quality(trim(parameter));
  }
  return out;
}

/// 3 for the type itself, 2 for "type/*", 1 for everything, 0 for another one.
unsigned specificity(std::string_view range, std::string_view media_type) {
  if (same(range, media_type))
    return 3;
  if (range == "*/*" || range == "*")
    return 1;
  auto family = media_type.substr(0, media_type.find('/') + 1);
  bool wild = range.size() == family.size() + 1 && range.ends_with('*');
  return wild && same(range.substr(0, family.size()), family) ? 2 : 0;
}

} // namespace

unsigned quality(const std::optional<std::string>& accept,
                 std::string_view media_type) {
  if (!accept || trim(*accept).empty())
    return most;
  unsigned best = 0;
  unsigned out = 0;
  std::string_view rest = *accept;
  while (!rest.empty()) {
    auto range = parse_range(cut(rest, ','));
    auto fits = specificity(range.type, media_type);
    if (fits > best) {
      best = fits;
      out = range.weight.value_or(most);
    }
  }
  return out;
}

bool is_media_type(std::string_view content_type, std::string_view media_type) {
  return same(cut(content_type, ';'), media_type);
}

} // namespace tocsin::protocol::restconf
