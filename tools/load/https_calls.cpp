#include "tools/load/https_calls.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::tools::load {

namespace {

/// Longer than any answer takes; a server that says nothing fails the run.
constexpr int patience_ms = 60'000;

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

result<int> connect_to(const transports::socket_address& where) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(where.port());
  std::memcpy(&to.sin_addr, where.octets().data(), sizeof to.sin_addr);
  const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  if (out >= 0
      && ::connect(out, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0
      && ::setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0)
    return out;
  auto why = fail(ec::io, where.to_string(), std::strerror(errno));
  if (out >= 0)
    ::close(out);
  return why;
}

} // namespace

struct https_calls::connection {
  connection(int to, std::unique_ptr<transports::tls_association> with,
             const std::string& name)
      : socket{to}, tls{std::move(with)}, http{name} {}
  ~connection() {
    tls->close();
    (void)flush();
    ::close(socket);
  }

  result<void> flush() {
    bytes octets;
    while (http.next_output(octets))
      if (auto sent = tls->send(octets); !sent)
        return sent;
    while (tls->next_datagram(octets))
      for (std::size_t at = 0; at < octets.size();) {
        const auto n = ::send(socket, octets.data() + at, octets.size() - at,
                              MSG_NOSIGNAL);
        if (n <= 0)
          return fail(ec::io, "send", std::strerror(errno));
        at += static_cast<std::size_t>(n);
      }
    return {};
  }

  /// Takes what has arrived; waits for it if need be.
  result<void> receive() {
    std::array<std::uint8_t, 65536> space;
    const auto n = ::recv(socket, space.data(), space.size(), 0);
    if (n <= 0)
      return fail(ec::closed, "HTTPS", "the server ended the connection");
    tls->receive({space.data(), static_cast<std::size_t>(n)}, clock_now());
    bytes octets;
    while (tls->next_plaintext(octets))
      http.receive(octets);
    if (tls->current() == transports::secure_association::state::closed)
      return fail(ec::closed, "TLS", tls->failure_reason());
    return flush();
  }

  result<void> shake() {
    using state = transports::secure_association::state;
    if (auto ok = flush(); !ok)
      return ok;
    while (tls->current() != state::established)
      if (auto ok = receive(); !ok)
        return ok;
    return {};
  }

  int socket;
  std::unique_ptr<transports::tls_association> tls;
  transports::http_client_exchange http;
  std::optional<time_point> asked; ///< a request is under way since
};

https_calls::https_calls() = default;
https_calls::~https_calls() = default;
https_calls::https_calls(https_calls&&) noexcept = default;
https_calls& https_calls::operator=(https_calls&&) noexcept = default;

result<https_calls> https_calls::open(const swarm_target& where,
                                      std::size_t count) {
  transports::tls_options options;
  options.alpn = transports::http_alpn;
  https_calls out;
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = connect_to(where.server);
    if (!socket)
      return socket.error();
    auto tls = transports::tls_association::client(
        where.credentials, where.server_name, options, clock_now());
    if (!tls)
      return tls.error();
    out.all_.push_back(std::make_unique<connection>(*socket, *std::move(tls),
                                                    where.server_name));
    if (auto ok = out.all_.back()->shake(); !ok)
      return ok.error();
  }
  return out;
}

result<void> https_calls::run(const source& next, const sink& done,
                              time_point end) {
  bool more = true;
  auto begin = [&](connection& x) -> result<void> {
    auto what = more && clock_now() < end ? next() : std::nullopt;
    more = what.has_value();
    if (!what)
      return {};
    if (auto ok = x.http.request(*what); !ok)
      return ok;
    x.asked = clock_now();
    return x.flush();
  };
  for (auto& x : all_)
    if (auto ok = begin(*x); !ok)
      return ok;
  std::vector<pollfd> waiting(all_.size());
  for (;;) {
    std::size_t under_way = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      under_way += all_[i]->asked ? 1 : 0;
      waiting[i] = {all_[i]->asked ? all_[i]->socket : -1, POLLIN, 0};
    }
    if (under_way == 0)
      return {};
    if (::poll(waiting.data(), waiting.size(), patience_ms) <= 0)
      return fail(ec::timeout, "HTTPS", "no answer within a minute");
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (waiting[i].revents == 0)
        continue;
      auto& x = *all_[i];
      if (auto ok = x.receive(); !ok)
        return ok;
      auto answer = x.http.next_response();
      if (!answer)
        continue;
      if (!*answer)
        return answer->error();
      done(**answer, clock_now() - *x.asked);
      x.asked.reset();
      if (auto ok = begin(x); !ok)
        return ok;
    }
  }
}

} // namespace tocsin::tools::load
