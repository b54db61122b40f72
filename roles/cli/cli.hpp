#pragma once
#include "protocol/error.hpp"
#include "transports/crypto/pki.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The command line of `tocsin`. Running a node, checking a configuration and
/// making certificates are assembled elsewhere and come in as hooks; all other
/// commands talk to a running node through its operator API.
namespace tocsin::roles::cli {

/// What a script can rely on; described in docs/cli.md and in --help.
enum class exit_code : int {
  ok = 0,
  failed = 1,  ///< refused by the peer or the node, or it failed
  usage = 2,   ///< the command line makes no sense
  no_node = 3, ///< no node answers at the control socket
  timeout = 4, ///< asked for, not yet confirmed
  config = 5,  ///< the configuration is invalid
};

/// Where a node without -c looks for its configuration.
inline constexpr std::string_view default_config = "/etc/tocsin/tocsin.toml";

struct run_options {
  std::string log_level; ///< empty: as configured
};

struct check_options {
  bool explain = false; ///< say what the node would be and do
  std::string graph;    ///< draw it: "text", "dot", or empty: do not
  bool quiet = false;   ///< remarks only
};

/// What the commands need from the rest of the program. `run` and `check`
/// return the process's exit code and have reported what went wrong.
struct commands {
  std::string version;
  std::function<int(const std::string& config, const run_options&)> run;
  std::function<int(const std::string& config, const check_options&)> check;
  /// Path of the control socket that a configuration file names.
  std::function<result<std::string>(const std::string& config)>
      control_socket_of;
  std::function<result<transports::crypto::issued>(
      const transports::crypto::pki_init_options&)>
      pki_init;
  std::function<result<transports::crypto::issued>(
      const transports::crypto::pki_issue_options&)>
      pki_issue;
};

/// Runs one command; never throws. Returns the exit code of the process.
int cli_main(int argc, char** argv, const commands& hooks);

} // namespace tocsin::roles::cli
