// tocsin-mitigator-nftables: makes mitigations real in this host's kernel.
#include "mitigators/driver_loop.hpp"
#include "mitigators/nftables/backend.hpp"
#include "mitigators/nftables/privileges.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace {

using namespace tocsin;
using namespace tocsin::mitigators;

struct arguments {
  nftables::hook_options where;
  std::size_t max_rules = 20'000;
  std::size_t max_entries = 20'000;
  bool cleanup = false;
  driver_options driver;
  std::uint64_t interval_ms = 1'000;
};

void describe(CLI::App& app, arguments& to) {
  app.add_option("--table", to.where.table.name,
                 "name of the table (family inet), ours alone")
      ->check([](const std::string& x) {
        auto good = [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        };
        return !x.empty() && x.size() <= 64 && x[0] >= 'a'
                       && std::ranges::all_of(x, good)
                   ? ""
                   : "must be made of [a-z0-9_]";
      })
      ->capture_default_str();
  app.add_option("--hook", to.where.hooks,
                 "where packets are seen; forward and input may be combined")
      ->check(CLI::IsMember({"prerouting", "forward", "input"}))
      ->capture_default_str();
  app.add_option("--priority", to.where.priority, "of the hooks")
      ->check(CLI::Range(-400, 400))
      ->capture_default_str();
  app.add_option("--max-rules", to.max_rules, "rules that may be in force")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str();
  app.add_option("--max-entries", to.max_entries,
                 "entries of filter sets that may be in force")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str();
  app.add_option("--counters-interval", to.interval_ms,
                 "milliseconds between counter readings")
      ->check(CLI::Range(10, 3'600'000))
      ->capture_default_str();
  app.add_flag("--cleanup-on-exit", to.driver.cleanup_on_exit,
               "take the rules out of force at the end");
  app.add_flag("--cleanup", to.cleanup,
               "delete the table with all its rules, and exit");
}

bool is_usable(std::vector<std::string>& hooks) {
  std::ranges::sort(hooks);
  hooks.erase(std::unique(hooks.begin(), hooks.end()), hooks.end());
  // A packet that passes two of our chains would be counted twice.
  return hooks.size() < 2 || std::ranges::count(hooks, "prerouting") == 0;
}

int run(arguments& with) {
  if (auto allowed = nftables::keep_only_net_admin(); !allowed) {
    driver_log(allowed.error().where + " " + allowed.error().detail);
    return exit_unusable;
  }
  nftables::nftables_backend backend{with.where, with.max_rules,
                                     with.max_entries};
  if (!with.cleanup)
    return run_driver(backend, with.driver);
  if (auto outcome = backend.remove_table(); !outcome) {
    driver_log(tocsin::to_string(outcome.error()));
    return exit_unusable;
  }
  return exit_ok;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Tocsin's mitigator driver for Linux nftables; the node starts "
               "it (docs/driver-protocol.md)",
               "tocsin-mitigator-nftables"};
  arguments with;
  describe(app, with);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_ok : exit_usage;
  }
  if (!is_usable(with.where.hooks)) {
    driver_log("prerouting cannot be combined with another hook");
    return exit_usage;
  }
  with.driver.counters_interval = std::chrono::milliseconds{with.interval_ms};
  return run(with);
}
