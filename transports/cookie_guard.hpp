#pragma once
#include "protocol/bytes.hpp"
#include "protocol/time.hpp"
#include "transports/socket_address.hpp"
#include "transports/token_bucket.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace tocsin::transports {

/// Sequence numbers that a server takes over from the cookie exchange.
struct cookie_prestate {
  std::uint32_t record_sequence = 0;
  std::uint32_t handshake_read_sequence = 0;
  std::uint32_t handshake_write_sequence = 0;
};

/// Whether a datagram starts with an unencrypted ClientHello record.
bool is_client_hello(byte_view datagram) noexcept;

/// 64 bits out of the random of a ClientHello: tells a retransmission from a
/// peer that starts anew. Only for datagrams for which is_client_hello().
std::uint64_t client_hello_nonce(byte_view datagram) noexcept;

/// Proof of return routability from the packet alone (RFC 6347, Section
/// 4.2.1): a ClientHello without a valid cookie is answered by a
/// HelloVerifyRequest, and nothing about the sender is kept. Cookies are bound
/// to both addresses and live for one to two periods of the key. One thread.
class cookie_guard {
public:
  struct limits {
    double answers_per_second = 20000; ///< HelloVerifyRequests, refill
    double burst = 2000;               ///< HelloVerifyRequests at once
    std::chrono::seconds key_period{60};
  };

  enum class verdict : std::uint8_t {
    not_a_client_hello, ///< drop it
    needs_cookie,       ///< send `reply`
    throttled,          ///< needs a cookie, too many did: drop it
    verified,           ///< `prestate` continues the exchange
  };

  struct outcome {
    verdict what = verdict::not_a_client_hello;
    byte_view reply; ///< valid until the next call
    cookie_prestate prestate;
  };

  cookie_guard(const limits& bounds, time_point now);

  /// Judges one datagram of an unknown peer.
  outcome judge(byte_view datagram, const socket_address& peer,
                const socket_address& local, time_point now);

private:
  using key = std::array<std::uint8_t, 16>;
  void rotate(time_point now);

  token_bucket answers_;
  std::chrono::seconds key_period_;
  time_point next_rotation_;
  std::array<key, 2> keys_; // current, previous
  std::array<std::uint8_t, 128> reply_{};
};

} // namespace tocsin::transports
