#include "protocol/signal/nptv6.hpp"

#include <optional>

namespace tocsin::protocol::signal {

namespace {

using octet_array = std::array<std::uint8_t, 16>;

constexpr std::size_t bits_per_word = 16;
constexpr std::size_t subnet_word = 3;
constexpr std::size_t first_identifier_word = 4;
constexpr std::size_t words = 8;
constexpr std::uint32_t all_ones = 0xffff;

std::uint32_t word_at(const octet_array& x, std::size_t i) {
  return static_cast<std::uint32_t>(x[2 * i] << 8 | x[2 * i + 1]);
}

/// One's complement (RFC 1071), which RFC 6296 counts in.
std::uint32_t add(std::uint32_t a, std::uint32_t b) {
  auto sum = a + b;
  return (sum & all_ones) + (sum >> bits_per_word);
}

std::uint32_t sum_of(const octet_array& x) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < words; ++i)
    sum = add(sum, word_at(x, i));
  return sum;
}

/// The word that is adjusted; nothing: there is none within the prefix.
std::optional<std::size_t> adjusted_word(const prefix& x, const prefix& from) {
  auto inside = [&x](std::size_t i) {
    return x.length() >= (i + 1) * bits_per_word;
  };
  if (from.length() <= subnet_word * bits_per_word) {
    bool fits =
        inside(subnet_word) && word_at(x.octets(), subnet_word) != all_ones;
    return fits ? std::optional{subnet_word} : std::nullopt;
  }
  for (auto i = first_identifier_word; i < words && inside(i); ++i)
    if (word_at(x.octets(), i) != all_ones)
      return i;
  return std::nullopt;
}

/// The leading bits of `head`, the rest of `tail`.
octet_array joined(const prefix& head, const octet_array& tail) {
  auto out = head.octets();
  auto whole = std::size_t{head.length()} / 8;
  for (auto i = whole; i < out.size(); ++i) {
    auto mask = static_cast<std::uint8_t>(
        i == whole ? 0xff >> (head.length() % 8) : 0xff);
    out[i] = static_cast<std::uint8_t>(out[i] | (tail[i] & mask));
  }
  return out;
}

} // namespace

result<prefix> map_nptv6(const prefix& x, const prefix& from,
                         const prefix& to) {
  if (x == from)
    return to;
  auto at = adjusted_word(x, from);
  if (!at)
    return fail(ec::out_of_range, "target-prefix",
                x.to_string()
                    + " does not stay one prefix behind NPTv6; ask for "
                      "longer prefixes, or for all of "
                    + from.to_string());
  auto octets = joined(to, x.octets());
  // What the new prefix adds to the checksum has to go again.
  auto adjustment = add(sum_of(from.octets()), sum_of(to.octets()) ^ all_ones);
  auto value = add(word_at(octets, *at), adjustment);
  if (value == all_ones)
    value = 0;
  octets[2 * *at] = static_cast<std::uint8_t>(value >> 8);
  octets[2 * *at + 1] = static_cast<std::uint8_t>(value);
  return prefix{prefix::family::ipv6, octets, x.length()};
}

} // namespace tocsin::protocol::signal
