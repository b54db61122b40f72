#pragma once
#include <cstdint>

namespace tocsin::actors {

/// What CLIENT keeps in storage::mitigation_record::flags; the first bit is
/// that of client nodes.
inline constexpr std::uint8_t flag_suspended = 2; ///< lost a conflict
inline constexpr std::uint8_t flag_nobody = 4;    ///< which nobody won
/// The client said goodbye: its silence after a restart is no loss of signal.
inline constexpr std::uint8_t flag_left = 8;
inline constexpr std::uint8_t flag_help = 16;     ///< ordered by the operator
inline constexpr std::uint8_t flag_approved = 32; ///< by an administrator

} // namespace tocsin::actors
