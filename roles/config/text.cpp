#include "roles/config/text.hpp"

#include "protocol/restconf/handler.hpp"
#include "protocol/signal/cuid.hpp"
#include "protocol/signal/uri.hpp"
#include "protocol/signal/validate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <numeric>
#include <utility>

namespace tocsin::roles {

namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// A root is in every target, and those are limited.
constexpr std::size_t longest_root = 128;

struct time_unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array units{time_unit{'d', 86400}, time_unit{'h', 3600},
                           time_unit{'m', 60}, time_unit{'s', 1}};

/// Reads a decimal number without a sign from the front of `text`.
template <class T>
bool take_number(std::string_view& text, T& out) {
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0])))
    return false;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

failure bad_duration() {
  return fail(ec::malformed, "",
              "write a duration like \"30s\", \"2m\", "
              "\"1h30m\" or \"1d\"");
}

result<std::string> check_name(std::string_view text) {
  bool good = !text.empty() && text.size() <= 64
              && std::isalnum(static_cast<unsigned char>(text[0]))
              && std::all_of(text.begin(), text.end(), [](char c) {
                   return std::isalnum(static_cast<unsigned char>(c))
                          || c == '.' || c == '_' || c == '-';
                 });
  if (!good)
    return fail(ec::malformed, "",
                "a name has 1 to 64 letters, digits, \".\", \"_\", \"-\" and "
                "starts with a letter or digit");
  return std::string{text};
}

result<std::string> check_domain(std::string_view text) {
  auto name = lower(text);
  if (auto good = protocol::signal::validate_fqdn(name); !good)
    return fail(ec::malformed, "", "write a DNS name like www.example.com");
  if (name.ends_with('.'))
    name.pop_back();
  return name;
}

result<std::string> check_wildcard(std::string_view text) {
  bool wild = text.starts_with("*.");
  auto name = check_domain(wild ? text.substr(2) : text);
  if (!name)
    return fail(ec::malformed, "",
                "write a DNS name like www.example.com or *.example.com");
  return wild ? "*." + *name : *name;
}

result<std::string> check_driver(std::string_view text) {
  if (text == "nftables" || text == "exec"
      || text.find('/') != std::string_view::npos)
    return std::string{text};
  return fail(ec::unknown, "",
              "built in are \"nftables\" and \"exec\"; any other driver is "
              "named by its path");
}

result<std::string> check_root(std::string_view text) {
  if (protocol::restconf::is_root_path(text) && !text.starts_with("/.")
      && text.size() <= longest_root)
    return std::string{text};
  return fail(ec::malformed, "",
              "write a path like \"/restconf\": letters, digits, \"-\", "
              "\".\", \"_\" and \"~\" between slashes, none at the end");
}

} // namespace

std::string endpoint::to_string() const {
  bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::size_t unit = 0; // units come in falling order, each once
  if (text.empty())
    return bad_duration();
  while (!text.empty()) {
    std::int64_t number = 0;
    if (!take_number(text, number) || text.empty())
      return bad_duration();
    while (unit < units.size() && units[unit].letter != text[0])
      ++unit;
    if (unit == units.size())
      return bad_duration();
    auto room = std::numeric_limits<std::int64_t>::max() - total;
    if (number > room / units[unit].seconds)
      return fail(ec::out_of_range, "", "this duration is too long");
    total += number * units[unit++].seconds;
    text.remove_prefix(1);
  }
  return total;
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < 0)
    return "indefinite";
  std::string out;
  for (auto unit : units) {
    if (auto n = seconds / unit.seconds; n > 0)
      out += std::to_string(n) + unit.letter;
    seconds %= unit.seconds;
  }
  return out.empty() ? "0s" : out;
}

result<endpoint> parse_endpoint(std::string_view text, std::uint16_t port) {
  auto bad = fail(ec::malformed, "",
                  "write \"host\", \"host:port\", \"192.0.2.1:port\" or "
                  "\"[2001:db8::1]:port\"");
  endpoint out;
  out.port = port;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos)
      return bad;
    out.host = lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
    auto literal = prefix::parse(out.host);
    if (!literal || literal->is_ipv4()
        || out.host.find('/') != std::string::npos)
      return bad;
  } else {
    auto end = std::min(text.find(':'), text.size());
    out.host = lower(text.substr(0, end));
    rest = text.substr(end);
    auto literal = prefix::parse(out.host);
    if (literal ? out.host.find('/') != std::string::npos
                : !protocol::signal::validate_fqdn(out.host))
      return bad;
  }
  if (rest.empty())
    return out;
  rest.remove_prefix(1);
  bool colon = text[text.size() - rest.size() - 1] == ':';
  if (!colon || !take_number(rest, out.port) || !rest.empty())
    return bad;
  return out;
}

