#include "roles/cli/cli.hpp"
#include "roles/config/explain.hpp"
#include "roles/config/graph.hpp"
#include "roles/config/load.hpp"
#include "roles/node.hpp"
#include "roles/version.hpp"

#include <iostream>

namespace tocsin::roles {

namespace {

int exit_with(cli::exit_code x) {
  return static_cast<int>(x);
}

int run(const std::string& file, const cli::run_options& options) {
  auto found = read(file);
  std::cerr << found.report();
  if (!found.good())
    return exit_with(cli::exit_code::config);
  return run_node(found.value, options.log_level);
}

int check(const std::string& file, const cli::check_options& options) {
  auto found = read(file);
  std::cerr << found.report();
  if (!found.good())
    return exit_with(cli::exit_code::config);
  if (options.graph == "dot")
    std::cout << draw_dot(found.value);
  else if (!options.graph.empty())
    std::cout << draw(found.value);
  else if (!options.quiet)
    std::cout << explain(found.value);
  return exit_with(cli::exit_code::ok);
}

result<std::string> control_socket(const std::string& file) {
  auto found = load(file);
  if (!found)
    return found.error();
  return found->node.control_socket.string();
}

} // namespace

} // namespace tocsin::roles

int main(int argc, char** argv) {
  using namespace tocsin::roles;
  namespace crypto = tocsin::transports::crypto;
  cli::commands hooks;
  hooks.version = version;
  hooks.run = run;
  hooks.check = check;
  hooks.control_socket_of = control_socket;
  hooks.pki_init = crypto::pki_init;
  hooks.pki_issue = crypto::pki_issue;
  return cli::cli_main(argc, argv, hooks);
}
