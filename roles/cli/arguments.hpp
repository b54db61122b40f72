#pragma once
#include "roles/cli/data.hpp"
#include "roles/cli/data_report.hpp"
#include "roles/cli/environment.hpp"
#include "roles/cli/node_client.hpp"
#include "roles/cli/orders.hpp"
#include "roles/cli/reports.hpp"
#include "transports/crypto/pki.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace tocsin::roles::cli {

/// What the command line said.
struct arguments {
  common_options common;
  std::string timeout; ///< as typed
  run_options run;
  check_options check;
  mitigate_options mitigate;
  bool renew = false, no_renew = false, no_wait = false;
  bool on_signal_loss = false;
  status_options status;
  std::uint32_t mid = 0;            ///< of `status`, if given
  name_options name;                ///< of `withdraw` and `report`
  std::string verdict;              ///< of `report`
  std::vector<std::string> filters; ///< of `control`
  std::vector<std::string> chosen;  ///< of `approve`
  bool end_help = false;            ///< of `escalate`
  redirect_options redirect;
  actors::handover_wish handover;
  std::string verb; ///< of `alias` and `filter`
  data_options data;
  data_report_options data_report;
  std::uint32_t session_limit = 1000;
  std::uint32_t audit_limit = 100;
  transports::crypto::pki_init_options init;
  transports::crypto::pki_issue_options issue;
  std::string pki_directory = "/etc/tocsin/pki";
  std::string issue_for = "client";
};

/// The commands, their options and their help, bound to `into`; both must
/// live as long as each other.
std::unique_ptr<CLI::App> make_parser(arguments& into);

// For the parts of make_parser():

/// A command with its examples, and the exit codes.
CLI::App* add(CLI::App& app, const char* name, const char* description,
              const std::string& footer);
void add_config(CLI::App& app, arguments& into);
void add_json(CLI::App& app, arguments& into);
/// What every command towards a running node takes.
void add_common(CLI::App& app, arguments& into);
/// A repeatable option that takes one value each time.
void add_list(CLI::App& app, const char* name, std::vector<std::string>& into,
              const char* type, const char* description);
/// `alias`, `filter` and `capabilities`.
void add_data_commands(CLI::App& app, arguments& into);

} // namespace tocsin::roles::cli
