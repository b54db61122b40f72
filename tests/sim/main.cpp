// Runs seeds of the simulation; see tools/sim.
#include "tests/sim/federation.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <iostream>
#include <unistd.h>

namespace tocsin::sim {

namespace {

struct arguments {
  std::uint64_t from = 1;
  std::uint64_t count = 1;
  std::uint64_t step = 1;
  bool federation = false; ///< else a server and its clients
  bool loops = false;
  bool trace = false;
  bool log = false;
};

std::string last_words; // written when the process dies within a seed

extern "C" void on_death(int number) {
  [[maybe_unused]] auto n =
      ::write(STDOUT_FILENO, last_words.data(), last_words.size());
  std::signal(number, SIG_DFL);
  std::raise(number);
}

bool read(arguments& to, int argc, char** argv) {
  auto number = [&](int i, std::uint64_t& x) {
    if (i >= argc)
      return false;
    auto* end = argv[i] + std::strlen(argv[i]);
    auto done = std::from_chars(argv[i], end, x);
    return done.ec == std::errc{} && done.ptr == end;
  };
  auto world = [&](int i) {
    std::string_view kind{i < argc ? argv[i] : ""};
    to.federation = kind == "federation";
    return to.federation || kind == "server";
  };
  for (int i = 1; i < argc; ++i) {
    std::string_view word{argv[i]};
    bool ok = word == "--from"    ? number(++i, to.from)
              : word == "--count" ? number(++i, to.count)
              : word == "--step"  ? number(++i, to.step)
              : word == "--trace" ? (to.trace = true)
              : word == "--log"   ? (to.log = true)
              : word == "--loops" ? (to.loops = true)
              : word == "--world" ? world(++i)
                                  : false;
    if (!ok)
      return false;
  }
  return true;
}

/// What repeats a seed.
std::string command(const arguments& what, std::uint64_t seed) {
  return fmt::format("tools/sim{}{} --seed {} --trace",
                     what.federation ? " --world federation" : "",
                     what.loops ? " --loops" : "", seed);
}

void print(const arguments& what, const outcome& x) {
  fmt::print(
      "seed {}: {}, {:.2f} h, {} datagrams, {} orders, {} granted, {} "
      "refused, {} sessions lost, {} triggered, {} deactivated, {} superseded, "
      "{} reports, {} streams, {}trace {:016x}\n",
      x.seed, x.violations.empty() ? "holds" : "FAILS",
      std::chrono::duration<double, std::ratio<3600>>{x.virtual_time}.count(),
      x.datagrams, x.orders, x.grants, x.refusals, x.losses, x.triggered,
      x.deactivated, x.superseded, x.reports, x.streams,
      what.federation
          ? fmt::format("{} relayed, {} as help, ", x.relayed, x.helped)
          : "",
      x.hash);
  for (const auto& words : x.violations)
    fmt::print("  {}\n", words);
  if (!x.violations.empty())
    fmt::print("  repeat: {}\n", command(what, x.seed));
}

int work(const arguments& what) {
  for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE})
    std::signal(number, on_death);
  if (!what.log)
    spdlog::set_level(spdlog::level::off);
  else
    spdlog::set_level(spdlog::level::debug);
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < what.count; ++i) {
    auto seed = what.from + i * what.step;
    last_words =
        fmt::format("seed {}: FAILS\n  the process died\n  repeat: {}\n", seed,
                    command(what, seed));
    options with;
    with.trace = what.trace ? &std::cout : nullptr;
    with.loops = what.loops;
    auto x = what.federation ? run_federation(seed, with) : run(seed, with);
    failed += !x.violations.empty();
    print(what, x);
    std::fflush(stdout);
  }
  return failed == 0 ? 0 : 1;
}

} // namespace

} // namespace tocsin::sim

int main(int argc, char** argv) {
  tocsin::sim::arguments what;
  if (!tocsin::sim::read(what, argc, argv)) {
    std::cerr
        << "usage: sim [--world server|federation] [--loops] [--from SEED] "
           "[--count N] [--step N] [--trace] [--log]\n";
    return 2;
  }
  return tocsin::sim::work(what);
}
