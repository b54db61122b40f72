// tocsin-load: load for a DOTS server on this machine, for tools/bench, tests
// and operators who want to know what theirs can do.
#include "tools/load/arguments.hpp"
#include "tools/load/requests.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <map>

namespace {

using namespace tocsin;
using namespace tocsin::tools::load;
using measurement = std::function<result<load_report>(const arguments&)>;

/// By the names that describe() gives them.
const std::map<std::string, measurement>& measurements() {
  static const std::map<std::string, measurement> all{
      {"run", run_requests},
      {"idle", run_idle},
      {"enforce", run_enforcement},
      {"handshake", run_handshakes},
      {"storm", run_storm},
      {"flood hello", [](const auto& x) { return run_hello_flood(x, false); }},
      {"flood cookie", [](const auto& x) { return run_hello_flood(x, true); }},
      {"flood noise", run_noise_flood},
      {"flood garbage", run_garbage_flood},
      {"vanish", run_vanish},
      {"data-get",
       [](const auto& x) { return run_data(request_kind::get, x); }},
      {"data-put",
       [](const auto& x) { return run_data(request_kind::put, x); }},
      {"disk", run_disk}};
  return all;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"", "tocsin-load"};
  arguments with;
  describe(app, with);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  auto report = measurements().at(with.mode)(with);
  if (!report) {
    std::fprintf(stderr, "tocsin-load: %s\n",
                 to_string(report.error()).c_str());
    return 1;
  }
  auto text = with.json ? to_json(*report) + '\n' : to_text(*report);
  std::fputs(text.c_str(), stdout);
  return 0;
}
