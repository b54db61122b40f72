#include "transports/child_process_spawn.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>

// glibc 2.36 forgot to declare it as a C function.
extern "C" {
#include <sys/pidfd.h>
}

namespace tocsin::transports::detail {

namespace {

struct pipe_pair {
  unique_fd read, write;
};

bool open_pipe(pipe_pair& x) {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0)
    return false;
  x.read = unique_fd{fds[0]};
  x.write = unique_fd{fds[1]};
  return true;
}

void set_nonblocking(const unique_fd& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers(const std::vector<std::string>& xs) {
  std::vector<char*> result;
  for (const auto& x : xs)
    result.push_back(const_cast<char*>(x.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<char*> environment(const std::vector<std::string>& added) {
  std::vector<char*> result;
  auto replaced = [&](std::string_view entry) {
    auto name = entry.substr(0, entry.find('=') + 1);
    for (const auto& x : added)
      if (x.starts_with(name))
        return true;
    return false;
  };
  for (auto entry = environ; *entry; ++entry)
    if (!replaced(*entry))
      result.push_back(*entry);
  for (auto entry : pointers(added))
    result.push_back(entry);
  return result; // pointers() brought the final null
}

/// A duplicate above the standard descriptors, so that the duplications onto
/// those cannot overwrite a pipe which happens to have such a number.
int above_standard(int fd) {
  return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/// In the child, between fork and exec: only what is async-signal-safe.
[[noreturn]] void become(char** argv, char** env, int in, int out, int err,
                         int report, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  in = above_standard(in);
  out = above_standard(out);
  err = above_standard(err);
  report = above_standard(report);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  // Whatever some library opened without O_CLOEXEC stays with the node.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (int number = 1; number < NSIG; ++number)
    signal(number, SIG_DFL); // ignored signals would survive the exec
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (getppid() == parent) // it may have died before the prctl
    execvpe(argv[0], argv, env);
  int why = errno;
  [[maybe_unused]] auto n = write(report, &why, sizeof why);
  _exit(127);
}

failure exec_failure(const std::string& program, int number) {
  auto code = number == ENOENT || number == ENOTDIR ? ec::not_found
              : number == EACCES || number == EPERM ? ec::unauthorized
                                                    : ec::io;
  return fail(code, program, std::strerror(number));
}

} // namespace

result<started_process> start_process(const std::vector<std::string>& argv,
                                      const std::vector<std::string>& env) {
  if (argv.empty() || argv[0].empty())
    return fail(ec::missing, "argv", "names no program");
  pipe_pair in, out, err, report;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err)
      || !open_pipe(report))
    return fail(ec::io, argv[0], std::strerror(errno));
  auto arguments = pointers(argv);
  auto variables = environment(env);
  auto parent = getpid();
  auto pid = fork();
  if (pid < 0)
    return fail(ec::io, argv[0], std::strerror(errno));
  if (pid == 0)
    become(arguments.data(), variables.data(), in.read.get(), out.write.get(),
           err.write.get(), report.write.get(), parent);
  report.write.reset();
  int number = 0;
  ssize_t n;
  do
    n = read(report.read.get(), &number, sizeof number);
  while (n < 0 && errno == EINTR);
  started_process result{pid, unique_fd{pidfd_open(pid, 0)},
                         std::move(in.write), std::move(out.read),
                         std::move(err.read)};
  if (n == 0 && result.handle) {
    for (auto fd : {&result.input, &result.output, &result.log})
      set_nonblocking(*fd);
    return result;
  }
  if (n == 0) {
    number = errno; // no pidfd: the process must not go unwatched
    kill(pid, SIGKILL);
  }
  waitpid(pid, nullptr, 0);
  return exec_failure(argv[0], number);
}

} // namespace tocsin::transports::detail
