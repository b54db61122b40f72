#include "tools/load/meter.hpp"

#include "tools/load/process_watch.hpp"

#include <algorithm>

namespace tocsin::tools::load {

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

std::uint64_t figures::done() const noexcept {
  std::uint64_t out = 0;
  for (const auto& [name, x] : operations)
    out += x.latency.count();
  return out;
}

std::uint64_t figures::lost() const noexcept {
  std::uint64_t out = 0;
  for (const auto& [name, x] : operations)
    out += x.lost;
  return out;
}

std::map<std::string, std::uint64_t> figures::outcomes() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, x] : operations)
    for (const auto& [outcome, count] : x.outcomes)
      out[outcome] += count;
  return out;
}

std::chrono::nanoseconds meter::server_time() const {
  return server_ ? cpu_time(*server_).value_or(std::chrono::milliseconds{})
                 : std::chrono::milliseconds{};
}

void meter::begin(time_point now) {
  open_ = begun_ = true;
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

operation_figures& meter::totals_of(std::string_view operation) {
  auto& all = totals_.operations;
  if (auto at = all.find(operation); at != all.end())
    return at->second;
  return all[std::string{operation}];
}

void meter::done(std::string_view operation, duration took,
                 const std::string& outcome) {
  if (open_)
    latency_.add(took);
  if (!begun_)
    return;
  auto& x = totals_of(operation);
  x.latency.add(took);
  ++x.outcomes[outcome];
}

void meter::lost(std::string_view operation) {
  if (begun_)
    ++totals_of(operation).lost;
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
  for (const auto& x : windows_)
    out.rates.push_back(x.rate);
  return out;
}

} // namespace tocsin::tools::load
