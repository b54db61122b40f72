#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/prefix.hpp"

namespace tocsin::protocol::signal {

/// The longest prefixes that NPTv6 translates between (RFC 6296, Section 3.5).
inline constexpr std::uint8_t longest_nptv6 = 64;

/// `x`, which is inside `from`, as NPTv6 maps it into `to`, a prefix of the
/// same length: checksum-neutral, by an adjustment of the subnet's 16 bits
/// (prefixes up to /48; RFC 6296, Section 3.4) or of the first 16 bits of the
/// interface identifier that are not all ones (longer ones, Section 3.5).
///
/// The whole of `from` becomes the whole of `to`. Other prefixes have to
/// include the adjusted bits, or addresses that are neighbours inside would not
/// be neighbours outside. Fails with out_of_range, as it does for what RFC 6296
/// does not translate.
result<prefix> map_nptv6(const prefix& x, const prefix& from, const prefix& to);

} // namespace tocsin::protocol::signal
