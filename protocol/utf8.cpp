#include "protocol/utf8.hpp"

namespace tocsin::protocol {

std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept {
  auto octet = [&](std::size_t k) {
    return static_cast<unsigned char>(text[at + k]);
  };
  unsigned char lead = octet(0);
  if (lead < 0x80)
    return 1;
  std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || n > text.size() - at)
    return 0;
  for (std::size_t k = 1; k < n; ++k)
    if ((octet(k) & 0xC0) != 0x80)
      return 0;
  bool overlong =
      (lead == 0xE0 && octet(1) < 0xA0) || (lead == 0xF0 && octet(1) < 0x90);
  bool surrogate = lead == 0xED && octet(1) > 0x9F;
  bool beyond = lead == 0xF4 && octet(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : n;
}

bool is_clean_text(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    auto n = utf8_sequence(text, i);
    if (n == 0 || text[i] == '\0')
      return false;
    i += n;
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text,
                             std::size_t limit) noexcept {
  if (text.size() <= limit)
    return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return text.substr(0, limit);
}

std::string quoted(std::string_view text, std::size_t limit) {
  auto part = utf8_prefix(text, limit);
  std::string out = "'";
  for (char c : part) {
    auto octet = static_cast<unsigned char>(c);
    out += octet < 0x20 || octet == 0x7F ? '?' : c;
  }
  out += part.size() < text.size() ? "...'" : "'";
  return out;
}

} // namespace tocsin::protocol
