#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/peer_identity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::transports {

/// One security association, sans-I/O: DTLS over datagrams or TLS over a
/// stream. What the peer sent and time go in, what it is to be sent and
/// plaintext are drained.
///
///   handshaking --Finished verified--> established --close_notify--> closed
///        +------alert, refusal or time limit----------------------->---+
///
/// After each receive(), send(), on_time() and close(), drain next_datagram()
/// and next_plaintext(). One thread at a time.
class secure_association {
public:
  enum class state : std::uint8_t { handshaking, established, closed };

  virtual ~secure_association() = default;

  /// Takes one datagram, or any piece of the stream, whatever it holds.
  virtual void receive(byte_view octets, time_point now) = 0;

  /// Encrypts one message. Fails with ec::too_large above max_plaintext() and
  /// with ec::closed unless established.
  virtual result<void> send(byte_view plaintext) = 0;

  /// Moves the next datagram, or the next octets of the stream, for the peer
  /// into `out`; false if there is none.
  virtual bool next_datagram(bytes& out) = 0;

  /// Moves the next decrypted message, or the next piece of the stream, into
  /// `out`; false if there is none.
  virtual bool next_plaintext(bytes& out) = 0;

  /// Says goodbye (close_notify) and ends in `closed`.
  virtual void close() = 0;

  virtual state current() const noexcept = 0;

  /// Why the association is closed, one sentence for a person; empty if it is
  /// open or was closed in an orderly way.
  virtual const std::string& failure_reason() const noexcept = 0;

  /// When to call on_time(); nothing once the handshake is over.
  virtual std::optional<time_point> next_deadline() const noexcept = 0;
  virtual void on_time(time_point now) = 0;

  /// The authenticated peer; empty before `established`.
  virtual const peer_identity& peer() const noexcept = 0;

  /// peer() may be empty from now on: the owner has copied what it needs, and
  /// there may be a hundred thousand associations.
  virtual void forget_peer() noexcept {}

  /// Largest message for send(). Conservative before `established`.
  virtual std::size_t max_plaintext() const noexcept = 0;

  /// True over a stream.
  virtual bool reliable() const noexcept = 0;

  /// "DTLS 1.2", "TLS 1.3"; for people.
  virtual std::string_view protocol() const noexcept = 0;

  /// Was an earlier association resumed, without a full handshake?
  virtual bool resumed() const noexcept = 0;
};

} // namespace tocsin::transports
