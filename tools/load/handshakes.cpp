#include "tools/load/connect.hpp"
#include "tools/load/requests.hpp"

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

class handshake_load final : swarm_events {
public:
  explicit handshake_load(const arguments& with)
      : with_{with}, meter_{with.watch}, began_(with.outstanding) {}

  result<load_report> run();

private:
  void on_up(std::size_t slot) override {
    meter_.done("handshake", clock_type::now() - began_[slot], "up");
    clients_->close(slot);
    open(slot);
  }
  void on_message(std::size_t, byte_view) override {}
  void on_down(std::size_t slot, const std::string& why) override {
    meter_.done("handshake", clock_type::now() - began_[slot], why);
    open(slot);
  }
  void open(std::size_t slot) {
    began_[slot] = clock_type::now();
    if (auto ok = clients_->open(slot); !ok && !trouble_)
      trouble_ = ok.error();
  }
  void until(time_point end) {
    while (clock_type::now() < end && !trouble_)
      clients_->turn(milliseconds{10});
  }

  const arguments& with_;
  meter meter_;
  std::unique_ptr<swarm> clients_;
  std::vector<time_point> began_; // by slot
  std::optional<failure> trouble_;
};

result<load_report> handshake_load::run() {
  auto target = target_of(with_);
  if (!target)
    return target.error();
  auto made = swarm::make(*target, with_.outstanding, *this);
  if (!made)
    return made.error();
  clients_ = *std::move(made);
  for (std::size_t i = 0; i < clients_->size(); ++i)
    open(i);
  until(clock_type::now() + with_.warm_up);
  for (std::size_t i = 0; i < with_.windows; ++i) {
    auto begin = clock_type::now();
    meter_.begin(begin);
    until(begin + with_.window);
    meter_.end(clock_type::now());
  }
  if (trouble_)
    return *trouble_;
  load_report out;
  out.measured = meter_.result();
  return out;
}

} // namespace

result<load_report> run_handshakes(const arguments& with) {
  return handshake_load{with}.run();
}

} // namespace tocsin::tools::load
