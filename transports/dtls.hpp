#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/credentials.hpp"
#include "transports/resumption_cache.hpp"
#include "transports/secure_association.hpp"

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
  /// Without it no association is resumed.
  resumption_options resumption{};
};

/// One DTLS 1.2 association with mutual authentication: datagrams go in and
/// out, each plaintext is one record.
///
/// GnuTLS reads the clock of the system to decide on retransmission; its timer
/// is set to zero and called only when ours, which runs on the given time, has
/// elapsed. Certificate validity is the one thing judged by the system's wall
/// clock.
///
/// Data does not leave before the server has finished: False Start (RFC 7918)
/// is for streams in GnuTLS.
///
/// What cannot be authenticated cannot hurt an established association:
/// records that fail to decrypt, replays, and unencrypted alerts are counted
/// and dropped (RFC 6347, Sections 4.1.2.6 and 4.1.2.7).
class dtls_association final : public secure_association {
public:
  /// Answers a peer whose cookie was verified; pass its first datagram to
  /// receive(). The peer must present a certificate chain that ends in a
  /// trusted CA, is valid now, and may be used for client authentication, or
  /// know a pre-shared key, whichever the credentials have; it may resume an
  /// association as long as that still holds.
  static result<std::unique_ptr<dtls_association>>
  server(std::shared_ptr<const transports::credentials> credentials,
         const cookie_prestate& prestate, const dtls_options& options,
         time_point now);

  /// Starts a handshake; the first flight can be drained at once.
  /// `server_name` (a DNS name, or an address literal) is sent as SNI and must
  /// equal a DNS-ID of the certificate; wildcards are refused, the common name
  /// counts only without any subjectAltName (RFC 6125, Section 6.4.4). Instead,
  /// a server may know the pre-shared key, of which there must be exactly one.
  static result<std::unique_ptr<dtls_association>>
  client(std::shared_ptr<const transports::credentials> credentials,
         std::string_view server_name, const dtls_options& options,
         time_point now);

  ~dtls_association() override;
  dtls_association(const dtls_association&) = delete;
  dtls_association& operator=(const dtls_association&) = delete;

  void receive(byte_view datagram, time_point now) override;
  result<void> send(byte_view plaintext) override;
  bool next_datagram(bytes& out) override;
  bool next_plaintext(bytes& out) override;
  void close() override;
  state current() const noexcept override;
  const std::string& failure_reason() const noexcept override;
  std::optional<time_point> next_deadline() const noexcept override;
  /// Retransmits or gives up, if it is time to.
  void on_time(time_point now) override;
  const peer_identity& peer() const noexcept override;
  void forget_peer() noexcept override;
  /// The MTU less the record header and the cipher suite's expansion
  /// (RFC 9132, Section 7.3).
  std::size_t max_plaintext() const noexcept override;
  bool reliable() const noexcept override { return false; }
  std::string_view protocol() const noexcept override { return "DTLS 1.2"; }
  bool resumed() const noexcept override;

  /// Records and datagrams dropped as not authentic or not understood.
  std::uint64_t discarded() const noexcept;

private:
  struct impl;
  explicit dtls_association(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace tocsin::transports
