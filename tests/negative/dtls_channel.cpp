#include "tests/negative/channel.hpp"
#include "transports/credentials.hpp"
#include "transports/dtls.hpp"

#include <array>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::test::negative {

namespace {

using std::chrono::milliseconds;
using transports::dtls_association;
using state = dtls_association::state;

/// On loopback a handshake takes milliseconds; a busy machine gets more.
constexpr milliseconds handshake_patience{10'000};

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

class dtls_channel final : public channel {
public:
  dtls_channel(int socket, std::unique_ptr<dtls_association> security)
      : socket_{socket}, security_{std::move(security)} {
    flush();
  }
  ~dtls_channel() override { ::close(socket_); }

  bool send(byte_view octets) override {
    if (!security_->send(octets))
      return false;
    flush();
    return true;
  }

  std::optional<bytes> receive(milliseconds patience) override {
    const auto end = clock_now() + patience;
    bytes out;
    while (!security_->next_plaintext(out)) {
      const auto now = clock_now();
      if (over() || now >= end)
        return std::nullopt;
      turn(end - now);
    }
    return out;
  }

  bool over() const override { return security_->current() == state::closed; }

  void close() override {
    security_->close();
    flush();
  }

  result<void> shake() {
    const auto end = clock_now() + handshake_patience;
    while (security_->current() == state::handshaking && clock_now() < end)
      turn(milliseconds{100});
    if (security_->current() == state::established)
      return {};
    return fail(ec::closed, "DTLS", security_->failure_reason());
  }

private:
  /// Waits for one datagram, and takes it.
  void turn(duration patience) {
    pollfd waiting{socket_, POLLIN, 0};
    const auto wait =
        std::chrono::duration_cast<milliseconds>(patience).count() + 1;
    if (::poll(&waiting, 1, static_cast<int>(wait)) > 0) {
      std::array<std::uint8_t, 16'384> space;
      const auto n = ::recv(socket_, space.data(), space.size(), 0);
      if (n > 0)
        security_->receive({space.data(), static_cast<std::size_t>(n)},
                           clock_now());
    }
    const auto due = security_->next_deadline();
    if (due && *due <= clock_now())
      security_->on_time(clock_now());
    flush();
  }

  void flush() {
    bytes datagram;
    while (security_->next_datagram(datagram))
      ::send(socket_, datagram.data(), datagram.size(), 0);
  }

  int socket_;
  std::unique_ptr<dtls_association> security_;
};

} // namespace

result<std::unique_ptr<channel>> open_dtls(const call_target& where) {
  auto credentials =
      transports::credentials::load({where.certificate, where.key, where.ca});
  if (!credentials)
    return credentials.error();
  auto security = dtls_association::client(*credentials, where.server_name, {},
                                           clock_now());
  if (!security)
    return security.error();
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(where.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket < 0
      || ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    return fail(ec::io, "127.0.0.1", "no socket");
  auto out = std::make_unique<dtls_channel>(socket, *std::move(security));
  if (auto ok = out->shake(); !ok)
    return ok.error();
  return std::unique_ptr<channel>{std::move(out)};
}

} // namespace tocsin::test::negative
