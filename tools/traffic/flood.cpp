#include "tools/traffic/bins.hpp"
#include "tools/traffic/pacer.hpp"
#include "tools/traffic/run.hpp"
#include "tools/traffic/system.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <vector>

#include <sys/uio.h>

namespace tocsin::tools::traffic {

namespace {

using clock = pacer::clock;

/// Packets of one system call.
constexpr std::size_t batch = 64;
/// How long to sleep between looks at the clock.
constexpr long nap_ns = 500'000;
/// A busy machine lets this process wait that long without lowering the rate.
constexpr std::chrono::milliseconds patience{100};

/// A batch of equal packets to one target. The sockets are not connected, so
/// that the target's ICMP errors do not stop the sending.
class packets {
public:
  packets(const endpoint& to, std::size_t size) : payload_(size, 'x') {
    socklen_t length = 0;
    name_ = to.host.with_port(to.port, length);
    part_ = {payload_.data(), payload_.size()};
    for (auto& message : messages_) {
      message.msg_hdr.msg_name = &name_;
      message.msg_hdr.msg_namelen = length;
      message.msg_hdr.msg_iov = &part_;
      message.msg_hdr.msg_iovlen = 1;
    }
  }
  packets(const packets&) = delete;
  packets& operator=(const packets&) = delete;

  /// Returns how many of at most `batch` the kernel took.
  std::size_t send(const descriptor& socket, std::uint64_t count) {
    auto n = static_cast<unsigned>(std::min<std::uint64_t>(count, batch));
    int sent = ::sendmmsg(socket.get(), messages_.data(), n, MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

private:
  sockaddr_storage name_{};
  std::vector<char> payload_;
  iovec part_{};
  std::array<mmsghdr, batch> messages_{};
};

result<std::vector<descriptor>> open_sources(const flood_options& with) {
  std::vector<descriptor> sockets;
  for (std::size_t i = 0; i < with.sources; ++i) {
    auto socket = open_socket(with.to.host, SOCK_DGRAM);
    if (!socket)
      return socket.error();
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

} // namespace

result<void> run(const flood_options& with) {
  auto sockets = open_sources(with);
  if (!sockets)
    return sockets.error();
  auto log = bins::open(with.log, 1, wall_ms());
  if (!log)
    return log.error();
  packets all{with.to, with.size};
  auto start = clock::now();
  pacer pace{with.rate, start, patience};
  std::uint64_t refused = 0;
  std::size_t turn = 0;
  for (auto now = start; !stopped() && now - start < with.duration;
       now = clock::now()) {
    for (auto due = pace.due(now); due > 0;) {
      auto wanted = std::min<std::uint64_t>(due, batch);
      auto sent = all.send((*sockets)[turn++ % sockets->size()], wanted);
      log->add(0, sent);
      refused += wanted - sent;
      due -= wanted;
    }
    log->advance(wall_ms());
    timespec nap{0, nap_ns};
    ::nanosleep(&nap, nullptr);
  }
  std::printf("{\"sent\":%llu,\"refused\":%llu}\n",
              static_cast<unsigned long long>(log->total(0)),
              static_cast<unsigned long long>(refused));
  return {};
}

} // namespace tocsin::tools::traffic
