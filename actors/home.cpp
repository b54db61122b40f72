#include "actors/home.hpp"

namespace tocsin::actors {

home::home(caf::actor_system& system, std::function<void()> wake)
    : caf::execution_unit{&system}, context_{&system}, wake_{std::move(wake)} {}

home::~home() {
  take_foreign();
  for (auto* job : local_)
    caf::intrusive_ptr_release(job);
}

void home::outward::exec_later(caf::resumable* job) {
  system().scheduler().enqueue(job);
}

void home::exec_later(caf::resumable* job) {
  if (std::this_thread::get_id() == thread_.load(std::memory_order_relaxed)) {
    local_.push_back(job);
    return;
  }
  bool first = false;
  {
    std::lock_guard lock{guard_};
    first = foreign_.empty();
    foreign_.push_back(job);
  }
  if (first)
    wake_();
}

void home::take_foreign() {
  {
    std::lock_guard lock{guard_};
    foreign_.swap(spare_);
  }
  local_.insert(local_.end(), spare_.begin(), spare_.end());
  spare_.clear();
}

bool home::run(std::size_t budget) {
  // Messages per resume: enough to amortise, few enough to stay fair.
  constexpr std::size_t throughput = 64;
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  take_foreign();
  for (; budget > 0 && !local_.empty(); --budget) {
    auto* job = local_.front();
    local_.pop_front();
    switch (job->resume(&context_, throughput)) {
    case caf::resumable::resume_later:
      local_.push_back(job);
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
    case caf::resumable::shutdown_execution_unit:
      caf::intrusive_ptr_release(job);
      break;
    }
    if (local_.empty())
      take_foreign();
  }
  return local_.empty();
}

} // namespace tocsin::actors
