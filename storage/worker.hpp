#pragma once
#include "storage/store.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace tocsin::storage {

/// The one writer thread of a store, with group commit: what arrives while a
/// commit runs joins the next one, so many requests share one fsync.
class worker {
public:
  /// Called on the writer thread when the transaction is durable, or has
  /// failed; in the order of submit(). Must not throw; may submit() again.
  using done = std::function<void(const result<void>&)>;

  /// `max_group`: transactions in one commit at most; `max_queue`: waiting
  /// transactions at most.
  struct limits {
    std::size_t max_group = 1024;
    std::size_t max_queue = 65536;
  };

  worker(std::unique_ptr<store> backend, limits bounds);
  explicit worker(std::unique_ptr<store> backend)
      : worker{std::move(backend), limits{}} {}

  /// Commits what is queued, then ends the thread. Not on the writer thread.
  ~worker();

  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Queues a transaction; never blocks. Any thread. When the queue is full,
  /// `on_done` is called at once, on the caller's thread, with
  /// ec::unavailable. A group that fails for what one transaction contains is
  /// tried again one by one; a group that fails for the disk fails as a whole.
  void submit(transaction changes, done on_done);

  /// Runs `read` on the writer thread between two commits, after all that was
  /// submitted before it. Any thread. It must not throw.
  void query(std::function<void(store&)> read);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tocsin::storage
