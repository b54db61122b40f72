#pragma once
#include "protocol/bytes.hpp"

#include <random>

/// What an attacker sends: octets only, no I/O. The same dice make the same
/// packets.
namespace tocsin::tools::load {

/// A record with the ClientHello of DTLS 1.2 (RFC 6347, Section 4.2.2) that a
/// handshake begins with; with_cookie: with one that nobody gave.
bytes client_hello(std::mt19937& dice, bool with_cookie);

/// Any octets, at most `noise_limit`; half of them begin like a record of DTLS.
bytes noise(std::mt19937& dice);
inline constexpr std::size_t noise_limit = 2000;

/// A record of application data or of an alert under established keys (epoch
/// 1), with octets that nobody encrypted.
bytes false_record(std::mt19937& dice);

} // namespace tocsin::tools::load
