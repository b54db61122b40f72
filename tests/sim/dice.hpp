#pragma once
#include <cstdint>
#include <vector>

namespace tocsin::sim {

/// Random numbers of a run: the same on every machine and with every library,
/// so that a seed found on one repeats on another (splitmix64).
class dice {
public:
  explicit dice(std::uint64_t seed) : state_{seed} {}

  std::uint64_t next() {
    auto z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// A whole number from `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    auto range = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(next() % range);
  }

  /// True in `percent` of a hundred cases.
  bool chance(double percent) {
    constexpr double steps = 1'000'000;
    return static_cast<double>(next() % static_cast<std::uint64_t>(steps))
           < percent * (steps / 100);
  }

  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[next() % from.size()];
  }

private:
  std::uint64_t state_;
};

} // namespace tocsin::sim
