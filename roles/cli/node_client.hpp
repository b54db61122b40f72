#pragma once
#include "actors/views.hpp"
#include "roles/cli/environment.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace tocsin::roles::cli {

/// Options that every command towards a node takes.
struct common_options {
  std::string config{default_config};
  std::string socket; ///< empty: the one that the configuration names
  bool json = false;
  std::optional<std::chrono::seconds> timeout;
};

/// "tocsin: mid: there is no such mitigation (not-found)" on `err`.
void report(environment& env, const failure& why);

/// The operator API of one node. Failures are reported here, once.
class node_client {
public:
  node_client(const common_options& options, const commands& hooks,
              environment& env);

  /// Body of a successful answer. Else the failure has been reported, code()
  /// says what to exit with, and with --json the error answer was printed.
  std::optional<std::string> get(const std::string& target);

  /// As get, for calls that wait up to `wait` in the node.
  std::optional<std::string> ask(const std::string& method,
                                 const std::string& target,
                                 const std::string& body,
                                 std::chrono::seconds wait);

  exit_code code() const noexcept { return code_; }

  /// Reports `why` and remembers the code to exit with.
  exit_code fail_with(const failure& why, exit_code code);

  bool json() const noexcept { return options_.json; }
  environment& env() const noexcept { return env_; }
  /// How long to wait for a peer's answer.
  std::chrono::seconds patience() const;
  /// `command` with the options that lead to this very node, to be repeated.
  std::string repeat(const std::string& command) const;

private:
  bool find_socket();

  common_options options_;
  const commands& hooks_;
  environment& env_;
  std::string socket_;
  exit_code code_ = exit_code::ok;
};

} // namespace tocsin::roles::cli
