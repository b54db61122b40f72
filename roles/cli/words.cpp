#include "roles/cli/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>

namespace tocsin::roles::cli {

namespace {

using protocol::signal::port_range;
using protocol::signal::status;

constexpr std::uint64_t max_seconds = std::numeric_limits<std::uint32_t>::max();

struct named_protocol {
  std::string_view name;
  std::uint8_t number;
};

constexpr std::array protocols{
    named_protocol{"icmp", 1},  named_protocol{"igmp", 2},
    named_protocol{"ipip", 4},  named_protocol{"tcp", 6},
    named_protocol{"udp", 17},  named_protocol{"ipv6", 41},
    named_protocol{"gre", 47},  named_protocol{"esp", 50},
    named_protocol{"ah", 51},   named_protocol{"icmpv6", 58},
    named_protocol{"ospf", 89}, named_protocol{"sctp", 132},
};

/// Takes the digits at the front of `text`; nothing if there are none or too
/// many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<std::uint64_t> unit_of(char c) {
  switch (c) {
  case 's':
    return 1;
  case 'm':
    return 60;
  case 'h':
    return 3600;
  case 'd':
    return 86400;
  default:
    return std::nullopt;
  }
}

template <class... Ts>
std::string print(const char* format, Ts... xs) {
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, xs...);
  return buffer.data();
}

void append(std::string& list, const std::string& item) {
  if (!list.empty())
    list += ", ";
  list += item;
}

std::string say_ports(const std::vector<port_range>& ports) {
  std::string text;
  for (auto range : ports)
    append(text, range.lower == range.upper
                     ? std::to_string(range.lower)
                     : std::to_string(range.lower) + '-'
                           + std::to_string(range.upper));
  bool one = ports.size() == 1 && ports[0].lower == ports[0].upper;
  return (one ? "port " : "ports ") + text;
}

} // namespace

result<std::chrono::seconds> parse_duration(std::string_view text) {
  auto bad = fail(ec::malformed, std::string{text},
                  "is not a duration; write 90s, 15m, 1h30m or 2d");
  std::uint64_t total = 0;
  auto rest = text;
  if (rest.empty())
    return bad;
  while (!rest.empty()) {
    auto number = take_number(rest);
    if (!number)
      return bad;
    std::uint64_t unit = 1; // a bare number means seconds
    if (!rest.empty()) {
      auto known = unit_of(rest.front());
      if (!known)
        return bad;
      unit = *known;
      rest.remove_prefix(1);
    }
    if (*number > max_seconds)
      return fail(ec::out_of_range, std::string{text}, "is too long");
    total += *number * unit;
    if (total > max_seconds)
      return fail(ec::out_of_range, std::string{text}, "is too long");
  }
  return std::chrono::seconds{total};
}

result<std::int64_t> parse_lifetime(std::string_view text) {
  if (text == "forever")
    return protocol::signal::indefinite_lifetime;
  auto value = parse_duration(text);
  if (!value)
    return value.error();
  // RFC 9132, Section 4.4.1.1: 0 is no lifetime of a request.
  if (value->count() == 0)
    return fail(ec::out_of_range, std::string{text},
                "is no lifetime; it has at least one second");
  return value->count();
}

result<port_range> parse_ports(std::string_view text) {
  auto rest = text;
  auto lower = take_number(rest);
  auto upper = lower;
  if (lower && rest.starts_with('-')) {
    rest.remove_prefix(1);
    upper = take_number(rest);
  }
  if (!lower || !upper || !rest.empty())
    return fail(ec::malformed, std::string{text},
                "is not a port; write 80 or 8000-8100");
  if (*lower > 65535 || *upper > 65535 || *upper < *lower)
    return fail(ec::out_of_range, std::string{text},
                "is not a range of ports within 0 to 65535");
  return port_range{static_cast<std::uint16_t>(*lower),
                    static_cast<std::uint16_t>(*upper)};
}

result<std::uint8_t> parse_protocol(std::string_view text) {
  for (auto known : protocols)
    if (known.name == text)
      return known.number;
  auto rest = text;
  auto number = take_number(rest);
  if (!number || !rest.empty() || *number > 255)
    return fail(ec::malformed, std::string{text},
                "is not a protocol; write udp, tcp, icmp or a number to 255");
  return static_cast<std::uint8_t>(*number);
}

