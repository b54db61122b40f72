#include "tools/load/arguments.hpp"

#include "tools/load/loopback.hpp"

#include <CLI/CLI.hpp>

namespace tocsin::tools::load {

namespace {

// Bounds of everything: a forgotten load ends, and fits this machine.
constexpr std::uint64_t most_per_second = 1'000'000;
constexpr std::size_t most_sessions = 200'000;
constexpr std::size_t most_outstanding = 100'000;
constexpr std::uint64_t most_handshakes = 1'000'000;
constexpr std::uint64_t most_packets = 100'000'000;
constexpr std::int64_t most_ms = 3'600'000;
constexpr std::int64_t most_seconds = 3'600;

constexpr auto overview =
    "Load for a DOTS server on this machine: DTLS clients by the thousand\n"
    "behind one socket, each with an address of its own out of 127.64.0.0/10.\n"
    "Start with:\n\n"
    "  tocsin pki init --dir pki --name Lab\n"
    "  tocsin pki issue server.example --for server --dir pki\n"
    "  tocsin pki issue client.example --for client --dir pki\n"
    "  (a server node with these, listening on 127.0.0.1:4646)\n"
    "  tocsin-load run --server-name server.example --ca pki/ca.pem \\\n"
    "    --certificate pki/client.example.pem \\\n"
    "    --key pki/client.example-key.pem \\\n"
    "    --sessions 1000 --rate 5000 --mix heartbeat=95,get=5\n\n"
    "tocsin-load MEASUREMENT --help explains each.";

constexpr auto about_run =
    "A mix of requests from many sessions, in windows of time of which the\n"
    "medians count. With --rate the loop is open: requests are meant to start\n"
    "at fixed times whatever became of those before, and latency counts from\n"
    "there, so a stall of the server shows in all requests that it delayed.\n"
    "Without, it is closed: --outstanding requests are always under way, "
    "which\n"
    "finds the highest rate, but flatters latency. A request without an "
    "answer\n"
    "after 2 s is lost; one that no session was free for is unsent.";
constexpr auto about_storm =
    "COUNT handshakes, at --rate per second (open loop), or else as fast as\n"
    "--outstanding at a time go. Each session ends at once unless --keep is\n"
    "given. --resumed: each client first gets a ticket in a full handshake "
    "that\n"
    "is not measured, then resumes its session.";
constexpr auto about_flood =
    "COUNT datagrams of an attacker:\n"
    "  hello    first flights of handshakes that never go on, from addresses\n"
    "           all over 127.128.0.0/9\n"
    "  cookie   the same with cookies that the server never gave\n"
    "  noise    any octets from anywhere there\n"
    "  garbage  records that cannot be decrypted, from the addresses of\n"
    "           --sessions sessions that are up; at the end each sends a\n"
    "           heartbeat, which must be answered\n"
    "Only garbage needs credentials.";
constexpr auto about_enforce =
    "COUNT mitigations, one after the other, each observed by its client: the\n"
    "time from sending a PUT until the client hears that the mitigation is in\n"
    "force (status 2), which is later than it is. The node must have a driver\n"
    "that says so; what is withdrawn stays until its terminating period ends.";
constexpr auto about_vanish =
    "--sessions sessions come up, then stop answering, all in one moment and\n"
    "without goodbye, for --duration. Reports what the server still sends.\n"
    "--leave-mitigations: each leaves a mitigation that the server shall "
    "start\n"
    "when it misses the client (trigger-mitigation false).";

template <class T>
void add_time(CLI::App& app, const char* name, T& to, std::int64_t most,
              const char* unit, const char* help) {
  app.add_option_function<std::int64_t>(
         name, [&to](std::int64_t x) { to = T{x}; }, help)
      ->type_name(unit)
      ->check(CLI::Range(std::int64_t{1}, most))
      ->default_str(std::to_string(to.count()));
}

template <class T>
void add_number(CLI::App& app, const char* name, T& to, std::uint64_t least,
                std::uint64_t most, const char* help) {
  app.add_option(name, to, help)
      ->check(CLI::Range(least, most))
      ->capture_default_str();
}

std::string refusal(const std::string& server) {
  auto x = parse_loopback(server);
  return x ? std::string{} : to_string(x.error());
}

void add_server(CLI::App& app, arguments& into) {
  app.add_option("--server", into.server, "address and port, 127.0.0.0/8 only")
      ->check(CLI::Validator{[](std::string& x) { return refusal(x); },
                             "ADDRESS:PORT"})
      ->capture_default_str();
  app.add_option("--watch", into.watch,
                 "process id of the server: its CPU time and memory count");
  app.add_flag("--json", into.json, "print one JSON object");
}

void add_identity(CLI::App& app, arguments& into, bool needed = true) {
  app.add_option("--server-name", into.server_name,
                 "name in the server's certificate")
      ->required(needed);
  app.add_option("--certificate", into.certificate, "own chain, PEM")
      ->required(needed);
  app.add_option("--key", into.key, "own key, PEM")->required(needed);
  app.add_option("--ca", into.ca, "authority of the server, PEM")
      ->required(needed);
}

void add_sessions(CLI::App& app, arguments& into) {
  add_number(app, "--sessions", into.sessions, 1, most_sessions, "clients");
}

void add_outstanding(CLI::App& app, arguments& into) {
  add_number(app, "--outstanding", into.outstanding, 1, most_outstanding,
             "operations under way at a time, all clients together");
}

void add_rate(CLI::App& app, arguments& into, const char* help) {
  add_number(app, "--rate", into.rate, 0, most_per_second, help);
}

void add_windows(CLI::App& app, arguments& into) {
  add_number(app, "--windows", into.windows, 1, 1000,
             "measurements, of which the median counts");
  add_time(app, "--window", into.window, most_ms, "MS",
           "length of a measurement");
}

/// A measurement of many sessions in windows of time.
CLI::App* add_measurement(CLI::App& app, arguments& into, const char* name,
                          const std::string& help) {
  auto* sub = app.add_subcommand(name, help);
  sub->callback([&into, name] { into.mode = name; });
  add_server(*sub, into);
  return sub;
}

CLI::App* add_windowed(CLI::App& app, arguments& into, const char* name,
                       const std::string& help) {
  auto* sub = add_measurement(app, into, name, help);
  add_identity(*sub, into);
  add_sessions(*sub, into);
  add_outstanding(*sub, into);
  add_windows(*sub, into);
  add_time(*sub, "--warm-up", into.warm_up, most_ms, "MS",
           "time before the first one");
  return sub;
}

void add_requests(CLI::App& app, arguments& into) {
  auto* run = add_windowed(app, into, "run", about_run);
  run->add_option_function<std::string>(
         "--mix",
         [&into](const std::string& text) {
           auto x = mix::parse(text);
           if (!x)
             throw CLI::ValidationError{"--mix", to_string(x.error())};
           into.mix = *x;
         },
         "weights, such as heartbeat=90,get=6,put=3,delete=1")
      ->default_str("heartbeat=1");
  add_number(*run, "--observers", into.observers, 0, most_sessions,
             "clients that observe their mitigations");
  auto add = [&](request_kind kind, const std::string& help) {
    // name_of() gives literals.
    auto* sub = add_windowed(app, into, name_of(kind).data(), help);
    sub->callback([&into, kind] {
      into.mode = "run";
      into.mix = mix{kind};
    });
    return sub;
  };
  for (auto* sub :
       {run, add(request_kind::heartbeat, "run --mix heartbeat=1"),
        add(request_kind::get, "run --mix get=1: each client asks for its one "
                               "mitigation"),
        add(request_kind::put, "run --mix put=1: new mitigations")})
    add_rate(*sub, into, "requests per second; 0: closed loop");
}

void add_enforce(CLI::App& app, arguments& into) {
  auto* sub = add_measurement(app, into, "enforce", about_enforce);
  add_identity(*sub, into);
  // More would say less: each stays in force for a while.
  add_number(*sub, "--count", into.count, 1, 10'000, "mitigations");
}

void add_handshakes(CLI::App& app, arguments& into) {
  add_windowed(app, into, "handshake",
               "Full handshakes in windows of time, --outstanding at a time, "
               "each session ended at once");
  auto* storm = add_measurement(app, into, "storm", about_storm);
  add_identity(*storm, into);
  add_outstanding(*storm, into);
  add_number(*storm, "--count", into.count, 1, most_handshakes, "handshakes");
  add_rate(*storm, into, "handshakes per second; 0: closed loop");
  storm->add_flag("--resumed", into.resumed, "resume sessions");
  storm->add_flag("--keep", into.keep, "sessions stay until the end");
}

void add_floods(CLI::App& app, arguments& into) {
  auto* flood = app.add_subcommand("flood", about_flood);
  flood->require_subcommand(1);
  auto add = [&](const char* kind, const char* help, bool sessions) {
    auto* sub = flood->add_subcommand(kind, help);
    sub->callback([&into, kind] { into.mode = std::string{"flood "} + kind; });
    add_server(*sub, into);
    if (sessions) {
      add_identity(*sub, into);
      add_sessions(*sub, into);
    }
    add_number(*sub, "--count", into.count, 1, most_packets, "datagrams");
    add_rate(*sub, into, "datagrams per second; 0: as many as go");
    add_number(*sub, "--seed", into.seed, 0, 0xFFFF'FFFF,
               "of what is invented");
  };
  add("hello", "first flights without a cookie", false);
  add("cookie", "first flights with a bad cookie", false);
  add("noise", "any octets", false);
  add("garbage", "records without sense from the addresses of sessions", true);
}

void add_vanish(CLI::App& app, arguments& into) {
  auto* sub = add_measurement(app, into, "vanish", about_vanish);
  add_identity(*sub, into);
  add_sessions(*sub, into);
  add_time(*sub, "--duration", into.duration, most_seconds, "S",
           "length of the silence");
  sub->add_flag("--leave-mitigations", into.leave_mitigations,
                "leave mitigations to be started on loss");
}

void add_data(CLI::App& app, arguments& into) {
  for (auto [name, help] :
       {std::pair{"data-get", "GETs of an ACL over the data channel"},
        std::pair{"data-put", "PUTs of an ACL over the data channel"}})
    add_number(*add_windowed(app, into, name, help), "--entries", into.entries,
               1, 2000, "entries of each client's ACL");
}

void add_disk(CLI::App& app, arguments& into) {
  auto* disk = app.add_subcommand("disk", "Durable appends to a file");
  disk->add_option("file", into.file, "it is overwritten")->required();
  disk->add_flag("--json", into.json, "print one JSON object");
  add_windows(*disk, into);
  disk->callback([&into] { into.mode = "disk"; });
}

} // namespace

void describe(CLI::App& app, arguments& into) {
  app.description(overview);
  app.require_subcommand(1);
  add_requests(app, into);
  add_windowed(app, into, "idle",
               "Sessions that do nothing: the server's memory");
  add_enforce(app, into);
  add_handshakes(app, into);
  add_floods(app, into);
  add_vanish(app, into);
  add_data(app, into);
  add_disk(app, into);
}

} // namespace tocsin::tools::load
