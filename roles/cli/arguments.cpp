#include "roles/cli/arguments.hpp"

#include "actors/api.hpp"

#include <CLI/CLI.hpp>

namespace tocsin::roles::cli {

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done; 1 refused or failed; 2 the command line makes no "
    "sense;\n3 no node answers; 4 asked for but not yet confirmed; 5 the "
    "configuration is\ninvalid.";

} // namespace

CLI::App* add(CLI::App& app, const char* name, const char* description,
              const std::string& footer) {
  auto* command = app.add_subcommand(name, description);
  command->footer(footer + "\n\n" + exit_codes);
  return command;
}

void add_config(CLI::App& app, arguments& into) {
  app.add_option("-c,--config", into.common.config,
                 "Configuration file of the node")
      ->type_name("FILE")
      ->envname("TOCSIN_CONFIG")
      ->capture_default_str();
}

void add_json(CLI::App& app, arguments& into) {
  app.add_flag("--json", into.common.json, "Print the answer as JSON");
}

void add_common(CLI::App& app, arguments& into) {
  add_config(app, into);
  app.add_option("--socket", into.common.socket,
                 "Control socket of the node, instead of the configured one")
      ->type_name("PATH")
      ->envname("TOCSIN_SOCKET");
  add_json(app, into);
  app.add_option("--timeout", into.timeout,
                 "How long to wait, e.g. 30s; 60s for an answer of the peer, "
                 "15s else")
      ->type_name("TIME");
}

void add_list(CLI::App& app, const char* name, std::vector<std::string>& into,
              const char* type, const char* description) {
  app.add_option(name, into, description)
      ->type_name(type)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

namespace {

void add_name(CLI::App& app, std::string& peer, std::string& cuid) {
  app.add_option("--customer,--upstream", peer,
                 "Whose it is: the customer's or the upstream's name")
      ->type_name("NAME");
  app.add_option("--cuid", cuid, "Client identifier, on a server node")
      ->type_name("CUID");
}

void add_node_commands(CLI::App& app, arguments& into) {
  auto* run = add(app, "run", "Run a node in the foreground",
                  "Example:\n  tocsin run -c /etc/tocsin/tocsin.toml");
  add_config(*run, into);
  run->add_option("--log-level", into.run.log_level,
                  "trace, debug, info, warning or error; default as configured")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->type_name("LEVEL");
  auto* check =
      add(app, "check", "Check a configuration without running it",
          "Examples:\n  tocsin check -c tocsin.toml\n"
          "  tocsin check -c tocsin.toml --explain   what it would do\n"
          "  tocsin check -c tocsin.toml --graph     who asks whom\n"
          "  tocsin check -c tocsin.toml --graph=dot | dot -Tsvg >node.svg");
  add_config(*check, into);
  check->add_flag("--explain", into.check.explain,
                  "Say what a node with this configuration is and does");
  check
      ->add_option("--graph", into.check.graph,
                   "Draw who asks it and whom it asks: text, or dot for "
                   "Graphviz")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "dot"}))
      ->type_name("FORMAT");
  check->add_flag("-q,--quiet", into.check.quiet, "Print remarks only");
}

void add_targets(CLI::App& app, arguments& into) {
  auto& x = into.mitigate;
  app.add_option("target", x.targets, "Addresses and prefixes to protect")
      ->type_name("PREFIX");
  add_list(app, "--prefix", x.prefixes, "PREFIX", "The same as an option");
  add_list(app, "--port", x.ports, "PORT",
           "Only this port or range, e.g. 80 or 8000-8100");
  add_list(app, "--protocol", x.protocols, "NAME",
           "Only this protocol: udp, tcp, icmp, ... or its number");
  add_list(app, "--fqdn", x.fqdns, "NAME", "Protect the addresses of a name");
  add_list(app, "--uri", x.uris, "URI", "Protect the addresses of a URI");
  add_list(app, "--alias", x.aliases, "NAME",
           "Protect what the node's configuration calls so, or the upstream");
}

