#include "roles/cli/node_client.hpp"

#include "actors/api.hpp"
#include "roles/cli/answers.hpp"
#include "roles/cli/words.hpp"
#include "transports/http_client.hpp"

#include <algorithm>
#include <ostream>

namespace tocsin::roles::cli {

namespace {

/// For answers that the node gives from memory or asks a peer for in passing.
constexpr std::chrono::seconds quick{15};
/// What the node may need beyond the wait that it was asked for.
constexpr std::chrono::seconds slack{10};

exit_code code_for(const failure& why) {
  return why.code == ec::timeout ? exit_code::timeout : exit_code::no_node;
}

exit_code code_for_status(unsigned status) {
  if (status == 504)
    return exit_code::timeout;
  return status == 400 ? exit_code::usage : exit_code::failed;
}

} // namespace

void report(environment& env, const failure& why) {
  // These say it all in a sentence; place and code would only repeat it.
  bool plain = why.code == ec::unavailable && !why.detail.empty();
  env.err << "tocsin: " << printable(plain ? why.detail : to_string(why))
          << '\n';
}

node_client::node_client(const common_options& options, const commands& hooks,
                         environment& env)
    : options_{options}, hooks_{hooks}, env_{env}, socket_{options.socket} {}

std::optional<std::string> node_client::get(const std::string& target) {
  return ask("GET", target, {}, options_.timeout.value_or(quick) - slack);
}

std::optional<std::string> node_client::ask(const std::string& method,
                                            const std::string& target,
                                            const std::string& body,
                                            std::chrono::seconds wait) {
  if (!find_socket())
    return std::nullopt;
  auto limit = std::max(wait + slack, std::chrono::seconds{1});
  auto answer = transports::call(socket_, method, target, body, limit);
  if (!answer) {
    fail_with(answer.error(), code_for(answer.error()));
    return std::nullopt;
  }
  if (answer->status < 300)
    return std::move(answer->body);
  if (options_.json)
    env_.out << answer->body << '\n';
  fail_with(read_error(answer->body), code_for_status(answer->status));
  return std::nullopt;
}

exit_code node_client::fail_with(const failure& why, exit_code code) {
  report(env_, why);
  return code_ = code;
}

std::chrono::seconds node_client::patience() const {
  return std::min(options_.timeout.value_or(actors::default_wait),
                  actors::max_wait);
}

std::string node_client::repeat(const std::string& command) const {
  auto text = "tocsin " + command;
  if (!options_.socket.empty())
    return text + " --socket " + options_.socket;
  if (options_.config != default_config)
    return text + " -c " + options_.config;
  return text;
}

bool node_client::find_socket() {
  if (!socket_.empty())
    return true;
  auto path = hooks_.control_socket_of(options_.config);
  if (path) {
    socket_ = *path;
    return true;
  }
  report(env_, path.error());
  env_.err << "tocsin: name the node's configuration with -c FILE or its "
              "socket with --socket PATH\n";
  code_ = exit_code::config;
  return false;
}

} // namespace tocsin::roles::cli
