#include "roles/cli/answers.hpp"

#include "roles/cli/reader.hpp"

#include <optional>

namespace tocsin::roles::cli {

namespace {

using actors::mitigation_view;

void read_status(const reader& from, protocol::signal::status& into) {
  using protocol::signal::status;
  std::string label;
  from.read("status", label);
  for (int i = 1; i <= static_cast<int>(status::signal_loss); ++i)
    if (to_string(static_cast<status>(i)) == label)
      into = static_cast<status>(i);
}

void read_conflict(
    const reader& from,
    std::optional<protocol::signal::conflict_information>& into) {
  namespace sig = protocol::signal;
  auto found = from.find("conflict");
  if (!found)
    return;
  reader object{*found};
  auto& x = into.emplace();
  std::string status, cause;
  object.read("conflict-status", status);
  object.read("conflict-cause", cause);
  for (auto one :
       {sig::conflict_status::inactive_other_active,
        sig::conflict_status::active, sig::conflict_status::all_inactive})
    if (to_string(one) == status)
      x.status = one;
  for (auto one :
       {sig::conflict_cause::overlapping_targets,
        sig::conflict_cause::acceptlist, sig::conflict_cause::cuid_collision})
    if (to_string(one) == cause)
      x.cause = one;
  if (object.find("retry-timer"))
    object.read("retry-timer", x.retry_timer.emplace());
  auto& scope = x.scope.emplace();
  if (object.find("mid"))
    object.read("mid", scope.mid.emplace());
  read_target(object, scope.what);
  object.each("acl-list", [&](dom::element entry) {
    reader acl{entry};
    auto& one = scope.acls.emplace_back();
    acl.read("acl-name", one.name);
    acl.read("acl-type", one.type);
  });
}

void read_filters(const reader& from, std::string_view name,
                  std::vector<protocol::signal::filter_control>& into) {
  using protocol::signal::activation;
  from.each(name, [&](dom::element entry) {
    reader object{entry};
    auto& one = into.emplace_back();
    std::string when;
    object.read("acl-name", one.name);
    object.read("activation-type", when);
    for (auto x : {activation::activate_when_mitigating, activation::immediate,
                   activation::deactivate})
      if (to_string(x) == when)
        one.when = x;
  });
}

mitigation_view make_mitigation(const reader& from) {
  mitigation_view x;
  from.read("peer", x.peer);
  from.read("cuid", x.cuid);
  from.read("mid", x.mid);
  read_target(from, x.what);
  if (auto external = from.find("external"))
    read_target(reader{*external}, x.external.emplace());
  from.read("lifetime", x.lifetime);
  read_status(from, x.status);
  from.read("progress", x.progress);
  if (from.find("start"))
    from.read("start", x.start.emplace());
  if (auto dropped = from.find("dropped")) {
    auto& counters = x.dropped.emplace();
    reader object{*dropped};
    object.read("bytes_dropped", counters.bytes_dropped);
    object.read("pkts_dropped", counters.pkts_dropped);
    object.read("bps_dropped", counters.bps_dropped);
    object.read("pps_dropped", counters.pps_dropped);
  }
  read_enforcement(from, x.enforcement);
  from.read("trigger-mitigation", x.immediate);
  from.read("origin", x.origin);
  read_conflict(from, x.conflict);
  read_filters(from, "acl-list", x.filters);
  read_filters(from, "acl-switched", x.switched);
  from.read("renew", x.renew);
  from.read("age_ms", x.age_ms);
  from.read("answer_ms", x.answer_ms);
  from.read("relayed", x.relayed);
  from.read("approval", x.approval);
  from.read("note", x.note);
  return x;
}

actors::session_view make_session(const reader& from) {
  actors::session_view x;
  from.read("id", x.id);
  from.read("side", x.side);
  from.read("peer", x.peer);
  from.read("address", x.address);
  from.read("identity", x.identity);
  from.read("transport", x.transport);
  from.read("state", x.state);
  from.read("age_s", x.age_s);
  from.read("idle_ms", x.idle_ms);
  from.read("missed_heartbeats", x.missed_heartbeats);
  from.read("peer_hears_us", x.peer_hears_us);
  from.read("mitigating", x.mitigating);
  from.read("resumed", x.resumed);
  from.read("redirected", x.redirected);
  from.read("heartbeat_s", x.heartbeat_s);
  from.read("missing_hb_allowed", x.missing_hb_allowed);
  from.read("observations", x.observations);
  from.read("requests_in", x.requests_in);
  from.read("requests_out", x.requests_out);
  return x;
}

actors::mitigator_view make_mitigator(const reader& from) {
  actors::mitigator_view x;
  from.read("name", x.name);
  from.read("driver", x.driver);
  from.read("state", x.state);
  from.read("detail", x.detail);
  from.read("rules", x.rules);
  from.read("filter_sets", x.filter_sets);
  from.read("pending", x.pending);
  from.read("restarts", x.restarts);
  return x;
}

actors::upstream_view make_upstream(const reader& from) {
  actors::upstream_view x;
  from.read("name", x.name);
  from.read("server", x.server);
  from.read("state", x.state);
  from.read("detail", x.detail);
  from.read("cuid", x.cuid);
  from.read("via", x.via);
  from.read("redirect", x.redirect);
  from.read("under_attack", x.under_attack);
  from.read("data", x.data);
  return x;
}

actors::sibling_view make_sibling(const reader& from) {
  actors::sibling_view x;
  from.read("name", x.name);
  from.read("address", x.address);
  from.read("state", x.state);
  from.read("detail", x.detail);
  from.read("since_s", x.since_s);
  from.read("program", x.program);
  from.read("sessions", x.sessions);
  from.read("clients", x.clients);
  from.read("mitigations", x.mitigations);
  from.read("missed", x.missed);
  return x;
}

actors::handover_result make_handover(const reader& from) {
  actors::handover_result x;
  from.read("customer", x.customer);
  from.read("cuid", x.cuid);
  from.read("moved", x.moved);
  from.read("mitigations", x.mitigations);
  from.read("detail", x.detail);
  return x;
}

} // namespace

result<std::vector<actors::handover_result>>
read_handovers(std::string_view json) {
  using results = std::vector<actors::handover_result>;
  return parse<results>(json, [](const reader& from) -> result<results> {
    results out;
    if (!from.each("clients", [&](dom::element entry) {
          out.push_back(make_handover(reader{entry}));
        }))
      return not_understood();
    return out;
  });
}

result<actors::node_view> read_node(std::string_view json) {
  return parse<actors::node_view>(json, [](const reader& from) {
    actors::node_view x;
    from.read("name", x.name);
    from.read("version", x.version);
    from.read("roles", x.roles);
    from.read("uptime_s", x.uptime_s);
    from.read("sessions", x.sessions);
    from.read("data_sessions", x.data_sessions);
    from.read("clients", x.clients);
    from.read("mitigations", x.mitigations);
    from.read("listening", x.listening);
    from.read("redirect", x.redirect);
    from.each("mitigators", [&](dom::element entry) {
      x.mitigators.push_back(make_mitigator(reader{entry}));
    });
    from.each("upstreams", [&](dom::element entry) {
      x.upstreams.push_back(make_upstream(reader{entry}));
    });
    from.each("siblings", [&](dom::element entry) {
      x.siblings.push_back(make_sibling(reader{entry}));
    });
    return x;
  });
}

result<mitigation_view> read_mitigation(std::string_view json) {
  return parse<mitigation_view>(json, make_mitigation);
}

result<std::vector<mitigation_view>> read_mitigations(std::string_view json) {
  using list = std::vector<mitigation_view>;
  return parse<list>(json, [](const reader& from) -> result<list> {
    list xs;
    bool there = from.each("mitigations", [&](dom::element entry) {
      xs.push_back(make_mitigation(reader{entry}));
    });
    if (!there)
      return not_understood();
    return xs;
  });
}

result<session_list> read_sessions(std::string_view json) {
  return parse<session_list>(
      json, [](const reader& from) -> result<session_list> {
        session_list x;
        from.read("total", x.total);
        bool there = from.each("sessions", [&](dom::element entry) {
          x.sessions.push_back(make_session(reader{entry}));
        });
        if (!there)
          return not_understood();
        return x;
      });
}

result<std::vector<storage::audit_event>> read_audit(std::string_view json) {
  using list = std::vector<storage::audit_event>;
  return parse<list>(json, [](const reader& from) -> result<list> {
    list xs;
    bool there = from.each("events", [&](dom::element entry) {
      auto& x = xs.emplace_back();
      reader object{entry};
      object.read("when", x.when);
      object.read("actor", x.actor);
      object.read("action", x.action);
      object.read("subject", x.subject);
      object.read("outcome", x.outcome);
    });
    if (!there)
      return not_understood();
    return xs;
  });
}

failure read_error(std::string_view json) {
  auto x = fail(ec::internal, "node", "it failed without saying why");
  dom::parser parser;
  dom::element error;
  if (parser.parse(json.data(), json.size())["error"].get(error)
      != simdjson::SUCCESS)
    return x;
  reader from{error};
  std::string code;
  from.read("code", code);
  from.read("where", x.where);
  from.read("detail", x.detail);
  for (int i = 0; i <= static_cast<int>(ec::internal); ++i)
    if (to_string(static_cast<ec>(i)) == code)
      x.code = static_cast<ec>(i);
  return x;
}

} // namespace tocsin::roles::cli
