#include "protocol/data/agent_view.hpp"

#include "protocol/data/module.hpp"

#include <utility>

namespace tocsin::protocol::data {

namespace {

using restconf::refusal;
using yang::error_tag;

constexpr std::size_t client_depth = 2; // steps of a path to a client

/// A tree without any client.
yang::data_node empty_tree() {
  yang::data_node out{.row = &rows::datastore};
  out.ensure(rows::top[0]);
  return out;
}

refusal above_clients(const yang::instance_path& at) {
  return {403, yang::error{error_tag::access_denied, yang::to_string(at),
                           "clients are edited one by one"}};
}

std::optional<std::string_view> cuid_of(const yang::instance_path& at) {
  auto x = client_of(at);
  return x ? std::optional<std::string_view>{*x} : std::nullopt;
}

/// What begins a new lifetime: entries that were written, also in part, and all
/// of a client that was written as a whole.
refresh refreshed(const restconf::edit& x) {
  using kind = restconf::entry_change::kind;
  refresh out;
  for (const auto& change : x.changes) {
    const auto& step = change.at.steps.back();
    if (change.what == kind::removed || step.keys.empty())
      continue;
    if (step.row == &rows::alias_row)
      out.aliases.insert(step.keys.front());
    else if (step.row == &rows::acl_row)
      out.acls.insert(step.keys.front());
    else if (step.row == &rows::client_row && change.what != kind::touched)
      out.all = true;
  }
  return out;
}

} // namespace

const std::string* client_of(const yang::instance_path& at) {
  if (at.steps.size() < client_depth
      || at.steps[client_depth - 1].row != &rows::client_row
      || at.steps[client_depth - 1].keys.empty())
    return nullptr;
  return &at.steps[client_depth - 1].keys.front();
}

std::optional<refusal> agent_view::forbids(const yang::instance_path& at,
                                           bool edits) const {
  if (store_.settings().direct_configuration)
    return refusal{503, yang::error{error_tag::operation_failed,
                                    {},
                                    "aliases and filters are configured "
                                    "directly at this server"}};
  if (edits && at.is_root())
    return above_clients(at);
  auto cuid = client_of(at);
  if (!edits || !cuid)
    return std::nullopt;
  if (at.steps.size() > client_depth)
    if (auto bad = store_.admit(agent_, *cuid))
      return refusal{403, std::move(*bad)};
  return std::nullopt;
}

yang::data_node agent_view::read(const yang::instance_path& at) const {
  auto tree = store_.view(agent_, cuid_of(at), now_.mono);
  return tree ? std::move(*tree) : empty_tree();
}

yang::data_node agent_view::configuration(const yang::instance_path& at) const {
  auto tree = store_.configuration(agent_, cuid_of(at));
  return tree ? std::move(*tree) : empty_tree();
}

restconf::version agent_view::version_of(const yang::instance_path& at) const {
  restconf::version out{store_.entity_tag(agent_, at), {}};
  if (auto changed = store_.last_change(agent_, at))
    out.modified = std::chrono::sys_seconds{std::chrono::seconds{*changed}};
  return out;
}

std::optional<refusal> agent_view::commit(restconf::edit x) {
  auto cuid = client_of(x.resource);
  if (!cuid)
    return above_clients(x.resource);
  auto node = yang::find(std::as_const(x.tree), client_path(*cuid));
  auto made = store_.stage(agent_, *cuid, node, refreshed(x), now_);
  if (made) {
    staged_ = std::move(*made);
    return std::nullopt;
  }
  // The request is right: it is this server that cannot do it.
  if (made.error().tag == error_tag::operation_not_supported)
    return refusal{501, made.error()};
  return refusal{made.error()};
}

} // namespace tocsin::protocol::data
