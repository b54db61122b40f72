#include "roles/cli/reports.hpp"

#include "roles/cli/answers.hpp"
#include "roles/cli/show.hpp"

#include <ostream>
#include <simdjson.h>

namespace tocsin::roles::cli {

namespace {

/// Often enough to see an attack move, seldom enough for a struggling peer.
constexpr std::chrono::milliseconds watch_interval{2000};

/// Asks for `target`, and prints the answer as it is or with `show`.
template <class Read, class Show>
exit_code look(node_client& node, const std::string& target, Read read,
               Show show) {
  auto body = node.get(target);
  if (!body)
    return node.code();
  if (node.json()) {
    node.env().out << *body << '\n';
    return exit_code::ok;
  }
  auto value = read(*body);
  if (!value)
    return node.fail_with(value.error(), exit_code::failed);
  show(*value);
  return exit_code::ok;
}

/// {"node":{...},"mitigations":[...]} out of two answers.
result<std::string> join_answers(const std::string& node,
                                 const std::string& list) {
  simdjson::dom::parser parser;
  simdjson::dom::element mitigations;
  if (parser.parse(list)["mitigations"].get(mitigations) != simdjson::SUCCESS)
    return fail(ec::malformed, "answer", "the node's answer is not understood");
  return R"({"node":)" + node + R"(,"mitigations":)"
         + simdjson::minify(mitigations) + '}';
}

exit_code overview(node_client& node) {
  auto about = node.get("/v1/node");
  auto list = about ? node.get("/v1/mitigations") : std::nullopt;
  if (!list)
    return node.code();
  auto& env = node.env();
  if (node.json()) {
    auto both = join_answers(*about, *list);
    if (!both)
      return node.fail_with(both.error(), exit_code::failed);
    env.out << *both << '\n';
    return exit_code::ok;
  }
  auto view = read_node(*about);
  auto mitigations = read_mitigations(*list);
  if (!view || !mitigations)
    return node.fail_with(view ? mitigations.error() : view.error(),
                          exit_code::failed);
  show_node(env.out, *view, env.colour);
  env.out << '\n';
  show_mitigations(env.out, *mitigations, env.colour);
  return exit_code::ok;
}

exit_code details(node_client& node, const status_options& options) {
  auto name = complete(node, {*options.mid, options.peer, options.cuid});
  if (!name)
    return node.code();
  auto& env = node.env();
  return look(node, target_of(*name), read_mitigation,
              [&](const actors::mitigation_view& x) {
                show_mitigation(env.out, x, env.wall_clock(), env.colour);
              });
}

} // namespace

exit_code status(node_client& node, const status_options& options) {
  auto& env = node.env();
  for (;;) {
    if (options.watch && env.out_is_terminal)
      env.out << "\x1b[H\x1b[2J"; // home, clear
    auto code = options.mid ? details(node, options) : overview(node);
    env.out.flush();
    if (!options.watch || code != exit_code::ok || !env.pause(watch_interval))
      return code;
    if (!env.out_is_terminal && !node.json())
      env.out << '\n';
  }
}

exit_code list(node_client& node) {
  auto& env = node.env();
  return look(node, "/v1/mitigations", read_mitigations, [&](const auto& xs) {
    show_mitigations(env.out, xs, env.colour);
  });
}

exit_code show_node(node_client& node) {
  auto& env = node.env();
  return look(node, "/v1/node", read_node,
              [&](const auto& x) { show_node(env.out, x, env.colour); });
}

exit_code sessions(node_client& node, std::uint32_t limit) {
  auto& env = node.env();
  return look(node, "/v1/sessions?limit=" + std::to_string(limit),
              read_sessions, [&](const session_list& x) {
                show_sessions(env.out, x.sessions, x.total, env.colour);
              });
}

exit_code audit(node_client& node, std::uint32_t limit) {
  auto& env = node.env();
  return look(node, "/v1/audit?limit=" + std::to_string(limit), read_audit,
              [&](const auto& xs) { show_audit(env.out, xs, env.colour); });
}

} // namespace tocsin::roles::cli
