#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"
#include "transports/credentials.hpp"
#include "transports/resumption_cache.hpp"
#include "transports/secure_association.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::transports {

/// What ALPN calls HTTP/1.1 (RFC 7301, Section 6).
inline constexpr std::string_view http_alpn = "http/1.1";

/// Settings of one association.
struct tls_options {
  /// The whole handshake ends in failure after this.
  std::chrono::seconds handshake_limit{60};
  /// What is spoken inside, as ALPN names it (RFC 7301): "coap", http_alpn.
  std::string_view alpn = "coap";
  /// Close unless that is agreed on by ALPN (RFC 8323, Section 8.2). Not
  /// required: still offered, and selected. A client that offers only others
  /// is served `coap` then, for it may not know the name, but not `http/1.1`:
  /// it must not be made to speak that to us (RFC 7301, Section 3.2).
  bool require_alpn = true;
  /// Without it no association is resumed.
  resumption_options resumption{};
};

/// One TLS 1.2 or 1.3 association with mutual authentication over a stream.
///
/// As with DTLS, suites are AEAD with ephemeral keys, peers are judged by
/// verify_chain() or by their pre-shared key (TLS 1.2 only). There is neither
/// compression nor renegotiation, and early data is never sent nor accepted
/// (RFC 9132, Section 7.2). A client that may do so uses False Start (RFC
/// 7918): it is established one round trip early.
///
/// Memory is bounded: decryption stops while plaintext waits to be drained,
/// and send() fails while more than max_waiting_output waits.
class tls_association final : public secure_association {
public:
  static constexpr std::size_t max_message = 65536;
  /// Ciphertext that may wait while plaintext is not drained; more ends the
  /// association. Four times what one receive() should bring.
  static constexpr std::size_t max_waiting_input = 262144;
  static constexpr std::size_t max_waiting_plaintext = 65536;
  static constexpr std::size_t max_waiting_output = 1048576;

  /// Answers a client.
  static result<std::unique_ptr<tls_association>>
  server(std::shared_ptr<const transports::credentials> credentials,
         const tls_options& options, time_point now);

  /// Starts a handshake; the first flight can be drained at once.
  /// `server_name` (a DNS name, or an address literal): as with
  /// dtls_association::client().
  static result<std::unique_ptr<tls_association>>
  client(std::shared_ptr<const transports::credentials> credentials,
         std::string_view server_name, const tls_options& options,
         time_point now);

  ~tls_association() override;
  tls_association(const tls_association&) = delete;
  tls_association& operator=(const tls_association&) = delete;

  /// Takes any piece of the stream.
  void receive(byte_view octets, time_point now) override;
  /// The peer ended the stream; without close_notify before, that is a
  /// failure: someone may have cut it.
  void end_of_stream();
  /// Fails also with ec::unavailable while the peer does not read.
  result<void> send(byte_view plaintext) override;
  /// All octets that wait to be sent.
  bool next_datagram(bytes& out) override;
  bool next_plaintext(bytes& out) override;
  void close() override;
  state current() const noexcept override;
  const std::string& failure_reason() const noexcept override;
  std::optional<time_point> next_deadline() const noexcept override;
  void on_time(time_point now) override;
  const peer_identity& peer() const noexcept override;
  /// max_message: longer ones are split into records.
  std::size_t max_plaintext() const noexcept override { return max_message; }
  bool reliable() const noexcept override { return true; }
  std::string_view protocol() const noexcept override;
  bool resumed() const noexcept override;

  /// False while plaintext waits: better read nothing from the socket.
  bool wants_input() const noexcept;

private:
  struct impl;
  explicit tls_association(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace tocsin::transports
