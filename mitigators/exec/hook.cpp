#include "mitigators/exec/hook.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot to declare it as a C function.
extern "C" {
#include <sys/pidfd.h>
}

namespace tocsin::mitigators::exec {

namespace {

using clock = std::chrono::steady_clock;

struct running {
  std::size_t index = 0; // of its call
  pid_t pid = -1;
  int handle = -1; // pidfd
  int output = -1;
  clock::time_point deadline;
  bool killed = false;
};

std::vector<char*> environment(const hook_call& call) {
  std::vector<char*> result;
  for (auto entry = environ; *entry; ++entry)
    if (!std::string_view{*entry}.starts_with("TOCSIN_"))
      result.push_back(*entry);
  for (const auto& x : call.variables)
    result.push_back(const_cast<char*>(x.c_str()));
  result.push_back(nullptr);
  return result;
}

/// A file in memory: the hook may ignore its input, and nobody blocks.
int input_file(const std::string& content) {
  auto fd = memfd_create("tocsin-hook-input", MFD_CLOEXEC);
  for (std::size_t done = 0; fd >= 0 && done < content.size();) {
    auto n = write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno != EINTR)
      break;
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  if (fd >= 0)
    lseek(fd, 0, SEEK_SET);
  return fd;
}

/// posix_spawn with our descriptors, in its own process group, with a clean
/// signal state. Returns an errno value.
int spawn(const std::string& program, const hook_call& call, int in, int out,
          pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
                                     | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  auto variables = environment(call);
  char* arguments[]{const_cast<char*>(program.c_str()), nullptr};
  auto status = posix_spawn(&pid, program.c_str(), &files, &how, arguments,
                            variables.data());
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return status;
}

class runner {
public:
  runner(const std::string& program, const std::vector<hook_call>& calls,
         const hook_limits& limits)
      : program_{program}, calls_{calls}, limits_{limits},
        outcomes_(calls.size()) {}

  std::vector<hook_outcome> run() {
    for (std::size_t next = 0; next < calls_.size() || !active_.empty();) {
      while (next < calls_.size() && active_.size() < limits_.concurrency)
        start(next++);
      wait();
    }
    return std::move(outcomes_);
  }

private:
  void start(std::size_t index) {
    int fds[2]{-1, -1};
    auto in = input_file(calls_[index].input);
    running x;
    x.index = index;
    int status = 0;
    if (in < 0 || pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
      status = errno;
    } else {
      // The hook's end of the pipe must block as it expects.
      fcntl(fds[1], F_SETFL, 0);
      status = spawn(program_, calls_[index], in, fds[1], x.pid);
    }
    close(in);
    close(fds[1]);
    if (status == 0) {
      x.output = fds[0];
      x.handle = pidfd_open(x.pid, 0);
      x.deadline = clock::now() + limits_.timeout;
      active_.push_back(x);
    } else {
      close(fds[0]);
      outcomes_[index].problem = program_ + ": " + std::strerror(status);
    }
  }

  void wait() {
    if (active_.empty())
      return;
    std::vector<pollfd> fds;
    auto first = clock::time_point::max();
    for (const auto& x : active_) {
      fds.push_back({x.handle, POLLIN, 0});
      fds.push_back({x.output, POLLIN, 0});
      first = std::min(first, x.deadline);
    }
    auto left = std::chrono::ceil<std::chrono::milliseconds>(
                    std::max(first - clock::now(), clock::duration::zero()))
                    .count();
    poll(fds.data(), fds.size(), static_cast<int>(std::min(left, 60'000L)));
    for (std::size_t i = 0; i < active_.size(); ++i) {
      if (fds[2 * i + 1].revents)
        read_output(active_[i]);
      kill_if_late(active_[i]);
      if (fds[2 * i].revents)
        finish(active_[i]);
    }
    std::erase_if(active_, [](const running& x) { return x.pid < 0; });
  }

  void read_output(running& x) {
    char buffer[4096];
    auto& kept = outcomes_[x.index].output;
    // Only so much at a time: a hook may write without end.
    for (int turn = 0; turn < 64 && x.output >= 0; ++turn) {
      auto n = read(x.output, buffer, sizeof buffer);
      if (n < 0)
        return;
      if (n == 0)
        close(std::exchange(x.output, -1));
      auto room = limits_.max_output - kept.size();
      kept.append(buffer, std::min(static_cast<std::size_t>(n), room));
    }
  }

  static void kill_if_late(running& x) {
    if (x.killed || clock::now() < x.deadline)
      return;
    x.killed = true;
    kill(-x.pid, SIGKILL);
    x.deadline = clock::time_point::max(); // its end is near
  }

  void finish(running& x) {
    read_output(x);
    int status = 0;
    kill(-x.pid, SIGKILL); // what it left behind in its group
    while (waitpid(x.pid, &status, 0) < 0 && errno == EINTR)
      continue;
    auto& outcome = outcomes_[x.index];
    outcome.good = !x.killed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (x.killed)
      outcome.problem = "killed: not done within "
                        + std::to_string(limits_.timeout.count()) + " ms";
    else if (WIFSIGNALED(status))
      outcome.problem = "killed by signal " + std::to_string(WTERMSIG(status));
    else if (!outcome.good)
      outcome.problem = "exit status " + std::to_string(WEXITSTATUS(status));
    close(x.handle);
    if (x.output >= 0)
      close(x.output);
    x.pid = -1;
  }

  const std::string& program_;
  const std::vector<hook_call>& calls_;
  const hook_limits& limits_;
  std::vector<hook_outcome> outcomes_;
  std::vector<running> active_;
};

} // namespace

std::vector<hook_outcome> run_hooks(const std::string& program,
                                    const std::vector<hook_call>& calls,
                                    const hook_limits& limits) {
  return runner{program, calls, limits}.run();
}

} // namespace tocsin::mitigators::exec
