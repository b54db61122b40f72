#include "protocol/json/writer.hpp"

#include "protocol/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tocsin::protocol::json {

namespace {

void append_escaped(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    break;
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
    auto n = utf8_sequence(text, i);
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
