#include "storage/worker.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

namespace tocsin::storage {

namespace {

struct submission {
  transaction changes;
  worker::done on_done;
};

using reading = std::function<void(store&)>;
using job = std::variant<submission, reading>;

/// Some data of one transaction that can never be stored must not take the
/// others of its group along; a disk that fails would fail them one by one,
/// each after a time-out.
bool worth_trying_alone(const result<void>& outcome, std::size_t group) {
  return !outcome && group > 1 && outcome.error().code != ec::io;
}

} // namespace

struct worker::state {
  state(std::unique_ptr<store> s, limits b)
      : backend{std::move(s)}, bounds{b}, thread{[this] { run(); }} {}

  void run();
  void commit(std::vector<submission> group);
  bool enqueue_locked(submission& x);
  std::vector<submission> take_group();

  std::unique_ptr<store> backend;
  limits bounds;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<job> queue;   ///< under `mutex`
  std::size_t waiting = 0; ///< transactions in `queue`, under `mutex`
  bool stopping = false;   ///< under `mutex`
  std::thread thread;      ///< last: it uses all of the above
};

/// Takes the transactions up to the next reading; under `mutex`.
std::vector<submission> worker::state::take_group() {
  std::vector<submission> out;
  auto most = std::max<std::size_t>(bounds.max_group, 1);
  while (!queue.empty() && out.size() < most) {
    auto* next = std::get_if<submission>(&queue.front());
    if (!next)
      break;
    out.push_back(std::move(*next));
    queue.pop_front();
  }
  waiting -= out.size();
  return out;
}

void worker::state::run() {
  std::unique_lock lock{mutex};
  for (;;) {
    wake.wait(lock, [this] { return stopping || !queue.empty(); });
    if (queue.empty())
      return;
    if (auto* next = std::get_if<reading>(&queue.front())) {
      auto read = std::move(*next);
      queue.pop_front();
      lock.unlock();
      read(*backend);
    } else {
      auto group = take_group();
      lock.unlock();
      commit(std::move(group));
    }
    lock.lock();
  }
}

void worker::state::commit(std::vector<submission> group) {
  std::vector<transaction> all;
  all.reserve(group.size());
  for (auto& x : group)
    all.push_back(std::move(x.changes));
  auto outcome = backend->commit(all);
  bool alone = worth_trying_alone(outcome, group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (alone)
      outcome = backend->commit(std::span{all}.subspan(i, 1));
    if (group[i].on_done)
      group[i].on_done(outcome);
  }
}

bool worker::state::enqueue_locked(submission& x) {
  if (waiting >= bounds.max_queue)
    return false;
  queue.emplace_back(std::move(x));
  ++waiting;
  return true;
}

worker::worker(std::unique_ptr<store> backend, limits bounds)
    : state_{std::make_unique<state>(std::move(backend), bounds)} {}

worker::~worker() {
  {
    std::lock_guard lock{state_->mutex};
    state_->stopping = true;
  }
  state_->wake.notify_one();
  state_->thread.join();
}

void worker::submit(transaction changes, done on_done) {
  submission x{std::move(changes), std::move(on_done)};
  bool queued;
  {
    std::lock_guard lock{state_->mutex};
    queued = state_->enqueue_locked(x);
  }
  if (queued)
    state_->wake.notify_one();
  else if (x.on_done)
    x.on_done(
        fail(ec::unavailable, "storage", "too many changes wait for the disk"));
}

void worker::query(std::function<void(store&)> read) {
  {
    std::lock_guard lock{state_->mutex};
    state_->queue.emplace_back(std::move(read));
  }
  state_->wake.notify_one();
}

} // namespace tocsin::storage
