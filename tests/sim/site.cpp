#include "tests/sim/site.hpp"

namespace tocsin::sim {

namespace {

using namespace std::chrono_literals;

constexpr auto report_interval = 60s;

} // namespace

void site::note(const std::string& what) {
  world_.note(name_.empty() ? what : name_ + ": " + what);
}

struct site::process {
  process(backend& target, std::function<void(std::string)> lines,
          std::function<void(int)> ended)
      : machine{target}, on_line{std::move(lines)}, on_exit{std::move(ended)} {}

  mitigators::driver_machine machine;
  protocol::line_splitter splitter = mitigators::make_splitter();
  std::function<void(std::string)> on_line;
  std::function<void(int)> on_exit;
  bool alive = true;
};

/// MITIGATOR's end of the pipe.
class site::link final : public actors::driver_link {
public:
  link(site& to, std::shared_ptr<process> program)
      : site_{to}, program_{std::move(program)} {}

  ~link() override {
    program_->alive = false; // end of input
    if (site_.running_ == program_) {
      site_.running_.reset();
      site_.since_.reset();
    }
  }

  result<void> write(std::string lines) override {
    site_.say(program_, lines);
    return {};
  }

private:
  site& site_;
  std::shared_ptr<process> program_;
};

actors::driver_starter site::starter() {
  return [this](std::function<void(std::string)> on_line,
                std::function<void(int)> on_exit)
             -> result<std::unique_ptr<actors::driver_link>> {
    note("driver starts");
    running_ = std::make_shared<process>(*this, std::move(on_line),
                                         std::move(on_exit));
    count(running_);
    return std::unique_ptr<actors::driver_link>{
        std::make_unique<link>(*this, running_)};
  };
}

void site::say(const std::shared_ptr<process>& to, const std::string& lines) {
  auto takes = std::chrono::milliseconds{world_.chance().between(1, 30)};
  latest_ = std::max<time_point>(latest_, world_.now() + takes);
  world_.at(latest_, [this, to, lines] {
    if (!to->alive)
      return;
    to->splitter.push(lines);
    while (auto line = to->splitter.next())
      answer(to, to->machine.on_line(*line));
  });
}

void site::answer(const std::shared_ptr<process>& from,
                  const std::string& lines) {
  auto splitter = mitigators::make_splitter();
  splitter.push(lines);
  while (auto line = splitter.next())
    world_.after(1ms, [from, text = line->text] {
      if (from->alive)
        from->on_line(text);
    });
}

void site::count(const std::shared_ptr<process>& to) {
  world_.after(report_interval, [this, to] {
    if (!to->alive)
      return;
    if (attacked_)
      for (const auto& [id, _] : rules_)
        packets_[id] += 60'000;
    answer(to, to->machine.on_tick());
    count(to);
  });
}

void site::die() {
  if (!running_)
    return;
  note("driver dies");
  auto gone = running_;
  running_.reset();
  since_.reset();
  gone->alive = false;
  world_.after(1ms, [gone] { gone->on_exit(9); });
}

void site::set_working(bool value) {
  if (working_ == value)
    return;
  working_ = value;
  note(value ? "device works" : "device fails");
  since_.reset();
  if (value && running_)
    since_ = world_.now();
}

void site::set_overloaded(bool value) {
  if (overloaded_ == value)
    return;
  overloaded_ = value;
  note(value ? "device is full" : "device has room");
  if (!value && since_)
    since_ = world_.now();
}

duration site::steady() const {
  return since_ && working_ && !overloaded_ ? world_.now() - *since_
                                            : duration::zero();
}

mitigators::to_node::hello site::describe() const {
  mitigators::to_node::hello x;
  x.driver = "simulated";
  x.drop = x.ipv4 = x.ipv6 = x.counters = true;
  return x;
}

site::failures site::sync(const mitigators::batch& all) {
  if (!keeps_rules)
    std::erase_if(rules_, [&](const auto& known) {
      return std::ranges::none_of(
          all.rules, [&](const auto& x) { return x.id == known.first; });
    });
  since_ = world_.now();
  return install(all);
}

site::failures site::install(const mitigators::batch& some) {
  failures out;
  for (const auto& x : some.rules) {
    if (!working_) {
      out.push_back({x.id, ec::unavailable, "the device does not answer"});
      continue;
    }
    if (overloaded_ && !rules_.contains(x.id)) {
      out.push_back({x.id, ec::too_large, "the table is full"});
      continue;
    }
    note("rule " + x.customer + '/' + x.cuid + '/' + std::to_string(x.mid)
         + " in force");
    if (judge)
      judge(x);
    rules_[x.id] = x;
  }
  return out;
}

site::failures site::withdraw(const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    note("rule " + id + " out of force");
    if (!keeps_rules)
      rules_.erase(id);
    packets_.erase(id);
  }
  return {};
}

result<mitigators::totals> site::counters() {
  mitigators::totals out;
  for (const auto& [id, n] : packets_)
    out.rules.push_back({id, n, n * 1000});
  return out;
}

mitigators::to_node::status site::health() const {
  auto how = overloaded_ ? mitigators::to_node::health::overloaded
                         : mitigators::to_node::health::ok;
  return {how, rules_.size(), 0, ""};
}

} // namespace tocsin::sim
