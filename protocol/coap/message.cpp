#include "protocol/coap/message.hpp"

#include <algorithm>

namespace tocsin::protocol::coap {

std::string code_string(code x) {
  const auto detail = detail_of(x);
  return {static_cast<char>('0' + class_of(x)), '.',
          static_cast<char>('0' + detail / 10),
          static_cast<char>('0' + detail % 10)};
}

token::token(byte_view octets) noexcept
    : size_{static_cast<std::uint8_t>(std::min(octets.size(), max_size))} {
  std::copy_n(octets.begin(), size_, octets_.begin());
}

token::token(std::uint64_t random) noexcept : size_{max_size} {
  for (auto& octet : octets_) {
    octet = static_cast<std::uint8_t>(random);
    random >>= 8;
  }
}

std::uint64_t token::key() const noexcept {
  std::uint64_t value = 0;
  for (auto i = octets_.rbegin(); i != octets_.rend(); ++i)
    value = value << 8 | *i;
  return value;
}

std::optional<std::uint64_t> read_uint(byte_view value) noexcept {
  const auto first = std::ranges::find_if(value, [](auto x) { return x != 0; });
  if (value.end() - first > 8)
    return std::nullopt;
  std::uint64_t number = 0;
  for (auto i = first; i != value.end(); ++i)
    number = number << 8 | *i;
  return number;
}

void option_list::add(option_number number, byte_view value) {
  const slot fresh{static_cast<std::uint32_t>(octets_.size()),
                   static_cast<std::uint32_t>(value.size()), number};
  octets_.insert(octets_.end(), value.begin(), value.end());
  if (slots_.empty() || slots_.back().number <= number) {
    slots_.push_back(fresh);
    return;
  }
  slots_.insert(std::ranges::upper_bound(slots_, number, {}, &slot::number),
                fresh);
}

void option_list::add_uint(option_number number, std::uint64_t value) {
  std::array<std::uint8_t, 8> octets{};
  auto first = octets.size();
  for (; value != 0; value >>= 8)
    octets[--first] = static_cast<std::uint8_t>(value);
  add(number, byte_view{octets}.subspan(first));
}

void option_list::reserve(std::size_t options, std::size_t octets) {
  slots_.reserve(options);
  octets_.reserve(octets);
}

std::optional<byte_view>
option_list::find(option_number number) const noexcept {
  const auto i = std::ranges::lower_bound(slots_, number, {}, &slot::number);
  if (i == slots_.end() || i->number != number)
    return std::nullopt;
  return (*this)[static_cast<std::size_t>(i - slots_.begin())].value;
}

std::optional<std::uint64_t>
option_list::find_uint(option_number number) const noexcept {
  const auto value = find(number);
  return value ? read_uint(*value) : std::nullopt;
}

std::size_t option_list::count(option_number number) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count(slots_, number, &slot::number));
}

void option_list::erase(std::size_t index) {
  slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(index));
}

option_list::entry option_list::operator[](std::size_t index) const noexcept {
  const auto& x = slots_[index];
  return {x.number, byte_view{octets_}.subspan(x.offset, x.length)};
}

bool operator==(const option_list& a, const option_list& b) noexcept {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].number != b[i].number
        || !std::ranges::equal(a[i].value, b[i].value))
      return false;
  return true;
}

} // namespace tocsin::protocol::coap
