#include "transports/http_message.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace tocsin::transports {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token_char(char c) noexcept {
  constexpr std::string_view signs = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z')
         || signs.find(c) != signs.npos;
}

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view x) noexcept {
  while (!x.empty() && (x.front() == ' ' || x.front() == '\t'))
    x.remove_prefix(1);
  while (!x.empty() && (x.back() == ' ' || x.back() == '\t'))
    x.remove_suffix(1);
  return x;
}

} // namespace

void http_fields::add(std::string_view name, std::string value) {
  all_.push_back({http_lower_case(name), std::move(value)});
}

void http_fields::set(std::string_view name, std::string value) {
  erase(http_lower_case(name));
  add(name, std::move(value));
}

void http_fields::erase(std::string_view name) {
  std::erase_if(all_, [&](const http_field& x) { return x.name == name; });
}

const std::string* http_fields::find(std::string_view name) const noexcept {
  auto i = std::ranges::find(all_, name, &http_field::name);
  return i == all_.end() ? nullptr : &i->value;
}

std::size_t http_fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count(all_, name, &http_field::name));
}

std::string http_fields::list(std::string_view name) const {
  std::string out;
  for (const auto& x : all_)
    if (x.name == name) {
      if (!out.empty())
        out += ", ";
      out += x.value;
    }
  return out;
}

bool is_http_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_http_value(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) {
    auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || (octet >= 0x20 && octet != 0x7F);
  });
}

std::string http_date(unix_seconds when) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  sys_seconds time{seconds{when}};
  auto day = floor<std::chrono::days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      days[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
      months[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text.data();
}

bool http_list_has(std::string_view list, std::string_view token) noexcept {
  for (;;) {
    auto comma = list.find(',');
    if (same(trim(list.substr(0, comma)), token))
      return true;
    if (comma == list.npos)
      return false;
    list.remove_prefix(comma + 1);
  }
}

std::string http_lower_case(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

} // namespace tocsin::transports
