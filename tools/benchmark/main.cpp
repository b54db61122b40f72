// tocsin-load: DOTS clients by the thousand, for tools/bench. Prints one JSON
// object.
#include "protocol/json/writer.hpp"
#include "tools/benchmark/requests.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>

namespace {

using namespace tocsin;
using namespace tocsin::tools::benchmark;
using measurement = std::function<result<load_report>(const arguments&)>;

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
      .member("done", y.done)
      .member("lost", y.lost)
      .member("connect_seconds", x.connect_seconds)
      .member("memory_per_session", x.memory_per_session)
      .key("outcomes")
      .begin_object();
  for (const auto& [outcome, count] : y.outcomes)
    out.member(outcome, count);
  out.end_object().end_object();
  return std::move(out).str();
}

measurement requests_of(request_kind kind) {
  return [kind](const arguments& with) { return run_requests(kind, with); };
}

/// The measurements by name, each a subcommand.
void add_measurements(CLI::App& app, arguments& into, measurement& chosen) {
  auto add = [&](const char* name, const char* help, const measurement& what) {
    auto* sub = app.add_subcommand(name, help);
    describe(*sub, into);
    sub->callback([&chosen, what] { chosen = what; });
  };
  add("heartbeat", "Heartbeats", requests_of(request_kind::heartbeat));
  add("get", "GETs of a mitigation that each client made before",
      requests_of(request_kind::get));
  add("put", "PUTs of new mitigations", requests_of(request_kind::put));
  add("handshake", "Handshakes, each session ended at once", run_handshakes);
  add("idle", "Sessions that do nothing: the server's memory", run_idle);
  auto add_data = [&](const char* name, const char* help, request_kind kind) {
    add(name, help,
        [kind](const arguments& with) { return run_data(kind, with); });
    app.get_subcommand(name)
        ->add_option("--entries", into.entries, "entries of each client's ACL")
        ->check(CLI::Range(1, 2000))
        ->capture_default_str();
  };
  add_data("data-get", "GETs of an ACL over the data channel",
           request_kind::get);
  add_data("data-put", "PUTs of an ACL over the data channel",
           request_kind::put);
  auto* disk = app.add_subcommand("disk", "Durable appends to a file");
  disk->add_option("file", into.file, "it is overwritten")->required();
  describe_windows(*disk, into);
  disk->callback([&chosen] { chosen = run_disk; });
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load for benchmarks of DOTS servers on this machine; prints "
               "one JSON object",
               "tocsin-load"};
  arguments with;
  measurement chosen;
  add_measurements(app, with, chosen);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  auto report = chosen(with);
  if (!report) {
    std::fprintf(stderr, "tocsin-load: %s\n",
                 to_string(report.error()).c_str());
    return 1;
  }
  std::puts(to_json(*report).c_str());
  return 0;
}
