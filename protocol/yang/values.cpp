#include "protocol/yang/values.hpp"

#include "protocol/signal/prefix.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace tocsin::protocol::yang {

namespace {

using text_result = std::optional<std::string>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool within(const schema_node& row, std::int64_t x) {
  if (row.max == 0)
    return row.min == 0 || x >= row.min;
  return x >= row.min && (x < 0 || static_cast<std::uint64_t>(x) <= row.max);
}

bool length_within(const schema_node& row, std::size_t n) {
  return n >= static_cast<std::size_t>(std::max<std::int64_t>(row.min, 0))
         && (row.max == 0 || n <= row.max);
}

template <class T>
text_result integer(const schema_node& row, std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  if (text.starts_with("-0") && text.find_first_not_of("-0") == text.npos)
    text.remove_prefix(1); // -0 is 0, for unsigned types, too
  T x{};
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, x);
  if (error != std::errc{} || at != end || text.empty())
    return {};
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (row.max != 0 && x > row.max)
      return {};
    if (row.min > 0 && x < static_cast<std::uint64_t>(row.min))
      return {};
  } else if (!within(row, x)) {
    return {};
  }
  return std::to_string(x);
}

std::string decimal_text(std::int64_t x) {
  auto magnitude =
      x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
  auto digits = std::to_string(magnitude % 100);
  if (digits.size() < 2)
    digits.insert(0, 1, '0');
  if (digits[1] == '0')
    digits.pop_back();
  return (x < 0 ? "-" : "") + std::to_string(magnitude / 100) + "." + digits;
}

// RFC 7950, Section 14, "yang-char": no control characters but tab and line
// ends, no noncharacters. `n` octets of UTF-8 at `i`.
bool is_yang_character(std::string_view text, std::size_t i, std::size_t n) {
  auto octet = [&](std::size_t k) {
    return static_cast<unsigned char>(text[i + k]);
  };
  if (n == 1)
    return octet(0) >= 0x20 || text[i] == '\t' || text[i] == '\n'
           || text[i] == '\r';
  if (n == 3 && octet(0) == 0xEF && octet(1) == 0xB7)
    return octet(2) < 0x90 || octet(2) > 0xAF; // U+FDD0 .. U+FDEF
  bool ends_plane = octet(n - 1) >= 0xBE && octet(n - 2) == 0xBF;
  if (n == 3)
    return !(ends_plane && octet(0) == 0xEF);
  return !(n == 4 && ends_plane && (octet(1) & 0x0F) == 0x0F);
}

text_result plain(const schema_node& row, std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++characters) {
    auto n = utf8_sequence(text, i);
    if (n == 0 || !is_yang_character(text, i, n))
      return {};
    i += n;
  }
  return length_within(row, characters) ? text_result{text} : text_result{};
}

text_result bits(const schema_node& row, std::string_view text) {
  std::vector<bool> set(row.names.size());
  std::size_t count = 0;
  while (!text.empty()) {
    auto n = std::min(text.find_first_of(" \t\r\n"), text.size());
    if (n > 0) {
      auto found = std::ranges::find(row.names, text.substr(0, n));
      auto i = static_cast<std::size_t>(found - row.names.begin());
      if (found == row.names.end() || set[i])
        return {};
      set[i] = true;
      ++count;
    }
    text.remove_prefix(std::min(n + 1, text.size()));
  }
  if (!length_within(row, count))
    return {};
  std::string out;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set[i])
      out += (out.empty() ? "" : " ") + std::string{row.names[i]};
  return out;
}

text_result one_of(const schema_node& row, std::string_view text) {
  if (std::ranges::find(row.names, text) == row.names.end())
    return {};
  return std::string{text};
}

text_result identity(const schema_node& row, std::string_view text) {
  if (auto colon = text.find(':'); colon != text.npos) {
    if (text.substr(0, colon) != row.names_module)
      return {};
    text.remove_prefix(colon + 1);
  }
  return one_of(row, text);
}

text_result any_prefix(std::string_view text, leaf_type type) {
  // RFC 6991, Section 4: the length is not left out.
  if (text.find('/') == text.npos)
    return {};
  auto x = signal::prefix::parse(text);
  if (!x)
    return {};
  bool fits = type == leaf_type::ip_prefix
              || x->is_ipv4() == (type == leaf_type::ipv4_prefix);
  return fits ? text_result{x->to_string()} : text_result{};
}