result<protocol::signal::port_range> parse_port_range(std::string_view text) {
  protocol::signal::port_range out;
  bool good = take_number(text, out.lower);
  out.upper = out.lower;
  if (good && text.starts_with('-')) {
    text.remove_prefix(1);
    good = take_number(text, out.upper);
  }
  if (!good || !text.empty())
    return fail(ec::malformed, "",
                "write ports from 0 to 65535 as 443 or \"8000-8080\"");
  if (out.lower > out.upper)
    return fail(ec::out_of_range, "", "the lower port comes first");
  return out;
}

result<std::uint8_t> parse_protocol(std::string_view name) {
  struct entry {
    std::string_view name;
    std::uint8_t number;
  };
  static constexpr std::array known{entry{"icmp", 1},    entry{"tcp", 6},
                                    entry{"udp", 17},    entry{"gre", 47},
                                    entry{"esp", 50},    entry{"ah", 51},
                                    entry{"icmpv6", 58}, entry{"sctp", 132}};
  for (const auto& x : known)
    if (x.name == name)
      return x.number;
  return fail(ec::unknown, "",
              "write a number from 0 to 255, or one of tcp, udp, icmp, icmpv6, "
              "sctp, gre, esp, ah");
}

result<std::string> normalise(std::string_view text, form as) {
  switch (as) {
  case form::name:
    return check_name(text);
  case form::domain:
    return check_domain(text);
  case form::wildcard:
    return check_wildcard(text);
  case form::driver:
    return check_driver(text);
  case form::uri:
    if (auto good = protocol::signal::map_uri(text); !good)
      return fail(ec::malformed, "",
                  "write a URI like https://www.example.com/");
    break;
  case form::cuid:
    if (!protocol::signal::valid_cuid(text))
      return fail(ec::malformed, "",
                  "a cuid has printable characters, but no space and no slash");
    break;
  case form::root:
    return check_root(text);
  case form::path:
  case form::text:
  case form::address:
    break;
  }
  return std::string{text};
}

namespace {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one
/// word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1),
      row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

} // namespace

std::string_view closest(std::string_view word,
                         std::span<const std::string_view> candidates) {
  // At most a third may be wrong, else the suggestion puzzles more than it
  // helps; no key of ours is longer than this.
  static constexpr std::size_t longest = 64;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view found;
  for (auto candidate : candidates) {
    if (word.size() > longest || candidate.size() > longest)
      continue;
    if (auto d = distance(word, candidate); d < best) {
      best = d;
      found = candidate;
    }
  }
  return found;
}

std::span<const std::string_view> labels_of(log_level) {
  static constexpr std::array<std::string_view, 5> names{
      "trace", "debug", "info", "warning", "error"};
  return names;
}

std::span<const std::string_view> labels_of(log_format) {
  static constexpr std::array<std::string_view, 2> names{"text", "json"};
  return names;
}

std::span<const std::string_view>
labels_of(protocol::signal::mitigation_action) {
  static constexpr std::array<std::string_view, 2> names{"drop", "rate-limit"};
  return names;
}

std::span<const std::string_view> labels_of(protocol::signal::conflict_policy) {
  static constexpr std::array<std::string_view, 5> names{
      "first-wins", "most-specific-wins", "newest-wins", "accept-all",
      "reject-all"};
  return names;
}

std::span<const std::string_view> labels_of(protocol::data::conflict_policy) {
  static constexpr std::array<std::string_view, 2> names{"refuse-newcomer",
                                                         "allow"};
  return names;
}

std::span<const std::string_view> labels_of(relay_choice) {
  static constexpr std::array<std::string_view, 3> names{"serial", "by-prefix",
                                                         "all"};
  return names;
}

std::span<const std::string_view> labels_of(protocol::signal::transport_kind) {
  static constexpr std::array<std::string_view, 2> names{"udp", "tcp"};
  return names;
}

std::span<const std::string_view>
labels_of(protocol::signal::translation_kind) {
  static constexpr std::array<std::string_view, 2> names{"address", "nptv6"};
  return names;
}

std::string join(std::span<const std::string_view> words) {
  std::string out;
  for (auto word : words)
    out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

} // namespace tocsin::roles
