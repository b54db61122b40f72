#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/dtls_credentials.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::transports {

/// Settings of one association.
struct dtls_options {
  /// UDP payload at most: 1280 octets less IPv6 and UDP headers
  /// (RFC 9132, Section 7.3).
  std::size_t mtu = 1280 - 40 - 8;
  /// First retransmission of a flight; doubles up to 60 s (RFC 6347, Section
  /// 4.2.4.1).
  std::chrono::milliseconds retransmit_after{1000};
  /// The whole handshake ends in failure after this.
  std::chrono::seconds handshake_limit{60};
};

/// One DTLS 1.2 association with mutual X.509 authentication, sans-I/O:
/// datagrams and time go in, datagrams and plaintexts are drained.
///
///   handshaking --Finished verified--> established --close_notify--> closed
///        +------alert, refusal or handshake_limit------------------>---+
///
/// After each receive(), send(), on_time() and close(), drain next_datagram()
/// and next_plaintext(). GnuTLS reads the clock of the system to decide on
/// retransmission; its timer is set to zero and called only when ours, which
/// runs on the given time, has elapsed. Certificate validity is the one thing
/// judged by the system's wall clock. One thread at a time.
///
/// What cannot be authenticated cannot hurt an established association:
/// records that fail to decrypt, replays, and unencrypted alerts are counted
/// and dropped (RFC 6347, Sections 4.1.2.6 and 4.1.2.7).
class dtls_association {
public:
  enum class state : std::uint8_t { handshaking, established, closed };

  /// Answers a peer whose cookie was verified; pass its first datagram to
  /// receive(). The peer must present a certificate chain that ends in a
  /// trusted CA, is valid now, and may be used for client authentication.
  static result<std::unique_ptr<dtls_association>>
  server(std::shared_ptr<const dtls_credentials> credentials,
         const cookie_prestate& prestate, const dtls_options& options,
         time_point now);

  /// Starts a handshake; the first flight can be drained at once.
  /// `server_name` (a DNS name, or an address literal) is sent as SNI and must
  /// equal a DNS-ID of the certificate; wildcards are refused, the common name
  /// counts only without any subjectAltName (RFC 6125, Section 6.4.4).
  static result<std::unique_ptr<dtls_association>>
  client(std::shared_ptr<const dtls_credentials> credentials,
         std::string_view server_name, const dtls_options& options,
         time_point now);

  ~dtls_association();
  dtls_association(const dtls_association&) = delete;
  dtls_association& operator=(const dtls_association&) = delete;

  /// Takes one datagram from the peer, whatever it holds.
  void receive(byte_view datagram, time_point now);

  /// Encrypts one message into one record. Fails with ec::too_large above
  /// max_plaintext() and with ec::closed unless established.
  result<void> send(byte_view plaintext);

  /// Moves the next datagram for the peer into `out`; false if there is none.
  bool next_datagram(bytes& out);

  /// Moves the next decrypted message into `out`; false if there is none.
  bool next_plaintext(bytes& out);

  /// Says goodbye (close_notify) and ends in `closed`.
  void close();

  state current() const noexcept;

  /// Why the association is closed, one sentence for a person; empty if it is
  /// open or was closed in an orderly way.
  const std::string& failure_reason() const noexcept;

  /// When to call on_time(); nothing once the handshake is over.
  std::optional<time_point> next_deadline() const noexcept;

  /// Retransmits or gives up, if it is time to.
  void on_time(time_point now);

  /// The authenticated peer; empty before `established`.
  const peer_identity& peer() const noexcept;

  /// Largest message for send(): the MTU less the record header and the
  /// cipher suite's expansion (RFC 9132, Section 7.3). Conservative before
  /// `established`.
  std::size_t max_plaintext() const noexcept;

  /// Records and datagrams dropped as not authentic or not understood.
  std::uint64_t discarded() const noexcept;

private:
  struct impl;
  explicit dtls_association(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace tocsin::transports
