#include "tools/benchmark/arguments.hpp"

#include <CLI/CLI.hpp>

namespace tocsin::tools::benchmark {

namespace {

void add_time(CLI::App& app, const char* name, std::chrono::milliseconds& to,
              const char* help) {
  app.add_option_function<std::int64_t>(
         name, [&to](std::int64_t ms) { to = std::chrono::milliseconds{ms}; },
         help)
      ->type_name("MS")
      ->check(CLI::Range(1, 3'600'000))
      ->default_str(std::to_string(to.count()));
}

} // namespace

void describe_windows(CLI::App& app, arguments& into) {
  app.add_option("--windows", into.windows,
                 "measurements, of which the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_time(app, "--window", into.window, "length of a measurement");
}

void describe(CLI::App& app, arguments& into) {
  app.add_option("--server", into.server, "IPv4 address and port")
      ->capture_default_str();
  app.add_option("--server-name", into.server_name,
                 "name in the server's certificate")
      ->required();
  app.add_option("--certificate", into.certificate, "own chain, PEM")
      ->required();
  app.add_option("--key", into.key, "own key, PEM")->required();
  app.add_option("--ca", into.ca, "authority of the server, PEM")->required();
  app.add_option("--watch", into.watch, "process id of the server");
  app.add_option("--sessions", into.sessions, "clients")
      ->check(CLI::Range(1, 200'000))
      ->capture_default_str();
  app.add_option("--outstanding", into.outstanding,
                 "operations under way at a time, all clients together")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  describe_windows(app, into);
  add_time(app, "--warm-up", into.warm_up, "time before the first one");
}

} // namespace tocsin::tools::benchmark
