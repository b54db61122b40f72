// tocsin-bench-floor: what no server can do without. It receives, decrypts,
// encrypts and sends heartbeats, on the DTLS library and the socket of the
// agent; it knows no CoAP, no actors, no resources, no cookies and no limits.
// What tools/bench compares with; nothing to put on a network.
#include "transports/udp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <poll.h>

namespace {

using namespace tocsin;
using transports::socket_address;
using transports::udp_datagram;
using transports::udp_socket;

constexpr unsigned mtu = 1280 - 40 - 8; // like the agent's

// What the agent agrees on with clients of ours.
constexpr auto suite =
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-GCM:+AEAD:+COMP-NULL:+CTYPE-X509:"
    "+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:%SERVER_PRECEDENCE";

volatile std::sig_atomic_t stopping = 0;

/// One association; its address is known to GnuTLS.
struct association {
  ~association() { gnutls_deinit(session); }

  gnutls_session_t session = nullptr;
  udp_socket* socket = nullptr;
  socket_address peer, local;
  byte_view input; // the datagram that GnuTLS may pull
  bool up = false;
};

association& self(gnutls_transport_ptr_t x) {
  return *static_cast<association*>(x);
}

ssize_t push(gnutls_transport_ptr_t to, const void* data, std::size_t size) {
  auto& x = self(to);
  x.socket->queue(x.peer, x.local,
                  {static_cast<const std::uint8_t*>(data), size});
  return static_cast<ssize_t>(size);
}

ssize_t pull(gnutls_transport_ptr_t from, void* data, std::size_t room) {
  auto& x = self(from);
  if (x.input.empty()) {
    gnutls_transport_set_errno(x.session, EAGAIN);
    return -1;
  }
  auto size = std::min(room, x.input.size());
  std::copy_n(x.input.begin(), size, static_cast<std::uint8_t*>(data));
  x.input = {};
  return static_cast<ssize_t>(size);
}

int pull_timeout(gnutls_transport_ptr_t from, unsigned) {
  return self(from).input.empty() ? 0 : 1;
}

class floor_server {
public:
  bool start(std::uint16_t port, char** files);
  void run();

private:
  association* open(const udp_datagram& first);
  void take(const udp_datagram& x);
  bool shake(association& x);
  bool answer_all(association& x);

  std::unique_ptr<udp_socket> socket_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_priority_t priority_ = nullptr;
  std::unordered_map<socket_address, std::unique_ptr<association>> all_;
};

bool floor_server::start(std::uint16_t port, char** files) {
  auto opened = udp_socket::open(socket_address::v4({127, 0, 0, 1}, port),
                                 {true, std::size_t{4} << 20});
  if (!opened)
    return false;
  socket_ = *std::move(opened);
  return gnutls_certificate_allocate_credentials(&credentials_) == 0
         && gnutls_certificate_set_x509_key_file(credentials_, files[0],
                                                 files[1], GNUTLS_X509_FMT_PEM)
                == 0
         && gnutls_certificate_set_x509_trust_file(credentials_, files[2],
                                                   GNUTLS_X509_FMT_PEM)
                > 0
         && gnutls_priority_init(&priority_, suite, nullptr) == 0;
}

association* floor_server::open(const udp_datagram& first) {
  auto x = std::make_unique<association>();
  if (gnutls_init(&x->session, GNUTLS_SERVER | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK
                                   | GNUTLS_NO_TICKETS)
      < 0)
    return nullptr;
  auto session = x->session;
  gnutls_priority_set(session, priority_);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_);
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_cert(session, nullptr, 0);
  gnutls_dtls_set_mtu(session, mtu);
  gnutls_transport_set_ptr(session, x.get());
  gnutls_transport_set_push_function(session, push);
  gnutls_transport_set_pull_function(session, pull);
  gnutls_transport_set_pull_timeout_function(session, pull_timeout);
  x->socket = socket_.get();
  x->peer = first.peer;
  x->local = first.local;
  return all_.insert_or_assign(first.peer, std::move(x)).first->second.get();
}

// False: it failed.
bool floor_server::shake(association& x) {
  auto status = gnutls_handshake(x.session);
  x.up = status == GNUTLS_E_SUCCESS;
  return x.up || gnutls_error_is_fatal(status) == 0;
}

// 2.04 to anything that came, with its message id and token. False: the peer
// said goodbye.
bool floor_server::answer_all(association& x) {
  std::array<std::uint8_t, 16384> text;
  for (;;) {
    auto size = gnutls_record_recv(x.session, text.data(), text.size());
    if (size <= 0)
      return size < 0 && gnutls_error_is_fatal(static_cast<int>(size)) == 0;
    const auto head = std::size_t{4} + (text[0] & 15U);
    text[1] = 2U << 5 | 4U;
    gnutls_record_send(x.session, text.data(),
                       std::min(head, static_cast<std::size_t>(size)));
  }
}

void floor_server::take(const udp_datagram& datagram) {
  constexpr std::uint8_t handshake = 22;
  auto at = all_.find(datagram.peer);
  auto* x = at == all_.end() ? nullptr : at->second.get();
  if (!x && !datagram.data.empty() && datagram.data[0] == handshake)
    x = open(datagram);
  if (!x)
    return;
  x->input = datagram.data;
  if (!(x->up ? answer_all(*x) : shake(*x)))
    all_.erase(datagram.peer);
  else
    x->input = {};
}

void floor_server::run() {
  pollfd waiting{socket_->descriptor(), POLLIN, 0};
  constexpr int patience_ms = 100;
  while (stopping == 0) {
    ::poll(&waiting, 1, patience_ms);
    for (bool more = true; more;) {
      for (const auto& x : socket_->receive(more))
        take(x);
      socket_->flush();
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: tocsin-bench-floor PORT CERTIFICATE KEY CA\n", stderr);
    return 2;
  }
  floor_server server;
  if (!server.start(static_cast<std::uint16_t>(std::atoi(argv[1])), argv + 2)) {
    std::fputs("tocsin-bench-floor: cannot listen\n", stderr);
    return 1;
  }
  for (auto signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int) { stopping = 1; });
  std::puts("ready");
  std::fflush(stdout);
  server.run();
  return 0;
}
