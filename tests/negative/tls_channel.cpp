#include "tests/negative/channel.hpp"

#include <array>
#include <string>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tocsin::test::negative {

namespace {

using std::chrono::milliseconds;

/// On loopback a handshake takes milliseconds; a busy machine gets more.
constexpr unsigned handshake_patience = 10'000;

class tls_channel final : public channel {
public:
  explicit tls_channel(int socket) : socket_{socket} {
    gnutls_certificate_allocate_credentials(&credentials_);
    gnutls_init(&session_, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
  }
  ~tls_channel() override {
    gnutls_deinit(session_);
    gnutls_certificate_free_credentials(credentials_);
    ::close(socket_);
  }

  result<void> shake(const call_target& where) {
    if (gnutls_certificate_set_x509_trust_file(credentials_, where.ca.c_str(),
                                               GNUTLS_X509_FMT_PEM)
            < 1
        || gnutls_certificate_set_x509_key_file(
               credentials_, where.certificate.c_str(), where.key.c_str(),
               GNUTLS_X509_FMT_PEM)
               < 0)
      return fail(ec::io, where.certificate.string(), "cannot be used");
    const auto& name = where.server_name;
    auto alpn = where.alpn;
    gnutls_datum_t protocol{reinterpret_cast<unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size())};
    gnutls_set_default_priority(session_);
    gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_);
    gnutls_server_name_set(session_, GNUTLS_NAME_DNS, name.data(), name.size());
    gnutls_session_set_verify_cert(session_, name.c_str(), 0);
    gnutls_alpn_set_protocols(session_, &protocol, 1, 0);
    gnutls_handshake_set_timeout(session_, handshake_patience);
    gnutls_transport_set_int(session_, socket_);
    int error = 0;
    do
      error = gnutls_handshake(session_);
    while (error < 0 && gnutls_error_is_fatal(error) == 0);
    if (error < 0)
      return fail(ec::closed, "TLS", gnutls_strerror(error));
    return {};
  }

  bool send(byte_view octets) override {
    while (!octets.empty() && !over_) {
      const auto n = gnutls_record_send(session_, octets.data(), octets.size());
      if (n >= 0)
        octets = octets.subspan(static_cast<std::size_t>(n));
      else
        over_ = gnutls_error_is_fatal(static_cast<int>(n)) != 0;
    }
    return !over_;
  }

  std::optional<bytes> receive(milliseconds patience) override {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + patience;
    std::array<std::uint8_t, 16'384> space;
    while (!over_) {
      const auto left =
          std::chrono::duration_cast<milliseconds>(end - clock::now());
      if (gnutls_record_check_pending(session_) == 0) {
        pollfd waiting{socket_, POLLIN, 0};
        if (left.count() < 0
            || ::poll(&waiting, 1, static_cast<int>(left.count()) + 1) <= 0)
          return std::nullopt;
      }
      const auto n = gnutls_record_recv(session_, space.data(), space.size());
      if (n > 0)
        return bytes{space.begin(), space.begin() + n};
      over_ = n == 0 || gnutls_error_is_fatal(static_cast<int>(n)) != 0;
    }
    return std::nullopt;
  }

  bool over() const override { return over_; }

  void close() override { gnutls_bye(session_, GNUTLS_SHUT_WR); }

private:
  int socket_;
  bool over_ = false;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_session_t session_ = nullptr;
};

} // namespace

result<std::unique_ptr<channel>> open_tls(const call_target& where) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  const timeval patience{5, 0}; // a server that stops reading fails the test
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(where.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket < 0
      || ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0
      || ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience,
                      sizeof patience)
             != 0
      || ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    return fail(ec::io, "127.0.0.1", "no connection");
  auto out = std::make_unique<tls_channel>(socket);
  if (auto ok = out->shake(where); !ok)
    return ok.error();
  return std::unique_ptr<channel>{std::move(out)};
}

} // namespace tocsin::test::negative
