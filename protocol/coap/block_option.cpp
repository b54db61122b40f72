#include "protocol/coap/block_option.hpp"

#include <bit>

namespace tocsin::protocol::coap {

namespace {

/// Octets that extend a delta or a length (RFC 7252, Section 3.1).
std::size_t extension(std::size_t x) noexcept {
  if (x < 13)
    return 0;
  return x < 269 ? 1 : 2;
}

bool in_key(option_number x) noexcept {
  constexpr unsigned key_mask = 0x1e;
  constexpr unsigned no_cache_key = 0x1c;
  return x != option::block1 && x != option::block2 && x != option::observe
         && x != option::etag && (x & key_mask) != no_cache_key;
}

void append_16(bytes& out, std::size_t x) {
  out.push_back(static_cast<std::uint8_t>(x >> 8));
  out.push_back(static_cast<std::uint8_t>(x));
}

} // namespace

block block_at(std::size_t offset, std::uint8_t szx, bool more) noexcept {
  block x{0, more, szx};
  x.num = static_cast<std::uint32_t>(offset / x.unit());
  return x;
}

std::optional<std::uint8_t> largest_szx(std::size_t octets) noexcept {
  if (octets < 16)
    return std::nullopt;
  const auto power = std::bit_width(std::min<std::size_t>(octets, 1024)) - 1;
  return static_cast<std::uint8_t>(power - 4);
}

std::optional<block> find_block(const option_list& options,
                                option_number number) noexcept {
  const auto value = options.find_uint(number);
  if (!value)
    return std::nullopt;
  return block{static_cast<std::uint32_t>(*value >> 4 & 0xfffff),
               (*value & 8) != 0, static_cast<std::uint8_t>(*value & 7)};
}

void set_block(option_list& options, option_number number, const block& x) {
  set_uint(options, number, x.num << 4 | (x.more ? 8u : 0u) | x.szx);
}

void remove_option(option_list& options, option_number number) {
  for (std::size_t i = 0; i < options.size();) {
    if (options[i].number == number)
      options.erase(i);
    else
      ++i;
  }
}

void set_uint(option_list& options, option_number number, std::uint64_t value) {
  remove_option(options, number);
  options.add_uint(number, value);
}

std::size_t encoded_size(const option_list& options) noexcept {
  std::size_t sum = 0;
  option_number previous = 0;
  for (const auto& x : options) {
    sum += 1 + extension(static_cast<std::size_t>(x.number - previous))
           + extension(x.value.size()) + x.value.size();
    previous = x.number;
  }
  return sum;
}

bytes request_key(code method, const option_list& options, bool content) {
  constexpr std::size_t headers = 4; // of each option below
  std::size_t size = 1;
  for (const auto& x : options)
    size += headers + x.value.size();
  bytes key;
  key.reserve(size);
  key.push_back(static_cast<std::uint8_t>(method));
  for (const auto& x : options) {
    if (!in_key(x.number) || (x.number == option::content_format && !content))
      continue;
    append_16(key, x.number);
    append_16(key, x.value.size());
    key.insert(key.end(), x.value.begin(), x.value.end());
  }
  return key;
}

} // namespace tocsin::protocol::coap
