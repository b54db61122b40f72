#include "transports/child_process.hpp"

#include "protocol/line_splitter.hpp"
#include "transports/child_process_spawn.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

namespace tocsin::transports {

namespace {

using clock = std::chrono::steady_clock;
using detail::unique_fd;

/// Whether the descriptor is still of use.
enum class reading { open, ended };

void ignore(std::string) {}

} // namespace

/// The thread of one child and what it shares with the callers.
class child_process::host {
public:
  host(options what, callbacks notify)
      : what_{std::move(what)}, notify_{std::move(notify)},
        wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, lines_{what_.max_line},
        logs_{what_.max_log} {
    if (!notify_.on_line)
      notify_.on_line = ignore;
    if (!notify_.on_log)
      notify_.on_log = ignore;
  }

  ~host() {
    if (!thread_.joinable())
      return;
    terminate(std::chrono::milliseconds{0});
    thread_.join();
  }

  /// The process is forked by the thread that watches it: were it another
  /// one, the end of that thread would already kill the process.
  result<void> start() {
    std::promise<result<void>> started;
    auto answer = started.get_future();
    thread_ = std::thread{[this, &started] {
      auto process = detail::start_process(what_.argv, what_.env);
      if (!process) {
        started.set_value(process.error());
        return;
      }
      process_ = std::move(*process);
      pid_ = process_.pid;
      started.set_value(result<void>{});
      run();
    }};
    auto outcome = answer.get();
    if (!outcome)
      thread_.join();
    return outcome;
  }

  result<void> write(std::string text) {
    if (text.empty() || text.back() != '\n')
      text += '\n';
    std::lock_guard guard{mutex_};
    if (closing_)
      return fail(ec::closed, what_.argv[0], "takes no more input");
    if (queue_.size() - written_ + text.size() > what_.max_queue)
      return fail(ec::too_large, what_.argv[0], "does not read its input");
    queue_ += text;
    wake();
    return {};
  }

  void terminate(std::chrono::milliseconds grace) {
    std::lock_guard guard{mutex_};
    auto now = clock::now();
    closing_ = true;
    if (!kill_at_ || now + grace < *kill_at_) {
      term_at_ = now + grace / 2;
      kill_at_ = now + grace;
    }
    wake();
  }

  pid_t pid() const noexcept { return pid_; }

private:
  void wake() {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_.get(), &one, sizeof one);
  }

  void run() {
    block_signals();
    for (bool ended = false; !ended;) {
      auto fds = wanted();
      poll(fds.data(), fds.size(), signal_when_due());
      if (fds[0].revents) {
        std::uint64_t count = 0;
        [[maybe_unused]] auto n = read(wake_.get(), &count, sizeof count);
      }
      ended = fds[1].revents != 0;
      if (fds[2].revents || ended)
        drain_output(ended);
      if (fds[3].revents || ended)
        drain_log(ended);
      feed();
    }
    reap();
  }

