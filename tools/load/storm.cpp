#include "tools/load/connect.hpp"
#include "tools/load/requests.hpp"
#include "tools/load/schedule.hpp"

#include <algorithm>
#include <numeric>

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds tick{10};

class storm final : swarm_events {
public:
  explicit storm(const arguments& with)
      : with_{with}, meter_{with.watch},
        meant_(with.keep
                   ? with.count
                   : std::min<std::uint64_t>(with.count, with.outstanding)),
        shaking_(meant_.size()) {}

  result<load_report> run();

private:
  void on_up(std::size_t slot) override;
  void on_message(std::size_t, byte_view) override {}
  void on_down(std::size_t slot, const std::string& why) override;

  result<void> make();
  void get_tickets();
  void rage();
  void start_due();
  void start(std::size_t slot, time_point meant);
  void over(std::size_t slot);
  std::size_t under_way() const { return started_ - finished_; }

  const arguments& with_;
  meter meter_;
  std::vector<time_point> meant_; // by slot
  std::vector<bool> shaking_;     // by slot: its handshake is in progress
  std::vector<std::size_t> free_; // slots
  std::unique_ptr<swarm> clients_;
  std::optional<schedule> schedule_; // nothing: closed loop
  bool measuring_ = false;
  std::size_t started_ = 0;
  std::size_t finished_ = 0;
  std::optional<failure> trouble_;
};

result<void> storm::make() {
  auto target = target_of(with_);
  if (!target)
    return target.error();
  if (with_.resumed)
    target->tickets =
        std::make_shared<transports::resumption_cache>(meant_.size());
  auto made = swarm::make(*target, meant_.size(), *this);
  if (!made)
    return made.error();
  clients_ = *std::move(made);
  free_.resize(meant_.size());
  // The first slot is at the back, where the next one is taken from.
  std::iota(free_.rbegin(), free_.rend(), std::size_t{0});
  return {};
}

void storm::start(std::size_t slot, time_point meant) {
  meant_[slot] = meant;
  shaking_[slot] = true;
  ++started_;
  if (auto ok = clients_->open(slot); !ok && !trouble_)
    trouble_ = ok.error();
}

void storm::over(std::size_t slot) {
  ++finished_;
  shaking_[slot] = false;
  if (!measuring_ || !with_.keep)
    clients_->close(slot);
  if (measuring_ && !with_.keep)
    free_.push_back(slot);
}

void storm::on_up(std::size_t slot) {
  if (measuring_)
    meter_.done("handshake", clock_type::now() - meant_[slot],
                clients_->resumed(slot) ? "resumed" : "full");
  over(slot);
}

// Sessions that are up and kept may end, too; their handshake was counted.
void storm::on_down(std::size_t slot, const std::string& why) {
  if (!shaking_[slot]) {
    meter_.note("session", "lost: " + why);
    return;
  }
  if (measuring_) {
    meter_.lost("handshake");
    meter_.note("handshake", why);
  } else if (!trouble_) {
    trouble_ = fail(ec::unavailable, "client " + std::to_string(slot), why);
  }
  over(slot);
}

// A full handshake of each client, `outstanding` at a time.
void storm::get_tickets() {
  for (std::size_t next = 0; finished_ < meant_.size() && !trouble_;) {
    for (; next < meant_.size() && under_way() < with_.outstanding; ++next)
      start(next, clock_type::now());
    clients_->turn(tick);
  }
  started_ = finished_ = 0;
}

void storm::start_due() {
  auto now = clock_type::now();
  while (started_ < with_.count && !free_.empty() && !trouble_) {
    auto meant = std::optional{now};
    if (schedule_)
      meant = schedule_->take(now);
    else if (under_way() >= with_.outstanding)
      return;
    if (!meant)
      return;
    auto slot = free_.back();
    free_.pop_back();
    start(slot, *meant);
  }
}

void storm::rage() {
  measuring_ = true;
  auto began = clock_type::now();
  meter_.begin(began);
  if (with_.rate > 0)
    schedule_.emplace(with_.rate, began);
  while (finished_ < with_.count && !trouble_) {
    start_due();
    duration patience = tick;
    if (schedule_ && !free_.empty() && started_ < with_.count)
      patience = std::min(patience, schedule_->next() - clock_type::now());
    clients_->turn(patience);
  }
  meter_.end(clock_type::now());
}

result<load_report> storm::run() {
  if (auto ok = make(); !ok)
    return ok.error();
  load_report out;
  if (with_.resumed) {
    auto began = clock_type::now();
    get_tickets();
    out.connect_seconds =
        std::chrono::duration<double>(clock_type::now() - began).count();
  }
  if (!trouble_)
    rage();
  if (trouble_)
    return *trouble_;
  for (std::size_t i = 0; i < clients_->size(); ++i)
    clients_->close(i);
  clients_->turn(duration{0});
  out.measured = meter_.result();
  return out;
}

} // namespace

result<load_report> run_storm(const arguments& with) {
  return storm{with}.run();
}

} // namespace tocsin::tools::load
