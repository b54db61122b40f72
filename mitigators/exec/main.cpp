// tocsin-mitigator-exec: runs the operator's own program for each mitigation.
#include "mitigators/driver_loop.hpp"
#include "mitigators/exec/backend.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace {

using namespace tocsin;
using namespace tocsin::mitigators;

struct arguments {
  exec::exec_options exec;
  driver_options driver;
  std::uint64_t timeout_ms = 10'000;
  std::uint64_t interval_ms = 1'000;
};

void describe(CLI::App& app, arguments& to) {
  app.add_option("--hook", to.exec.hook,
                 "program to run per install and withdrawal")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--state", to.exec.state,
                 "file that remembers what is in force, so that a restart "
                 "runs only the hooks which are needed");
  app.add_flag("--filters", to.exec.filters,
               "the hook answers TOCSIN_KIND=filters");
  app.add_flag("--counters", to.exec.counters,
               "the hook answers TOCSIN_ACTION=counters");
  app.add_option("--counters-interval", to.interval_ms,
                 "milliseconds between counter readings")
      ->check(CLI::Range(10, 3'600'000))
      ->capture_default_str();
  app.add_option("--timeout", to.timeout_ms,
                 "milliseconds after which a hook is killed")
      ->check(CLI::Range(10, 3'600'000))
      ->capture_default_str();
  app.add_option("--concurrency", to.exec.limits.concurrency,
                 "hooks that may run at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--max-rules", to.exec.max_rules,
                 "rules that may be in force; 0: no limit")
      ->capture_default_str();
  app.add_flag("--cleanup-on-exit", to.driver.cleanup_on_exit,
               "withdraw everything at the end");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Tocsin's mitigator driver for hook programs; the node starts "
               "it (docs/driver-protocol.md)",
               "tocsin-mitigator-exec"};
  arguments with;
  describe(app, with);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_ok : exit_usage;
  }
  if (access(with.exec.hook.c_str(), X_OK) != 0) {
    driver_log(with.exec.hook + " is not executable");
    return exit_unusable;
  }
  with.exec.limits.timeout = std::chrono::milliseconds{with.timeout_ms};
  with.driver.counters_interval = std::chrono::milliseconds{with.interval_ms};
  exec::exec_backend backend{with.exec};
  if (auto restored = backend.restore(); !restored) {
    driver_log(tocsin::to_string(restored.error()));
    return exit_unusable;
  }
  return run_driver(backend, with.driver);
}
