#include "tools/benchmark/meter.hpp"

#include "tools/benchmark/process_watch.hpp"

#include <algorithm>

namespace tocsin::tools::benchmark {

namespace {

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

double microseconds(duration x) {
  return std::chrono::duration<double, std::micro>(x).count();
}

double median(std::vector<double> x) {
  if (x.empty())
    return 0;
  auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

} // namespace

std::chrono::nanoseconds meter::server_time() const {
  return server_ ? cpu_time(*server_).value_or(std::chrono::milliseconds{})
                 : std::chrono::milliseconds{};
}

void meter::begin(time_point now) {
  open_ = true;
  began_ = now;
  server_began_ = server_time();
  load_began_ = own_cpu_time();
  latency_.clear();
}

void meter::end(time_point now) {
  open_ = false;
  auto span = seconds(now - began_);
  auto count = static_cast<double>(latency_.count());
  auto server = server_time() - server_began_;
  windows_.push_back({count / span, microseconds(latency_.quantile(0.5)),
                      microseconds(latency_.quantile(0.99)),
                      count > 0 ? microseconds(server) / count : 0,
                      seconds(server) / span,
                      seconds(own_cpu_time() - load_began_) / span});
}

void meter::done(duration took, const std::string& outcome) {
  if (!open_)
    return;
  latency_.add(took);
  ++totals_.done;
  ++totals_.outcomes[outcome];
}

void meter::lost() {
  if (open_)
    ++totals_.lost;
}

figures meter::result() const {
  auto of = [this](double window::*member) {
    std::vector<double> all;
    for (const auto& x : windows_)
      all.push_back(x.*member);
    return median(std::move(all));
  };
  auto out = totals_;
  out.rate = of(&window::rate);
  out.p50_us = of(&window::p50_us);
  out.p99_us = of(&window::p99_us);
  out.server_us = of(&window::server_us);
  out.server_share = of(&window::server_share);
  out.load_share = of(&window::load_share);
  return out;
}

} // namespace tocsin::tools::benchmark
