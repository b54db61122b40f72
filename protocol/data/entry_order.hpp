#pragma once
#include "protocol/data/client_state.hpp"

#include <limits>

namespace tocsin::protocol::data {

/// Of an entry that has no place yet.
inline constexpr std::int64_t no_order =
    std::numeric_limits<std::int64_t>::min();

/// Space left between two entries, so that insertions in between seldom move
/// others.
inline constexpr std::int64_t order_gap = std::int64_t{1} << 32;

/// Gives the entries ascending orders, changing few of them. Those which
/// change are replaced by copies.
void put_in_order(entry_list& list);

} // namespace tocsin::protocol::data