void add_mitigate(CLI::App& app, arguments& into) {
  auto* command =
      add(app, "mitigate", "Ask an upstream to stop an attack",
          "Examples:\n"
          "  tocsin mitigate 203.0.113.7\n"
          "  tocsin mitigate 203.0.113.0/24 --protocol udp --port 53\n"
          "  tocsin mitigate --fqdn www.example.com --lifetime 2h --renew\n"
          "  tocsin mitigate --alias web --upstream provider --no-wait\n"
          "  tocsin mitigate --alias all --on-signal-loss --lifetime forever\n"
          "  tocsin mitigate 203.0.113.7 --filter office=immediate");
  add_targets(*command, into);
  command
      ->add_option("--lifetime", into.mitigate.lifetime,
                   "How long: 90s, 15m, 1h, 2d, 3600 or forever")
      ->type_name("TIME");
  auto* renew = command->add_flag("--renew", into.renew,
                                  "Ask again before it ends, until withdrawn");
  command->add_flag("--no-renew", into.no_renew, "Let it end")->excludes(renew);
  command->add_flag("--on-signal-loss", into.on_signal_loss,
                    "Not now: when the upstream has lost us for good");
  add_list(*command, "--filter", into.mitigate.filters, "NAME=WHEN",
           "Switch a filter once it is granted: immediate, when-mitigating, "
           "off");
  command
      ->add_option("--upstream", into.mitigate.upstream,
                   "Which upstream to ask, if there are several")
      ->type_name("NAME");
  command->add_flag("--no-wait", into.no_wait,
                    "Do not wait for the upstream's answer");
  add_common(*command, into);
}

void add_mitigation_commands(CLI::App& app, arguments& into) {
  add_mitigate(app, into);
  auto* status =
      add(app, "status", "Show the node and its mitigations, or one of them",
          "Examples:\n  tocsin status\n"
          "  tocsin status 7\n"
          "  tocsin status 7 --watch   until interrupted");
  status->add_option("mid", into.mid, "Show this mitigation in detail")
      ->type_name("MID");
  add_name(*status, into.status.peer, into.status.cuid);
  status->add_flag("-w,--watch", into.status.watch, "Repeat every 2 s");
  add_common(*status, into);
  auto* listing = add(app, "list", "List all mitigations",
                      "Examples:\n  tocsin list\n"
                      "  tocsin list --json | jq '.mitigations[].mid'");
  add_common(*listing, into);
  auto* withdraw =
      add(app, "withdraw", "End a mitigation",
          "Examples:\n  tocsin withdraw 7\n"
          "  tocsin withdraw 7 --customer shop --cuid dz6pHjaADkaFTbjr0JGBpw");
  withdraw->add_option("mid", into.name.mid, "Which one; see `tocsin list`")
      ->type_name("MID")
      ->required();
  add_name(*withdraw, into.name.peer, into.name.cuid);
  add_common(*withdraw, into);
}

void add_report(CLI::App& app, arguments& into) {
  auto* report = add(app, "report", "Tell an upstream how well it works",
                     "Examples:\n  tocsin report 7 fails   still under attack\n"
                     "  tocsin report 7 works");
  report->add_option("mid", into.name.mid, "Which one; see `tocsin list`")
      ->type_name("MID")
      ->required();
  report->add_option("verdict", into.verdict, "works or fails")
      ->check(CLI::IsMember({"works", "fails"}))
      ->required();
  add_name(*report, into.name.peer, into.name.cuid);
  add_common(*report, into);
}

void add_control(CLI::App& app, arguments& into) {
  auto* control =
      add(app, "control", "Switch filters while a mitigation runs",
          "Filters are set up over the data channel before an attack.\n"
          "Examples:\n  tocsin control 7 office=immediate\n"
          "  tocsin control 7 partners=off slow-dns=when-mitigating");
  control->add_option("mid", into.name.mid, "Which one; see `tocsin list`")
      ->type_name("MID")
      ->required();
  control
      ->add_option("filters", into.filters, "immediate, when-mitigating or off")
      ->type_name("NAME=WHEN")
      ->required();
  add_name(*control, into.name.peer, into.name.cuid);
  control->add_flag("--no-wait", into.no_wait,
                    "Do not wait for the upstream's answer");
  add_common(*control, into);
}

