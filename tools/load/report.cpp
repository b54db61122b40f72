#include "tools/load/report.hpp"

#include "protocol/json/writer.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace tocsin::tools::load {

namespace {

struct percentile {
  const char* name; // as a key; in microseconds
  const char* title;
  double share;
};
constexpr std::array percentiles{
    percentile{"p50_us", "50 %", 0.5}, percentile{"p90_us", "90 %", 0.9},
    percentile{"p99_us", "99 %", 0.99}, percentile{"p999_us", "99.9 %", 0.999}};

double microseconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double, std::micro>(x).count();
}

double milliseconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double, std::milli>(x).count();
}

using counts = std::map<std::string, std::uint64_t>;

void write(protocol::json::writer& out, const counts& x) {
  out.key("outcomes").begin_object();
  for (const auto& [outcome, count] : x)
    out.member(outcome, count);
  out.end_object();
}

void write(protocol::json::writer& out, const operation_figures& x) {
  out.begin_object().member("done", x.latency.count()).member("lost", x.lost);
  for (const auto& y : percentiles)
    out.member(y.name, microseconds(x.latency.quantile(y.share)));
  out.member("max_us", microseconds(x.latency.max()));
  write(out, x.outcomes);
  out.end_object();
}

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format,
                                         ...) {
  std::array<char, 256> line;
  va_list arguments;
  va_start(arguments, format);
  auto size = std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  if (size > 0)
    out.append(
        line.data(),
        std::min<std::size_t>(static_cast<std::size_t>(size), line.size() - 1));
}

void print_operation(std::string& out, const std::string& name,
                     const operation_figures& x) {
  print(out, "%s: %ju done, %ju lost\n", name.c_str(),
        std::uintmax_t{x.latency.count()}, std::uintmax_t{x.lost});
  if (x.latency.count() > 0) {
    out += "  latency";
    for (const auto& y : percentiles)
      print(out, "  %s %.3f ms", y.title,
            milliseconds(x.latency.quantile(y.share)));
    print(out, "  max %.3f ms\n", milliseconds(x.latency.max()));
  }
  for (const auto& [outcome, count] : x.outcomes)
    print(out, "  %ju times %s\n", std::uintmax_t{count}, outcome.c_str());
}

} // namespace

std::string to_json(const load_report& x) {
  const auto& y = x.measured;
  protocol::json::writer out;
  out.begin_object()
      .member("rate", y.rate)
      .member("p50_us", y.p50_us)
      .member("p99_us", y.p99_us)
      .member("server_us", y.server_us)
      .member("server_share", y.server_share)
      .member("load_share", y.load_share)
      .member("done", y.done())
      .member("lost", y.lost())
      .member("connect_seconds", x.connect_seconds)
      .member("memory_per_session", x.memory_per_session);
  for (const auto& [name, value] : x.counted)
    out.member(name, value);
  out.key("window_rates").begin_array();
  for (auto rate : y.rates)
    out.value(rate);
  out.end_array();
  write(out, y.outcomes());
  out.key("operations").begin_object();
  for (const auto& [name, operation] : y.operations)
    write(out.key(name), operation);
  out.end_object().end_object();
  return std::move(out).str();
}

std::string to_text(const load_report& x) {
  const auto& y = x.measured;
  std::string out;
  if (x.connect_seconds > 0)
    print(out, "set up in %.2f s\n", x.connect_seconds);
  if (x.memory_per_session > 0)
    print(out, "server memory: %.2f KiB per session\n",
          x.memory_per_session / 1024);
  if (y.rate > 0)
    print(out, "%.0f per second\n", y.rate);
  if (y.p99_us > 0)
    print(out, "median window: 50 %% %.3f ms, 99 %% %.3f ms\n", y.p50_us / 1000,
          y.p99_us / 1000);
  if (y.server_us > 0)
    print(out, "server: %.1f us each\n", y.server_us);
  if (y.server_share > 0)
    print(out, "server: %.1f %% of a core\n", y.server_share * 100);
  if (y.load_share > 0)
    print(out, "this program: %.1f %% of a core\n", y.load_share * 100);
  for (const auto& [name, operation] : y.operations)
    print_operation(out, name, operation);
  for (const auto& [name, value] : x.counted)
    print(out, "%s: %.10g\n", name.c_str(), value);
  return out;
}

} // namespace tocsin::tools::load