  /// Signals sent to the node are for its main thread; SIGPIPE comes to the
  /// thread that writes, and is told by EPIPE as well.
  static void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
  }

  std::array<pollfd, 5> wanted() {
    std::lock_guard guard{mutex_};
    bool waiting = written_ < queue_.size();
    return {{{wake_.get(), POLLIN, 0},
             {process_.handle.get(), POLLIN, 0},
             {process_.output.get(), POLLIN, 0},
             {process_.log.get(), POLLIN, 0},
             {waiting ? process_.input.get() : -1, POLLOUT, 0}}};
  }

  /// Sends the signals whose time has come; the time to the next one in
  /// milliseconds, -1 if there is none.
  int signal_when_due() {
    std::lock_guard guard{mutex_};
    if (!kill_at_)
      return -1;
    auto now = clock::now();
    if (now >= *kill_at_) {
      // The leader is not yet reaped, so the numbers are still its own.
      kill(-process_.pid, SIGKILL);
      kill(process_.pid, SIGKILL);
      return -1;
    }
    if (term_at_ && now >= *term_at_) {
      kill(process_.pid, SIGTERM);
      term_at_.reset();
    }
    auto next = term_at_.value_or(*kill_at_);
    return static_cast<int>(
        std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
  }

  /// Reads what is there, at most `budget` octets so that the other
  /// descriptors get their turn.
  template <class Take>
  static reading drain(unique_fd& fd, std::size_t budget, Take take) {
    char buffer[65536];
    while (fd && budget > 0) {
      auto n = read(fd.get(), buffer, std::min(sizeof buffer, budget));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return reading::open;
      if (n <= 0) {
        fd.reset();
        return reading::ended;
      }
      take(std::string_view{buffer, static_cast<std::size_t>(n)});
      budget -= static_cast<std::size_t>(n);
    }
    return fd ? reading::open : reading::ended;
  }

  // After the end of the process its pipes hold at most their capacity; a
  // grandchild that still writes to them must not keep us here.
  static constexpr std::size_t turn_octets = 1 << 18;
  static constexpr std::size_t last_octets = 1 << 21;

  void drain_output(bool last) {
    drain(process_.output, last ? last_octets : turn_octets,
          [this](std::string_view octets) {
            lines_.push(octets);
            while (auto line = lines_.next()) {
              if (line->overlong)
                notify_.on_log("a line of output was too long and left out");
              else
                notify_.on_line(std::move(line->text));
            }
          });
    if (last)
      lines_.rest(); // half a line means nothing
  }

  void drain_log(bool last) {
    drain(process_.log, last ? last_octets : turn_octets,
          [this](std::string_view octets) {
            logs_.push(octets);
            while (auto line = logs_.next())
              notify_.on_log(line->overlong ? "a log line was too long"
                                            : std::move(line->text));
          });
    if (last)
      if (auto text = logs_.rest(); !text.empty())
        notify_.on_log(std::move(text));
  }

  /// Writes what is queued, as far as the pipe takes it.
  void feed() {
    std::lock_guard guard{mutex_};
    while (process_.input && written_ < queue_.size()) {
      auto n = ::write(process_.input.get(), queue_.data() + written_,
                       queue_.size() - written_);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno != EAGAIN) {
        closing_ = true; // the program closed its input
        process_.input.reset();
      }
      if (n < 0)
        break;
      written_ += static_cast<std::size_t>(n);
    }
    if (!process_.input || written_ == queue_.size()) {
      queue_.clear();
      written_ = 0;
      if (closing_)
        process_.input.reset();
    } else if (written_ > what_.max_queue / 8) {
      queue_.erase(0, std::exchange(written_, 0));
    }
  }

  void reap() {
    int status = 0;
    while (waitpid(process_.pid, &status, 0) < 0 && errno == EINTR)
      continue;
    {
      std::lock_guard guard{mutex_};
      closing_ = true;
    }
    if (notify_.on_exit)
      notify_.on_exit(status);
    pid_ = -1;
  }

  options what_;
  callbacks notify_;
  unique_fd wake_;
  std::thread thread_;
  std::atomic<pid_t> pid_{-1};

  // Of the child's thread alone.
  detail::started_process process_;
  protocol::line_splitter lines_;
  protocol::line_splitter logs_;

  std::mutex mutex_; // guards what follows
  std::string queue_;
  std::size_t written_ = 0; // octets of queue_ that are in the pipe
  bool closing_ = false;
  std::optional<clock::time_point> term_at_;
  std::optional<clock::time_point> kill_at_;
};

child_process::child_process(std::unique_ptr<host> impl)
    : host_{std::move(impl)} {}

child_process::~child_process() = default;

result<std::unique_ptr<child_process>> child_process::spawn(options what,
                                                            callbacks notify) {
  auto impl = std::make_unique<host>(std::move(what), std::move(notify));
  if (auto started = impl->start(); !started)
    return started.error();
  return std::unique_ptr<child_process>{new child_process{std::move(impl)}};
}

result<void> child_process::write_line(std::string text) {
  return host_->write(std::move(text));
}

void child_process::terminate(std::chrono::milliseconds grace) {
  host_->terminate(grace);
}

pid_t child_process::pid() const noexcept {
  return host_->pid();
}

std::string child_process::describe(int status) {
  if (WIFEXITED(status))
    return "exit status " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    auto number = WTERMSIG(status);
    auto name = sigdescr_np(number);
    return "killed by signal " + std::to_string(number) + " ("
           + (name ? name : "unknown") + ")";
  }
  return "status " + std::to_string(status);
}

} // namespace tocsin::transports