std::string protocol_name(std::uint8_t number) {
  for (auto known : protocols)
    if (known.number == number)
      return std::string{known.name};
  return "protocol " + std::to_string(number);
}

std::string say_duration(std::uint64_t seconds) {
  struct unit {
    std::uint64_t seconds;
    const char* name;
  };
  static constexpr std::array units{unit{86400, " d"}, unit{3600, " h"},
                                    unit{60, " min"}, unit{1, " s"}};
  std::size_t i = 0;
  while (i + 1 < units.size() && seconds < units[i].seconds)
    ++i;
  auto text = std::to_string(seconds / units[i].seconds) + units[i].name;
  if (i + 1 == units.size())
    return text;
  auto rest = seconds % units[i].seconds / units[i + 1].seconds;
  if (rest > 0)
    text += ' ' + std::to_string(rest) + units[i + 1].name;
  return text;
}

std::string say_lifetime(std::int64_t seconds) {
  return seconds < 0 ? "forever"
                     : say_duration(static_cast<std::uint64_t>(seconds));
}

std::string say_milliseconds(std::uint64_t ms) {
  if (ms < 10'000)
    return std::to_string(ms) + " ms";
  return say_duration(ms / 1000);
}

std::string say_count(std::uint64_t n) {
  if (n < 1000)
    return std::to_string(n);
  auto value = static_cast<double>(n);
  static constexpr std::string_view prefixes = "kMGTPE";
  std::size_t i = 0;
  // 999.5 would be printed as 1000
  for (value /= 1000; value >= 999.5 && i + 1 < prefixes.size(); ++i)
    value /= 1000;
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return print("%.*f %c", decimals, value, prefixes[i]);
}

std::string say_bytes(std::uint64_t n) {
  return n < 1000 ? std::to_string(n) + " B" : say_count(n) + 'B';
}

std::string say_exactly(std::uint64_t n) {
  auto text = std::to_string(n);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return text;
}

std::string say_time(std::int64_t epoch_seconds) {
  auto when = static_cast<std::time_t>(epoch_seconds);
  std::tm parts{};
  std::array<char, 64> buffer{};
  if (!::gmtime_r(&when, &parts)
      || std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S UTC",
                       &parts)
             == 0)
    return std::to_string(epoch_seconds);
  return buffer.data();
}

std::string say_target(const protocol::signal::target& what) {
  std::string text;
  for (const auto& prefix : what.prefixes)
    append(text, prefix.to_string());
  for (const auto* names : {&what.fqdns, &what.uris})
    for (const auto& name : *names)
      append(text, printable(name));
  for (const auto& name : what.aliases)
    append(text, "alias " + printable(name));
  for (auto number : what.protocols)
    append(text, protocol_name(number));
  if (!what.ports.empty())
    append(text, say_ports(what.ports));
  return text;
}

std::string_view say_status(status x) {
  switch (x) {
  case status::in_progress:
    return "in progress";
  case status::mitigated:
    return "mitigated";
  case status::stopped:
    return "attack stopped";
  case status::exceeded_capability:
    return "capability exceeded";
  case status::client_withdrawn:
    return "withdrawn, ending";
  case status::terminated:
    return "terminated";
  case status::withdrawn:
    return "withdrawn by server";
  case status::signal_loss:
    return "armed for signal loss";
  }
  return "unknown";
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    // 0xC2 0x80 to 0xC2 0x9F are control characters, too (C1).
    bool c1 = c == 0xC2 && i + 1 < text.size()
              && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1)
      ++i;
    if (c1 || c < 0x20 || c == 0x7F)
      out += c == '\n' || c == '\t' ? ' ' : '?';
    else
      out += text[i];
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  static constexpr std::string_view marks = "-._~";
  std::string out;
  for (char c : text) {
    bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                      || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
    auto octet = static_cast<unsigned char>(c);
    if (unreserved)
      out += c;
    else
      (out += '%') += {digits[octet >> 4], digits[octet & 15]};
  }
  return out;
}

} // namespace tocsin::roles::cli
