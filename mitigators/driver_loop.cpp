#include "mitigators/driver_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace tocsin::mitigators {

namespace {

using clock = std::chrono::steady_clock;

/// A read-out of slow counters may take this part of the time at most.
constexpr int idle_factor = 10;

int open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

class loop {
public:
  loop(backend& target, const driver_options& how)
      : machine_{target}, how_{how}, signals_{open_signals()},
        next_tick_{clock::now() + how.counters_interval} {}
  ~loop() { close(signals_); }

  void run() {
    while (running_ && !machine_.over()) {
      pollfd fds[]{{how_.input, POLLIN, 0}, {signals_, POLLIN, 0}};
      auto n = poll(fds, std::size(fds), wait_time());
      if (n < 0 && errno != EINTR)
        break;
      if (n > 0 && fds[1].revents)
        break; // told to end
      if (n > 0 && fds[0].revents)
        read_input();
      tick();
    }
  }

  bool refused() const { return machine_.refused(); }

private:
  int wait_time() const {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    auto left = ceil<milliseconds>(next_tick_ - clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  }

  void read_input() {
    auto n = read(how_.input, buffer_, sizeof buffer_);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
      return;
    if (n <= 0) {
      running_ = false;
      return;
    }
    splitter_.push({buffer_, static_cast<std::size_t>(n)});
    while (auto line = splitter_.next()) {
      send(machine_.on_line(*line));
      tick(); // a long queue of orders must not silence the counters
    }
  }

  void tick() {
    auto begin = clock::now();
    if (begin < next_tick_)
      return;
    send(machine_.on_tick());
    auto end = clock::now();
    next_tick_ = end
                 + std::max<clock::duration>(how_.counters_interval,
                                             (end - begin) * idle_factor);
  }

  void send(const std::string& lines) {
    if (running_ && !write_all(how_.output, lines))
      running_ = false; // the node is gone
  }

  driver_machine machine_;
  const driver_options& how_;
  protocol::line_splitter splitter_ = make_splitter();
  int signals_;
  clock::time_point next_tick_;
  bool running_ = true;
  char buffer_[65536];
};

} // namespace

int run_driver(backend& target, const driver_options& how) {
  loop driver{target, how};
  driver.run();
  target.shutdown(how.cleanup_on_exit && !driver.refused());
  return driver.refused() ? exit_version : exit_ok;
}

void driver_log(std::string_view text) {
  std::string line{text};
  line += '\n';
  write_all(STDERR_FILENO, line);
}

} // namespace tocsin::mitigators
