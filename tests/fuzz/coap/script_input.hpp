#pragma once
#include "protocol/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace tocsin::fuzz {

/// For assertions that a release build must not drop.
inline void require(bool holds) {
  if (!holds)
    std::abort();
}

/// A fuzzer's input, read as a script: an empty one yields zeros.
class script_input {
public:
  explicit script_input(byte_view octets) : rest_{octets} {}

  bool empty() const { return rest_.empty(); }

  std::uint8_t next() {
    if (rest_.empty())
      return 0;
    const auto x = rest_[0];
    rest_ = rest_.subspan(1);
    return x;
  }

  byte_view take(std::size_t size) {
    const auto x = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(x.size());
    return x;
  }

private:
  byte_view rest_;
};

} // namespace tocsin::fuzz
