#include "protocol/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tocsin::protocol::json {

namespace {

/// Length of the UTF-8 sequence at `s[i]`, or 0 if it is not valid.
std::size_t sequence_length(std::string_view s, std::size_t i) {
  auto at = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
  unsigned char lead = at(i);
  if (lead < 0x80)
    return 1;
  std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + n > s.size())
    return 0;
  for (std::size_t k = 1; k < n; ++k)
    if ((at(i + k) & 0xC0) != 0x80)
      return 0;
  unsigned char second = at(i + 1);
  bool overlong = (lead == 0xE0 && second < 0xA0)
                  || (lead == 0xF0 && second < 0x90);
  bool surrogate = lead == 0xED && second > 0x9F;
  bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : n;
}

void append_escaped(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"': out += "\\\""; return;
  case '\\': out += "\\\\"; return;
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  default: break;
  }
  auto octet = static_cast<unsigned char>(c);
  if (octet < 0x20 || octet == 0x7F) {
    out += "\\u00";
    out += digits[octet >> 4];
    out += digits[octet & 15];
  } else {
    out += c;
  }
}

} // namespace

void writer::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_.back())
    out_ += ',';
  first_.back() = false;
}

writer& writer::begin_object() {
  separate();
  out_ += '{';
  first_.push_back(true);
  return *this;
}

writer& writer::end_object() {
  first_.pop_back();
  out_ += '}';
  return *this;
}

writer& writer::begin_array() {
  separate();
  out_ += '[';
  first_.push_back(true);
  return *this;
}

writer& writer::end_array() {
  first_.pop_back();
  out_ += ']';
  return *this;
}

writer& writer::key(std::string_view name) {
  value(name);
  out_ += ':';
  after_key_ = true;
  return *this;
}

writer& writer::value(std::string_view text) {
  separate();
  out_ += '"';
  for (std::size_t i = 0; i < text.size();) {
    auto n = sequence_length(text, i);
    if (n == 0) {
      out_ += "\xEF\xBF\xBD";
      ++i;
    } else if (n == 1) {
      append_escaped(out_, text[i++]);
    } else {
      out_ += text.substr(i, n);
      i += n;
    }
  }
  out_ += '"';
  return *this;
}

writer& writer::value(bool x) {
  return raw(x ? "true" : "false");
}

writer& writer::value(double x) {
  if (!std::isfinite(x))
    return null();
  std::array<char, 32> buffer;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  return raw({buffer.data(), end});
}

writer& writer::value(std::int64_t x) {
  return raw(std::to_string(x));
}

writer& writer::value(std::uint64_t x) {
  return raw(std::to_string(x));
}

writer& writer::null() {
  return raw("null");
}

writer& writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

} // namespace tocsin::protocol::json
