#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace tocsin::test::negative {

/// Where a server is, and as whom to call it.
struct call_target {
  std::uint16_t port = 0; ///< on 127.0.0.1
  std::string server_name;
  std::filesystem::path certificate, key, ca;
  /// TLS only (RFC 8323, Section 8.2, unless it is another protocol).
  std::string alpn = "coap";
};

/// A protected session with a server on this machine that takes any octets,
/// also those which our own agents would never send. Blocks; one thread.
class channel {
public:
  virtual ~channel() = default;

  /// One datagram, or octets of the stream.
  virtual bool send(byte_view octets) = 0;

  /// The next datagram, or the next piece of the stream; nothing after the
  /// patience, or if the session is over.
  virtual std::optional<bytes> receive(std::chrono::milliseconds patience) = 0;

  /// Has the server ended the session?
  virtual bool over() const = 0;

  /// Says goodbye.
  virtual void close() = 0;
};

/// DTLS by our own transport (GnuTLS).
result<std::unique_ptr<channel>> open_dtls(const call_target& where);

/// TLS by GnuTLS as it is, which our own transport does not use for it.
result<std::unique_ptr<channel>> open_tls(const call_target& where);

} // namespace tocsin::test::negative