bool is_label(std::string_view x) {
  return !x.empty() && x.size() <= 63 && x.front() != '-'
         && is_alphanumeric(x.back()) && std::ranges::all_of(x, [](char c) {
              return is_alphanumeric(c) || c == '-' || c == '_';
            });
}

// RFC 6991, Section 4: the pattern of domain-name; lower case is canonical.
text_result domain_name(std::string_view text) {
  if (text.empty() || text.size() > 253)
    return {};
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  if (text == ".")
    return out;
  auto rest = text;
  if (rest.ends_with('.'))
    rest.remove_suffix(1);
  while (true) {
    auto n = std::min(rest.find('.'), rest.size());
    if (!is_label(rest.substr(0, n)))
      return {};
    if (n == rest.size())
      return out;
    rest.remove_prefix(n + 1);
  }
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 3986, Section 2: which characters a URI may have.
text_result uri(const schema_node& row, std::string_view text) {
  static constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool good = c == '%' ? text.size() - i > 2 && is_hex(text[i + 1])
                               && is_hex(text[i + 2])
                         : is_alphanumeric(c) || others.find(c) != others.npos;
    if (!good)
      return {};
  }
  return !text.empty() && length_within(row, text.size()) ? text_result{text}
                                                          : text_result{};
}

text_result base64(const schema_node& row, std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0)
    return {};
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  auto digits = text.substr(0, text.size() - padding);
  if (digits.find_first_not_of(alphabet) != digits.npos
      || !length_within(row, text.size() / 4 * 3 - padding))
    return {};
  std::string out{text};
  if (padding > 0) { // the bits which mean nothing are zero
    auto last = alphabet.find(digits.back());
    auto mask = padding == 2 ? 0x30U : 0x3CU;
    out[digits.size() - 1] = alphabet[last & mask];
  }
  return out;
}

} // namespace

std::optional<std::int64_t> hundredths(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  auto dot = std::min(text.find('.'), text.size());
  auto whole = text.substr(0, dot);
  auto part = dot < text.size() ? text.substr(dot + 1) : "0";
  auto digits = [](std::string_view x) {
    return !x.empty() && std::ranges::all_of(x, is_digit);
  };
  if (!digits(whole) || !digits(part) || part.size() > 2)
    return {};
  auto all = std::string{negative ? "-" : ""} + std::string{whole}
             + std::string{part} + (part.size() < 2 ? "0" : "");
  std::int64_t out = 0;
  auto end = all.data() + all.size();
  auto [at, error] = std::from_chars(all.data(), end, out);
  return error == std::errc{} && at == end ? std::optional{out} : std::nullopt;
}

std::optional<std::string> canonical(const schema_node& leaf,
                                     std::string_view text) {
  switch (leaf.type) {
  case leaf_type::string:
    return plain(leaf, text);
  case leaf_type::uint8:
    return integer<std::uint8_t>(leaf, text);
  case leaf_type::uint16:
    return integer<std::uint16_t>(leaf, text);
  case leaf_type::uint32:
    return integer<std::uint32_t>(leaf, text);
  case leaf_type::uint64:
    return integer<std::uint64_t>(leaf, text);
  case leaf_type::int32:
    return integer<std::int32_t>(leaf, text);
  case leaf_type::decimal64: {
    auto x = hundredths(text);
    return x && within(leaf, *x) ? text_result{decimal_text(*x)}
                                 : text_result{};
  }
  case leaf_type::boolean:
    return text == "true" || text == "false" ? text_result{text}
                                             : text_result{};
  case leaf_type::enumeration:
    return one_of(leaf, text);
  case leaf_type::bits:
    return bits(leaf, text);
  case leaf_type::identityref:
    return identity(leaf, text);
  case leaf_type::ip_prefix:
  case leaf_type::ipv4_prefix:
  case leaf_type::ipv6_prefix:
    return any_prefix(text, leaf.type);
  case leaf_type::domain_name:
    return domain_name(text);
  case leaf_type::uri:
    return uri(leaf, text);
  case leaf_type::binary:
    return base64(leaf, text);
  }
  return {};
}

} // namespace tocsin::protocol::yang
