#pragma once
#include "protocol/error.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin::tools::load {

/// What to ask for.
enum class request_kind : std::uint8_t {
  heartbeat, ///< PUT hb
  get,       ///< GET of the mitigation that each client made before
  put,       ///< PUT of a new mitigation, each with a target of its own
  del,       ///< DELETE of a mitigation of a PUT before
};
inline constexpr std::size_t request_kinds = 4;

/// "heartbeat", "get", "put" or "delete".
std::string_view name_of(request_kind x) noexcept;

/// In which proportion kinds of requests follow each other. They are spread as
/// evenly as they can be (smooth weighted round robin), not drawn: the same mix
/// makes the same load each time.
class mix {
public:
  static constexpr std::uint32_t most = 1'000'000; ///< of a weight

  /// Nothing but `only`.
  explicit mix(request_kind only) { weights_[index(only)] = 1; }

  /// Reads "heartbeat=90,get=6,put=3,delete=1". What is not named does not
  /// occur. Fails with ec::malformed or ec::out_of_range.
  static result<mix> parse(std::string_view text);

  std::uint32_t weight(request_kind x) const noexcept {
    return weights_[index(x)];
  }

  request_kind next() noexcept;

private:
  mix() = default;
  static constexpr std::size_t index(request_kind x) noexcept {
    return static_cast<std::size_t>(x);
  }

  std::array<std::uint32_t, request_kinds> weights_{};
  std::array<std::int64_t, request_kinds> credit_{};
};

} // namespace tocsin::tools::load
