#include "mitigators/nftables/fragments.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::data::bits_match;
using protocol::data::prefix;
namespace fragment = protocol::data::fragment;

// A packet is one of these; a set of them is a sum. Only IPv6 can tell a whole
// packet from an atomic fragment, the first and last one of its packet.
enum kind : unsigned {
  whole = 1,
  first = 2,
  middle = 4,
  last = 8,
  atomic = 16
};

constexpr std::array<std::pair<kind, std::uint16_t>, 5> bits_of_kinds{{
    {whole, 0},
    {first, fragment::isf | fragment::ff},
    {middle, fragment::isf},
    {last, fragment::isf | fragment::lf},
    {atomic, fragment::isf | fragment::ff | fragment::lf},
}};

/// The kinds for which the match holds, if DF is as it is.
unsigned kinds_of(const bits_match& x, std::uint16_t df, unsigned possible) {
  unsigned result = 0;
  for (auto [kind, bits] : bits_of_kinds)
    if ((kind & possible) && x.holds(bits | df))
      result |= kind;
  return result;
}

/// Kinds that one test can tell from the others.
struct test {
  unsigned kinds;
  clause conditions;
};

/// Fragment offset, MF and DF as they lie in the IPv4 header.
condition ipv4_bits(unsigned mask, unsigned right, std::string_view op) {
  auto left = R"({"&":[)" + field("ip", "frag-off", {}).left + ","
              + std::to_string(mask) + "]}";
  return {left, {std::to_string(right)}, op};
}

constexpr unsigned df_bit = 0x4000, mf_bit = 0x2000, offset_bits = 0x1fff;

/// Those that know more kinds come first: fewer rules.
const std::vector<test>& ipv4_tests() {
  static const auto more = ipv4_bits(mf_bit, 0, "!=");
  static const auto no_more = ipv4_bits(mf_bit, 0, "==");
  static const auto later = ipv4_bits(offset_bits, 0, "!=");
  static const auto at_start = ipv4_bits(offset_bits, 0, "==");
  static const std::vector<test> result{
      {whole | first | middle | last, {}},
      {first | middle | last, {ipv4_bits(mf_bit | offset_bits, 0, "!=")}},
      {first | middle, {more}},
      {middle | last, {later}},
      {whole | first, {at_start}},
      {whole | last, {no_more}},
      {whole, {ipv4_bits(mf_bit | offset_bits, 0, "==")}},
      {first, {more, at_start}},
      {middle, {more, later}},
      {last, {no_more, later}},
  };
  return result;
}

condition ipv6_header(bool present) {
  return {R"({"exthdr":{"name":"frag"}})", {present ? "true" : "false"}};
}

/// A field of the fragment header; without one, no comparison holds.
condition ipv6_field(std::string_view name, int right, std::string_view op) {
  return {R"({"exthdr":{"name":"frag","field":")" + std::string{name} + "\"}}",
          {std::to_string(right)},
          op};
}

const std::vector<test>& ipv6_tests() {
  static const auto more = ipv6_field("more-fragments", 1, "==");
  static const auto no_more = ipv6_field("more-fragments", 0, "==");
  static const auto later = ipv6_field("frag-off", 0, "!=");
  static const auto at_start = ipv6_field("frag-off", 0, "==");
  static const std::vector<test> result{
      {whole | first | middle | last | atomic, {}},
      {first | middle | last | atomic, {ipv6_header(true)}},
      {first | middle, {more}},
      {last | atomic, {no_more}},
      {middle | last, {later}},
      {first | atomic, {at_start}},
      {whole, {ipv6_header(false)}},
      {first, {more, at_start}},
      {middle, {more, later}},
      {last, {no_more, later}},
      {atomic, {no_more, at_start}},
  };
  return result;
}

/// Covers the kinds with tests that do not overlap.
std::vector<clause> cover(unsigned kinds, const std::vector<test>& tests) {
  std::vector<clause> result;
  for (const auto& x : tests)
    if ((x.kinds & kinds) == x.kinds && kinds != 0) {
      result.push_back(x.conditions);
      kinds &= ~x.kinds;
    }
  return result;
}

} // namespace

std::vector<clause> fragment_clauses(const bits_match& x, prefix::family family,
                                     bool with_transport) {
  unsigned possible = whole | first;
  if (!with_transport)
    possible |= middle | last;
  if (family == prefix::family::ipv6)
    return cover(kinds_of(x, 0, possible | atomic), ipv6_tests());
  auto without = kinds_of(x, 0, possible);
  auto with = kinds_of(x, fragment::df, possible);
  if (with == without)
    return cover(with, ipv4_tests());
  std::vector<clause> result;
  for (auto df : {false, true})
    for (auto& part : cover(df ? with : without, ipv4_tests())) {
      part.push_back(ipv4_bits(df_bit, 0, df ? "!=" : "=="));
      result.push_back(std::move(part));
    }
  return result;
}

} // namespace tocsin::mitigators::nftables
