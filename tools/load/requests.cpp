#include "tools/load/requests.hpp"

#include "tools/load/crowd.hpp"
#include "tools/load/schedule.hpp"

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;

class request_load final : crowd {
public:
  explicit request_load(const arguments& with)
      : crowd{with}, with_{with}, mix_{with.mix}, meter_{with.watch},
        extra_(with.sessions) {}

  result<load_report> run();

private:
  void on_done(const finished& x) override;
  void on_session_lost(std::size_t, const std::string& why) override {
    meter_.note("session", "lost: " + why);
  }
  void on_notification(std::size_t, byte_view) override { ++notifications_; }

  bool needs_preparation() const {
    return with_.observers > 0 || with_.mix.weight(request_kind::get) > 0;
  }
  void observe();
  void fill(time_point now);
  void ask_next(time_point meant);
  void load_until(time_point end);
  void load();
  void drain();

  const arguments& with_;
  mix mix_;
  meter meter_;
  std::vector<std::vector<std::uint32_t>> extra_; // mids to delete, by slot
  std::optional<schedule> schedule_;              // nothing: closed loop
  histogram lateness_; // of sending, behind the schedule
  std::uint64_t unsent_ = 0;
  std::uint64_t notifications_ = 0;
  bool loading_ = false;
};

void request_load::on_done(const finished& x) {
  auto name = name_of(x.what.kind);
  if (!x.code) {
    meter_.lost(name);
  } else {
    meter_.done(name, x.took, protocol::coap::code_string(*x.code));
    if (x.what.kind == request_kind::put && protocol::coap::is_success(*x.code)
        && with_.mix.weight(request_kind::del) > 0)
      extra_[x.what.slot].push_back(x.what.mid);
  }
  if (loading_)
    fill(clock_type::now());
}

// Notifications come for what a PUT or DELETE of the same client changes.
void request_load::observe() {
  for (std::size_t i = 0; i < std::min(with_.observers, extra_.size()); ++i) {
    clients().send(i, source().observe(i));
    if (i % with_.outstanding == 0)
      turn(duration{0}); // so that no buffer overruns
  }
}

void request_load::ask_next(time_point meant) {
  auto slot = next_idle();
  if (!slot)
    return;
  auto& extra = extra_[*slot];
  request x{mix_.next(), *slot, 0, prepared_mid};
  // What is not there cannot be deleted; it is made now and deleted next time.
  if (x.kind == request_kind::del && extra.empty())
    x.kind = request_kind::put;
  if (x.kind == request_kind::put)
    x.mid = prepared_mid + next_number(*slot);
  if (x.kind == request_kind::del) {
    x.mid = extra.back();
    extra.pop_back();
  }
  ask(x, meant);
}

void request_load::fill(time_point now) {
  if (!schedule_) {
    for (auto more = with_.outstanding; more > under_way() && has_idle();)
      ask_next(now);
    return;
  }
  while (has_idle()) {
    auto meant = schedule_->take(now);
    if (!meant)
      return;
    lateness_.add(now - *meant);
    ask_next(*meant);
  }
}

void request_load::load_until(time_point end) {
  for (auto now = clock_type::now(); now < end; now = clock_type::now()) {
    fill(now);
    auto wake = end;
    if (schedule_ && has_idle())
      wake = std::min(end, schedule_->next());
    turn(wake - clock_type::now());
  }
}

void request_load::load() {
  loading_ = true;
  if (with_.rate > 0)
    schedule_.emplace(with_.rate, clock_type::now());
  load_until(clock_type::now() + with_.warm_up);
  for (std::size_t i = 0; i < with_.windows; ++i) {
    auto begin = clock_type::now();
    meter_.begin(begin);
    load_until(begin + with_.window);
    meter_.end(clock_type::now());
  }
  auto end = clock_type::now();
  fill(end);
  loading_ = false;
  if (schedule_)
    unsent_ = schedule_->overdue(end);
  drain();
}

// What is under way is answered or lost, not forgotten.
void request_load::drain() {
  while (under_way() > 0)
    turn(std::chrono::milliseconds{10});
}

result<load_report> request_load::run() {
  if (auto ok = connect(); !ok)
    return ok.error();
  if (needs_preparation())
    if (auto ok = prepare(); !ok)
      return ok.error();
  observe();
  load();
  auto out = report();
  out.measured = meter_.result();
  if (schedule_) {
    out.counted.emplace_back("unsent", unsent_);
    out.counted.emplace_back(
        "late_p99_us",
        std::chrono::duration<double, std::micro>(lateness_.quantile(0.99))
            .count());
  }
  if (with_.observers > 0)
    out.counted.emplace_back("notifications", notifications_);
  close();
  return out;
}

class idle_load final : crowd {
public:
  using crowd::crowd;

  result<load_report> run() {
    if (auto ok = connect(); !ok)
      return ok.error();
    close();
    return report();
  }
};

} // namespace

result<load_report> run_requests(const arguments& with) {
  return request_load{with}.run();
}

result<load_report> run_idle(const arguments& with) {
  return idle_load{with}.run();
}

} // namespace tocsin::tools::load
