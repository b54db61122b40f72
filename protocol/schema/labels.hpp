#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

/// The enumerations of the YANG modules iana-dots-signal-channel (RFC 9132,
/// Sections 10.6.2 to 10.6.5) and ietf-dots-data-channel (activation-type).
/// Entry 0 belongs to value 1, as 0 is reserved everywhere.
namespace tocsin::protocol::schema {

using labels = std::span<const std::string_view>;

inline constexpr std::array<std::string_view, 8> status_labels{
    "attack-mitigation-in-progress",
    "attack-successfully-mitigated",
    "attack-stopped",
    "attack-exceeded-capability",
    "dots-client-withdrawn-mitigation",
    "attack-mitigation-terminated",
    "attack-mitigation-withdrawn",
    "attack-mitigation-signal-loss"};

inline constexpr std::array<std::string_view, 3> conflict_status_labels{
    "request-inactive-other-active", "request-active", "all-requests-inactive"};

inline constexpr std::array<std::string_view, 3> conflict_cause_labels{
    "overlapping-targets", "conflict-with-acceptlist", "cuid-collision"};

inline constexpr std::array<std::string_view, 2> attack_status_labels{
    "under-attack", "attack-successfully-mitigated"};

inline constexpr std::array<std::string_view, 3> activation_labels{
    "activate-when-mitigating", "immediate", "deactivate"};

/// The label of a value, or "" if there is none.
constexpr std::string_view label(labels names, std::uint64_t value) noexcept {
  return value >= 1 && value <= names.size() ? names[value - 1]
                                             : std::string_view{};
}

/// The value of a label, or 0 if there is none.
constexpr std::uint64_t value_of(labels names, std::string_view text) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text)
      return i + 1;
  return 0;
}

} // namespace tocsin::protocol::schema
