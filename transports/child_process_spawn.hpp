#pragma once
#include "protocol/error.hpp"

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

namespace tocsin::transports::detail {

/// A descriptor that closes itself.
class unique_fd {
public:
  explicit unique_fd(int fd = -1) noexcept : fd_{fd} {}
  unique_fd(unique_fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() { reset(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept {
    if (fd_ >= 0)
      close(std::exchange(fd_, -1));
  }

private:
  int fd_;
};

/// A process that was just started; our ends of its pipes do not block.
struct started_process {
  pid_t pid = -1;
  unique_fd handle; ///< pidfd: readable when the process has ended
  unique_fd input;  ///< write end of its standard input
  unique_fd output; ///< read end of its standard output
  unique_fd log;    ///< read end of its standard error
};

/// Forks and executes. The process gets SIGTERM when the calling thread ends
/// (that is what PR_SET_PDEATHSIG looks at), so that thread must outlive it.
result<started_process> start_process(const std::vector<std::string>& argv,
                                      const std::vector<std::string>& env);

} // namespace tocsin::transports::detail
