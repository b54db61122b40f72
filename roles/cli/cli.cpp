#include "roles/cli/cli.hpp"

#include "protocol/json/writer.hpp"
#include "roles/cli/arguments.hpp"
#include "roles/cli/filters.hpp"
#include "roles/cli/words.hpp"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace tocsin::roles::cli {

namespace {

namespace crypto = transports::crypto;

exit_code show_issued(const result<crypto::issued>& made, bool json,
                      environment& env) {
  if (!made) {
    report(env, made.error());
    return exit_code::failed;
  }
  if (json) {
    protocol::json::writer out;
    out.begin_object()
        .member("certificate", made->certificate.string())
        .member("key", made->key.string())
        .member("fingerprint", made->fingerprint)
        .member("cuid", made->cuid)
        .member("not_after", made->not_after)
        .end_object();
    env.out << out.str() << '\n';
    return exit_code::ok;
  }
  env.out << "certificate  " << made->certificate.string() << '\n'
          << "key          " << made->key.string() << '\n'
          << "fingerprint  " << made->fingerprint << '\n'
          << "cuid         " << made->cuid << '\n'
          << "valid until  " << say_time(made->not_after) << '\n';
  return exit_code::ok;
}

exit_code make_certificate(arguments& x, bool authority, const commands& hooks,
                           environment& env) {
  if (authority) {
    x.init.directory = x.pki_directory;
    return show_issued(hooks.pki_init(x.init), x.common.json, env);
  }
  x.issue.directory = x.pki_directory;
  x.issue.type = x.issue_for == "server"   ? crypto::agent_type::server
                 : x.issue_for == "client" ? crypto::agent_type::client
                                           : crypto::agent_type::both;
  return show_issued(hooks.pki_issue(x.issue), x.common.json, env);
}

/// The commands that talk to a running node.
exit_code run_towards_node(const std::string& name, arguments& x,
                           const commands& hooks, environment& env) {
  if (!x.timeout.empty()) {
    auto timeout = parse_duration(x.timeout);
    if (!timeout) {
      report(env, timeout.error());
      return exit_code::usage;
    }
    x.common.timeout = *timeout;
  }
  node_client node{x.common, hooks, env};
  if (name == "mitigate") {
    x.mitigate.wait = !x.no_wait;
    x.mitigate.on_signal_loss = x.on_signal_loss;
    if (x.renew || x.no_renew)
      x.mitigate.renew = x.renew;
    return mitigate(node, x.mitigate);
  }
  if (name == "withdraw")
    return withdraw(node, x.name);
  if (name == "report")
    return report_efficacy(node, x.name, x.verdict);
  if (name == "control")
    return control(node, x.name, x.filters, !x.no_wait);
  using kind = actors::operator_order::kind;
  if (name == "approve")
    return decide(node, x.name, {kind::approve, x.chosen, {}});
  if (name == "reject")
    return decide(node, x.name, {kind::reject});
  if (name == "escalate")
    return decide(node, x.name,
                  {x.end_help ? kind::end_help : kind::call_help});
  if (name == "redirect")
    return redirect(node, x.redirect);
  if (name == "handover")
    return hand_over(node, x.handover);
  if (name == "alias")
    return alias(node, x.verb, x.data);
  if (name == "filter")
    return filter(node, x.verb, x.data);
  if (name == "capabilities")
    return capabilities(node, x.data);
  if (name == "status")
    return status(node, x.status);
  if (name == "list")
    return list(node);
  if (name == "sessions")
    return sessions(node, x.session_limit);
  if (name == "audit")
    return audit(node, x.audit_limit);
  if (name == "data")
    return data(node, x.data_report);
  return show_node(node);
}

exit_code dispatch(const CLI::App& command, arguments& x, const commands& hooks,
                   environment& env) {
  const auto& name = command.get_name();
  if (name == "version") {
    env.out << "tocsin " << hooks.version << '\n';
    return exit_code::ok;
  }
  if (name == "run")
    return static_cast<exit_code>(hooks.run(x.common.config, x.run));
  if (name == "check")
    return static_cast<exit_code>(hooks.check(x.common.config, x.check));
  if (name == "pki")
    return make_certificate(x, command.got_subcommand("init"), hooks, env);
  if (name == "status" && command.count("mid") > 0)
    x.status.mid = x.mid;
  if (auto inner = command.get_subcommands(); !inner.empty())
    x.verb = inner.front()->get_name();
  return run_towards_node(name, x, hooks, env);
}

exit_code explain(const CLI::App& app, const CLI::ParseError& error,
                  environment& env) {
  // A request for help is an error to CLI11.
  if (app.exit(error, env.out, env.err) == 0)
    return exit_code::ok;
  return exit_code::usage;
}

} // namespace

exit_code run_command(const std::vector<std::string>& words,
                      const commands& hooks, environment& env) {
  arguments x;
  auto app = make_parser(x);
  try {
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    app->parse(std::move(reversed)); // CLI11 takes them from the end
  } catch (const CLI::ParseError& error) {
    return explain(*app, error, env);
  }
  return dispatch(*app->get_subcommands().front(), x, hooks, env);
}

int cli_main(int argc, char** argv, const commands& hooks) try {
  bool out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* no_colour = std::getenv("NO_COLOR"); // see no-color.org
  environment env{std::cout,
                  std::cerr,
                  out_is_terminal,
                  ::isatty(STDERR_FILENO) == 1,
                  out_is_terminal && (!no_colour || !*no_colour),
                  [] { return std::chrono::steady_clock::now(); },
                  [] { return unix_seconds{std::time(nullptr)}; },
                  [](std::chrono::milliseconds time) {
                    std::this_thread::sleep_for(time);
                    return true;
                  }};
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  auto code = run_command(words, hooks, env);
  std::cout.flush();
  return static_cast<int>(code);
} catch (const std::exception& e) {
  std::cerr << "tocsin: " << e.what() << '\n';
  return static_cast<int>(exit_code::failed);
}

} // namespace tocsin::roles::cli