CLI::App* add_decision(CLI::App& app, arguments& into, const char* name,
                       const char* description, const std::string& footer) {
  auto* command = add(app, name, description, footer);
  command->add_option("mid", into.name.mid, "Which one; see `tocsin list`")
      ->type_name("MID")
      ->required();
  add_name(*command, into.name.peer, into.name.cuid);
  add_common(*command, into);
  return command;
}

void add_decisions(CLI::App& app, arguments& into) {
  auto* approve = add_decision(
      app, into, "approve", "Let a mitigation that waits for you begin",
      "On a server whose customer has 'approval = true'. A second approval\n"
      "changes the choice of mitigators.\n"
      "Examples:\n  tocsin approve 7\n"
      "  tocsin approve 7 --with scrubber --with provider");
  add_list(*approve, "--with", into.chosen, "MITIGATOR",
           "By this mitigator or relay only, instead of all");
  add_decision(app, into, "reject", "Refuse a mitigation that waits for you",
               "Its client hears that it was withdrawn.\n"
               "Example:\n  tocsin reject 7");
  auto* escalate = add_decision(
      app, into, "escalate",
      "Call those for help who rest until they are needed",
      "Relays and mitigators with a condition, such as 'when_overloaded', are\n"
      "asked for this mitigation now, whatever their condition says.\n"
      "Examples:\n  tocsin escalate 7\n"
      "  tocsin escalate 7 --end   unless a condition holds meanwhile");
  escalate->add_flag("--end", into.end_help, "Do without them again");
}

void add_redirect(CLI::App& app, arguments& into) {
  auto& x = into.redirect;
  auto* command = add(
      app, "redirect", "Send a server's clients elsewhere, or take them back",
      "Before a maintenance, and after it:\n"
      "  tocsin redirect --to dots2.example.net --address 192.0.2.7\n"
      "  tocsin redirect --off");
  auto* off = command->add_flag("--off", x.off, "Serve clients here again");
  command
      ->add_option("--to", x.server,
                   "Name of the other server; else as configured")
      ->type_name("NAME")
      ->excludes(off);
  add_list(*command, "--address", x.addresses, "ADDRESS",
           "An address of it, so that clients need not look it up");
  command
      ->add_option("--time", x.time,
                   "How long clients stay there, e.g. 30m; else as configured")
      ->type_name("TIME")
      ->excludes(off);
  add_common(*command, into);
}

void add_handover(CLI::App& app, arguments& into) {
  auto& x = into.handover;
  auto* command = add(
      app, "handover", "Give clients of this server to a sibling",
      "What a client asked for is in force at the sibling before the client "
      "is\n"
      "sent there, and only then ends here.\n"
      "Examples:\n"
      "  tocsin handover --to b --client dz6pHjaADkaFTbjr0JGBpw\n"
      "  tocsin handover --to b --all   before maintenance; newcomers go, too");
  command->add_option("--to", x.to, "Which one; see [[siblings.peer]]")
      ->type_name("SIBLING")
      ->required();
  auto* client = command
                     ->add_option("--client", x.cuid,
                                  "Client identifier; else the only one")
                     ->type_name("CUID");
  auto* customer =
      command->add_option("--customer", x.customer, "Whose client it is")
          ->type_name("NAME");
  command->add_flag("--all", x.all, "All clients of the node")
      ->excludes(client)
      ->excludes(customer);
  add_common(*command, into);
}

void add_data(CLI::App& app, arguments& into) {
  auto* command =
      add(app, "data", "Show who set up aliases and filters on a server",
          "Examples:\n  tocsin data\n"
          "  tocsin data dz6pHjaADkaFTbjr0JGBpw   its aliases and ACLs, what\n"
          "                                       they matched, time left");
  command
      ->add_option("cuid", into.data_report.cuid, "Show this client in detail")
      ->type_name("CUID");
  command
      ->add_option("--customer", into.data_report.customer,
                   "Whose client it is")
      ->type_name("NAME");
  add_common(*command, into);
}

