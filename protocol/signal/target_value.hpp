#pragma once
#include "protocol/signal/customer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What a target is worth, which decides who takes it and who is kept where
/// there is no room for all (RFC 8903, Section 3.3), sans-I/O.
namespace tocsin::protocol::signal {

/// The values that a mitigator takes.
struct value_bounds {
  std::uint32_t min = 0;
  std::uint32_t max = highest_value;

  bool holds(std::uint32_t value) const noexcept {
    return value >= min && value <= max;
  }
  bool holds_all() const noexcept { return min == 0 && max == highest_value; }
  friend bool operator==(const value_bounds&, const value_bounds&) = default;
};

/// Value of a target: that of its most valuable part. Addresses of several
/// assets are worth what the longest prefix says, for a part of an asset may be
/// worth less than the rest; a target that reaches beyond an asset contains it.
std::uint32_t value_of(const customer& who, std::span<const prefix> addresses);

/// Who gives way when a mitigator is full: the least valuable of those in
/// place, for a newcomer that is worth more. Equals do not displace each other,
/// so that this comes to an end.
class displacement {
public:
  /// `in_place`: the values of those which are.
  explicit displacement(std::vector<std::uint32_t> in_place);

  /// The index of the one that gives way, each once; none if the newcomer is
  /// worth no more than all that are left. Of equals, the last.
  std::optional<std::size_t> make_room(std::uint32_t newcomer);

private:
  std::vector<std::uint32_t> values_;
  std::vector<std::size_t> order_; ///< who gives way next stands last
};

} // namespace tocsin::protocol::signal
