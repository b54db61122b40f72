#pragma once
#include "protocol/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tocsin::transports {

/// A program that the node runs and talks to in lines, such as a mitigator
/// driver: lines go to its standard input and come from its standard output;
/// its standard error is its log.
///
/// The program runs in a process group of its own, so that ^C on the node's
/// terminal does not end it before the ordered shutdown; it inherits no other
/// descriptor, a clean signal state, and gets SIGTERM when the node dies.
///
/// Thread: every member may be called from any thread, except that the object
/// must not be destroyed from within a callback.
class child_process {
public:
  /// Called on the child's own thread, one at a time; they must not block.
  /// None is called after the destructor returned.
  struct callbacks {
    /// A line of standard output, without its line end.
    std::function<void(std::string)> on_line;
    /// A line of standard error, cut to options::max_log octets, or a remark
    /// of ours, e.g. about an overlong line that was left out.
    std::function<void(std::string)> on_log;
    /// Once, and the last of all, when the process has ended and everything
    /// it wrote was delivered: `status` as from waitpid(2), see describe().
    std::function<void(int status)> on_exit;
  };

  struct options {
    /// The program (looked up in PATH if it has no slash) and its arguments.
    std::vector<std::string> argv;
    /// "NAME=value", added to the node's environment.
    std::vector<std::string> env;
    /// Longest line of standard output, octets; longer ones are left out.
    std::size_t max_line = 4 * 1024 * 1024;
    /// Longest log line, octets.
    std::size_t max_log = 4096;
    /// Octets that may wait until the program reads them.
    std::size_t max_queue = 64 * 1024 * 1024;
  };

  /// Starts the program. Fails with ec::not_found, ec::unauthorized or ec::io
  /// if it cannot be run; then no callback is ever called.
  static result<std::unique_ptr<child_process>> spawn(options what,
                                                      callbacks notify);

  /// Kills the process group if it still runs, and waits for its end: call
  /// terminate() and await on_exit for an orderly one.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Queues text of one or more lines for the standard input; a missing final
  /// line end is added. Never blocks. Fails with ec::too_large if the queue
  /// would exceed options::max_queue (nothing is queued then), ec::closed
  /// after terminate() or the end of the process.
  result<void> write_line(std::string text);

  /// Ends the process: closes its standard input as soon as what is queued
  /// has been written, sends SIGTERM after half of `grace`, SIGKILL to its
  /// group after all of it. Returns at once; on_exit tells the end.
  void terminate(std::chrono::milliseconds grace);

  /// Process id while it runs and until on_exit was called.
  pid_t pid() const noexcept;

  /// "exit status 3", "killed by signal 9 (Killed)".
  static std::string describe(int status);

private:
  class host;
  explicit child_process(std::unique_ptr<host> impl);
  std::unique_ptr<host> host_;
};

} // namespace tocsin::transports
