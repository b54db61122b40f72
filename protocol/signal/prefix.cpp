#include "protocol/signal/prefix.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace tocsin::protocol::signal {

namespace {

using octet_array = std::array<std::uint8_t, 16>;

/// Longest text of an address with its length, and room to spare.
constexpr std::size_t max_text = 64;

/// Bits that an IPv4 address stands behind in ::ffff:0:0/96.
constexpr std::uint8_t mapped_bits = 96;

bool is_mapped(const octet_array& x) {
  return std::all_of(x.begin(), x.begin() + 10, [](auto o) { return o == 0; })
         && x[10] == 0xff && x[11] == 0xff;
}

void clear_from(octet_array& octets, std::size_t bits) {
  auto whole = bits / 8;
  if (whole >= octets.size())
    return;
  octets[whole] &= static_cast<std::uint8_t>(0xff00 >> (bits % 8));
  std::fill(octets.begin() + static_cast<std::ptrdiff_t>(whole) + 1,
            octets.end(), std::uint8_t{0});
}

/// Decimal digits without sign or leading zeros, at most `max`.
result<std::uint8_t> parse_length(std::string_view text, std::uint8_t max) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error == std::errc::invalid_argument || end != text.end()
      || (text.size() > 1 && text.front() == '0'))
    return fail(ec::malformed, "prefix", "the length is not a number");
  if (error != std::errc{} || value > max)
    return fail(ec::out_of_range, "prefix",
                "the length exceeds " + std::to_string(max));
  return static_cast<std::uint8_t>(value);
}

std::string ipv4_text(const octet_array& x) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0)
      out += '.';
    out += std::to_string(x[i]);
  }
  return out;
}

struct zero_run {
  std::size_t first = 8;
  std::size_t size = 0;
};

/// The first of the longest runs of zero groups; a single group stays as it is
/// (RFC 5952, Sections 4.2.2 and 4.2.3).
zero_run longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
  zero_run best, current;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != 0) {
      current = {};
      continue;
    }
    if (current.size++ == 0)
      current.first = i;
    if (current.size > best.size)
      best = current;
  }
  return best.size > 1 ? best : zero_run{};
}

std::string ipv6_text(const octet_array& x) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<std::uint16_t>(x[2 * i] << 8 | x[2 * i + 1]);
  auto zeros = longest_zero_run(groups);
  std::string out;
  for (std::size_t i = 0; i < groups.size();) {
    if (i == zeros.first) {
      out += "::";
      i += zeros.size;
      continue;
    }
    if (!out.empty() && out.back() != ':')
      out += ':';
    char digits[4];
    auto end = std::to_chars(digits, digits + 4, groups[i++], 16).ptr;
    out.append(digits, end);
  }
  return out;
}

/// True if the first `bits` bits of both are equal.
bool same_bits(const octet_array& a, const octet_array& b, std::uint8_t bits) {
  auto whole = std::size_t{bits} / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole),
                  b.begin()))
    return false;
  auto rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

prefix ipv4(std::uint8_t first, std::uint8_t length) {
  return {prefix::family::ipv4, {first}, length};
}

} // namespace

prefix::prefix(family f, const octet_array& octets, std::uint8_t length)
    : octets_{octets}, family_{f}, length_{std::min<std::uint8_t>(
                                       length, f == family::ipv4 ? 32 : 128)} {
  if (f == family::ipv6 && length_ >= mapped_bits && is_mapped(octets_)) {
    // One host must not have two spellings: policy and overlap would differ.
    std::copy_n(octets.begin() + 12, 4, octets_.begin());
    family_ = family::ipv4;
    length_ = static_cast<std::uint8_t>(length_ - mapped_bits);
  }
  clear_from(octets_, length_);
}

result<prefix> prefix::parse(std::string_view text) {
  if (text.empty() || text.size() > max_text
      || text.find('\0') != std::string_view::npos)
    return fail(ec::malformed, "prefix", "not an address");
  auto slash = text.find('/');
  std::string address{text.substr(0, slash)};
  octet_array octets{};
  auto f = family::ipv4;
  if (inet_pton(AF_INET, address.c_str(), octets.data()) != 1) {
    f = family::ipv6;
    if (inet_pton(AF_INET6, address.c_str(), octets.data()) != 1)
      return fail(ec::malformed, "prefix",
                  "\"" + address + "\" is not an address");
  }
  std::uint8_t max = f == family::ipv4 ? 32 : 128;
  if (slash == std::string_view::npos)
    return prefix{f, octets, max};
  auto length = parse_length(text.substr(slash + 1), max);
  if (!length)
    return length.error();
  return prefix{f, octets, *length};
}

bool prefix::contains(const prefix& other) const noexcept {
  return family_ == other.family_ && length_ <= other.length_
         && same_bits(octets_, other.octets_, length_);
}

bool prefix::is_special() const noexcept {
  prefix first{family_, octets_, max_length()};
  if (is_ipv4()) {
    // "This network" (RFC 1122, Section 3.2.1.3), loopback, multicast.
    for (auto range : {ipv4(0, 8), ipv4(127, 8), ipv4(224, 4)})
      if (range.contains(first))
        return true;
    return first == prefix{family::ipv4, {255, 255, 255, 255}, 32};
  }
  octet_array loopback{};
  loopback[15] = 1;
  return first == prefix{family::ipv6, {}, 128}
         || first == prefix{family::ipv6, loopback, 128}
         || prefix{family::ipv6, {0xff}, 8}.contains(first);
}

std::string prefix::to_string() const {
  return address_string() + '/' + std::to_string(length_);
}

std::string prefix::address_string() const {
  return is_ipv4() ? ipv4_text(octets_) : ipv6_text(octets_);
}

} // namespace tocsin::protocol::signal