void add_reports(CLI::App& app, arguments& into) {
  auto* sessions = add(app, "sessions", "List sessions with peers",
                       "Example:\n  tocsin sessions --limit 20");
  sessions->add_option("--limit", into.session_limit, "How many at most")
      ->check(CLI::Range(std::size_t{0}, actors::max_session_limit))
      ->capture_default_str();
  add_common(*sessions, into);
  auto* audit = add(app, "audit", "Show who did what, newest first",
                    "Example:\n  tocsin audit --limit 20");
  audit->add_option("--limit", into.audit_limit, "How many at most")
      ->check(CLI::Range(std::size_t{0}, actors::max_audit_limit))
      ->capture_default_str();
  add_common(*audit, into);
  auto* node = add(app, "node", "Show the node, its upstreams and mitigators",
                   "Example:\n  tocsin node");
  add_common(*node, into);
}

void add_pki_init(CLI::App& pki, arguments& into) {
  auto* init = add(pki, "init", "Make a certification authority",
                   "Example:\n  tocsin pki init --dir /etc/tocsin/pki "
                   "--name \"Example DOTS CA\"");
  init->add_option("--dir", into.pki_directory, "Where it keeps its files")
      ->type_name("DIR")
      ->capture_default_str();
  init->add_option("--name", into.init.name, "Its common name")
      ->capture_default_str();
  init->add_option("--days", into.init.days, "How long it is valid")
      ->capture_default_str();
  add_json(*init, into);
}

void add_pki(CLI::App& app, arguments& into) {
  auto* pki = add(app, "pki", "Make certificates for DOTS agents",
                  "Examples:\n  tocsin pki init\n"
                  "  tocsin pki issue dots.example.net --for server");
  pki->require_subcommand(1);
  add_pki_init(*pki, into);
  auto* issue = add(*pki, "issue", "Make a key and a certificate for an agent",
                    "Examples:\n"
                    "  tocsin pki issue dots.example.net --for server "
                    "--address 192.0.2.1\n"
                    "  tocsin pki issue client.example.com --for client");
  issue->add_option("name", into.issue.name, "DNS name of the agent")
      ->required();
  issue
      ->add_option("--for", into.issue_for,
                   "What it will be: client, server or both")
      ->check(CLI::IsMember({"client", "server", "both"}))
      ->capture_default_str();
  issue->add_option("--dir", into.pki_directory, "Directory of the authority")
      ->type_name("DIR")
      ->capture_default_str();
  add_list(*issue, "--dns", into.issue.dns_names, "NAME", "One more DNS name");
  add_list(*issue, "--address", into.issue.addresses, "ADDRESS",
           "An address to be called by");
  issue->add_option("--days", into.issue.days, "How long it is valid")
      ->capture_default_str();
  add_json(*issue, into);
}

} // namespace

std::unique_ptr<CLI::App> make_parser(arguments& into) {
  auto app = std::make_unique<CLI::App>(
      "Tocsin rings the bell when a network is under attack: a DDoS Open "
      "Threat\n"
      "Signaling (DOTS) agent. `tocsin COMMAND --help` explains a command.",
      "tocsin");
  app->require_subcommand(1);
  app->footer(std::string{"Examples:\n"
                          "  tocsin check -c /etc/tocsin/tocsin.toml\n"
                          "  tocsin run -c /etc/tocsin/tocsin.toml\n"
                          "  tocsin mitigate 203.0.113.7\n"
                          "  tocsin status\n\n"}
              + exit_codes);
  add_node_commands(*app, into);
  add_mitigation_commands(*app, into);
  add_report(*app, into);
  add_control(*app, into);
  add_decisions(*app, into);
  add_redirect(*app, into);
  add_handover(*app, into);
  add_data_commands(*app, into);
  add_reports(*app, into);
  add_data(*app, into);
  add_pki(*app, into);
  add(*app, "version", "Print the version", "Example:\n  tocsin version");
  return app;
}

} // namespace tocsin::roles::cli
