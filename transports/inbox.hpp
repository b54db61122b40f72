#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tocsin::transports {

/// Work that other threads leave for a thread which waits on a descriptor.
class inbox {
public:
  inbox() : descriptor_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}
  ~inbox() { ::close(descriptor_); }
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// Readable when there is work.
  int descriptor() const noexcept { return descriptor_; }

  /// Any thread.
  void post(std::function<void()> task) {
    bool first = false;
    {
      std::lock_guard guard{mutex_};
      first = tasks_.empty();
      tasks_.push_back(std::move(task));
    }
    if (first)
      wake();
  }

  /// Makes the descriptor readable. Any thread.
  void wake() noexcept {
    signalled_.store(true, std::memory_order_release);
    std::uint64_t one = 1;
    // It fails only when it is readable anyway.
    [[maybe_unused]] auto written = ::write(descriptor_, &one, sizeof one);
  }

  /// Does what was posted before the call. The owner's thread.
  void run() {
    if (!signalled_.exchange(false, std::memory_order_acq_rel))
      return;
    std::uint64_t count = 0;
    [[maybe_unused]] auto taken = ::read(descriptor_, &count, sizeof count);
    {
      std::lock_guard guard{mutex_};
      running_.swap(tasks_);
    }
    for (auto& task : running_)
      task();
    running_.clear();
  }

private:
  int descriptor_;
  std::atomic<bool> signalled_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::vector<std::function<void()>> running_; // the owner's
};

} // namespace tocsin::transports
