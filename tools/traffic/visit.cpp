#include "tools/traffic/bins.hpp"
#include "tools/traffic/pacer.hpp"
#include "tools/traffic/run.hpp"
#include "tools/traffic/system.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <list>
#include <string_view>
#include <vector>

#include <poll.h>

namespace tocsin::tools::traffic {

namespace {

using clock = pacer::clock;
using namespace std::chrono_literals;

/// A visitor waits for the retransmission of a lost SYN (1 s later), and then
/// gives up.
constexpr auto patience = 3s;
/// As many visitors as these may come at once, if nobody let them in before.
constexpr std::chrono::milliseconds pace_patience{1000};
/// Visitors at one time; more are lost at once.
constexpr std::size_t max_visitors = 3'000;
constexpr std::string_view question = "are you there?\n";
enum column { asked, answered, lost };

struct visitor {
  descriptor socket;
  clock::time_point since;
  bool has_asked = false;
};

class crowd {
public:
  crowd(const endpoint& to, bins& log) : host_{to.host}, log_{log} {
    name_ = to.host.with_port(to.port, size_);
  }

  void send_one(clock::time_point now) {
    log_.add(asked, 1);
    auto socket = open_socket(host_, SOCK_STREAM);
    if (!socket || visitors_.size() >= max_visitors)
      return log_.add(lost, 1);
    auto* name = reinterpret_cast<const sockaddr*>(&name_);
    if (::connect(socket->get(), name, size_) != 0 && errno != EINPROGRESS)
      return log_.add(lost, 1);
    visitors_.push_back({std::move(*socket), now, false});
  }

  /// Serves whoever is ready within a millisecond.
  void serve() {
    std::vector<pollfd> all;
    for (const auto& x : visitors_)
      all.push_back({x.socket.get(),
                     static_cast<short>(x.has_asked ? POLLIN : POLLOUT), 0});
    ::poll(all.data(), all.size(), 1);
    auto now = clock::now();
    auto ready = all.begin();
    for (auto i = visitors_.begin(); i != visitors_.end(); ++ready) {
      bool gone = (ready->revents != 0 && is_done(*i, now)) || expired(*i, now);
      i = gone ? visitors_.erase(i) : std::next(i);
    }
  }

  bool empty() const { return visitors_.empty(); }
  void give_up() { log_.add(lost, visitors_.size()); }
  clock::duration slowest() const { return slowest_; }

private:
  bool is_done(visitor& x, clock::time_point now) {
    if (!x.has_asked) {
      auto n = ::send(x.socket.get(), question.data(), question.size(),
                      MSG_NOSIGNAL);
      x.has_asked = n == static_cast<ssize_t>(question.size());
      if (!x.has_asked)
        log_.add(lost, 1);
      return !x.has_asked;
    }
    char answer[64];
    auto n = ::recv(x.socket.get(), answer, sizeof answer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return false;
    bool good = n > 0;
    log_.add(good ? answered : lost, 1);
    if (good)
      slowest_ = std::max(slowest_, now - x.since);
    return true;
  }

  bool expired(const visitor& x, clock::time_point now) {
    if (now - x.since < patience)
      return false;
    log_.add(lost, 1);
    return true;
  }

  address host_;
  bins& log_;
  sockaddr_storage name_{};
  socklen_t size_ = 0;
  std::list<visitor> visitors_;
  clock::duration slowest_{0};
};

} // namespace

result<void> run(const visit_options& with) {
  auto log = bins::open(with.log, 3, wall_ms());
  if (!log)
    return log.error();
  crowd visitors{with.to, *log};
  auto start = clock::now();
  pacer pace{with.rate, start, pace_patience};
  auto now = start;
  for (; !stopped() && now - start < with.duration; now = clock::now()) {
    for (auto due = pace.due(now); due > 0; --due)
      visitors.send_one(now);
    visitors.serve();
    log->advance(wall_ms());
  }
  // Those under way may finish.
  for (auto end = now + patience; !visitors.empty() && clock::now() < end;) {
    visitors.serve();
    log->advance(wall_ms());
  }
  visitors.give_up();
  auto slowest = std::chrono::duration<double, std::milli>{visitors.slowest()};
  std::printf("{\"sent\":%llu,\"answered\":%llu,\"lost\":%llu,"
              "\"slowest_ms\":%.1f}\n",
              static_cast<unsigned long long>(log->total(asked)),
              static_cast<unsigned long long>(log->total(answered)),
              static_cast<unsigned long long>(log->total(lost)),
              slowest.count());
  return {};
}

} // namespace tocsin::tools::traffic
