#include "tools/traffic/bins.hpp"
#include "tools/traffic/run.hpp"
#include "tools/traffic/system.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <list>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/uio.h>

namespace tocsin::tools::traffic {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

enum column { udp_packets, tcp_requests };
constexpr std::string_view answer = "yes\n";
constexpr std::size_t batch = 64;
/// Connections at one time; further ones wait in the kernel.
constexpr std::size_t max_guests = 512;
constexpr auto patience = 5s;
/// What may wait while this process does not run; the kernel may grant less.
constexpr int receive_buffer = 16 << 20;

struct guest {
  descriptor socket;
  clock::time_point since;
};

class service {
public:
  service(descriptor tcp, descriptor udp, bins& log)
      : tcp_{std::move(tcp)}, udp_{std::move(udp)}, log_{log} {
    for (std::size_t i = 0; i < batch; ++i) {
      parts_[i] = {payloads_[i].data(), payloads_[i].size()};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  void turn() {
    std::vector<pollfd> all{
        {udp_.get(), POLLIN, 0},
        {guests_.size() < max_guests ? tcp_.get() : -1, POLLIN, 0}};
    for (const auto& x : guests_)
      all.push_back({x.socket.get(), POLLIN, 0});
    ::poll(all.data(), all.size(), static_cast<int>(bins::width_ms) / 4);
    log_.advance(wall_ms()); // what is read now belongs to this moment
    auto now = clock::now();
    auto ready = all.begin() + 2;
    for (auto i = guests_.begin(); i != guests_.end(); ++ready) {
      bool gone =
          (ready->revents != 0 && is_served(*i)) || now - i->since > patience;
      i = gone ? guests_.erase(i) : std::next(i);
    }
    if (all[1].revents != 0)
      welcome(now);
    if (all[0].revents != 0)
      count_packets();
  }

private:
  void welcome(clock::time_point now) {
    while (guests_.size() < max_guests) {
      descriptor x{::accept4(tcp_.get(), nullptr, nullptr,
                             SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (x.get() < 0)
        return;
      guests_.push_back({std::move(x), now});
    }
  }

  bool is_served(guest& x) {
    char question[64];
    auto n = ::recv(x.socket.get(), question, sizeof question, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return false;
    if (n <= 0)
      return true; // it went away
    if (::send(x.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0)
      log_.add(tcp_requests, 1);
    return false; // it closes first, so that it keeps the waiting state
  }

  void count_packets() {
    // Not until nothing is left: a flood must not keep the visitors waiting.
    for (int rounds = 0; rounds < 16; ++rounds) {
      int n = ::recvmmsg(udp_.get(), messages_.data(), batch, MSG_DONTWAIT,
                         nullptr);
      if (n > 0)
        log_.add(udp_packets, static_cast<std::uint64_t>(n));
      if (n < static_cast<int>(batch))
        return;
    }
  }

  descriptor tcp_, udp_;
  bins& log_;
  std::list<guest> guests_;
  std::array<std::array<char, 64>, batch> payloads_{};
  std::array<iovec, batch> parts_{};
  std::array<mmsghdr, batch> messages_{};
};

} // namespace

result<void> run(const victim_options& with) {
  auto tcp = bind_socket({with.host, with.tcp}, SOCK_STREAM);
  if (!tcp)
    return tcp.error();
  auto udp = bind_socket({with.host, with.udp}, SOCK_DGRAM);
  if (!udp)
    return udp.error();
  if (::listen(tcp->get(), SOMAXCONN) != 0)
    return fail(ec::io, "listen", std::strerror(errno));
  // Beyond the limit of the system only with CAP_NET_ADMIN.
  for (int option : {SO_RCVBUF, SO_RCVBUFFORCE})
    ::setsockopt(udp->get(), SOL_SOCKET, option, &receive_buffer,
                 sizeof receive_buffer);
  auto log = bins::open(with.log, 2, wall_ms());
  if (!log)
    return log.error();
  std::printf("{\"tcp\":%u,\"udp\":%u}\n", unsigned{port_of(*tcp)},
              unsigned{port_of(*udp)});
  std::fflush(stdout);
  service serving{std::move(*tcp), std::move(*udp), *log};
  while (!stopped())
    serving.turn();
  std::printf("{\"udp_packets\":%llu,\"tcp_requests\":%llu}\n",
              static_cast<unsigned long long>(log->total(udp_packets)),
              static_cast<unsigned long long>(log->total(tcp_requests)));
  return {};
}

} // namespace tocsin::tools::traffic
