#include "actors/api.hpp"
#include "actors/api_write.hpp"
#include "protocol/json/writer.hpp"

namespace tocsin::actors {

namespace {

using protocol::json::writer;
using protocol::signal::target;

void write(writer& out, const protocol::signal::counters& x) {
  out.begin_object()
      .member("bytes_dropped", x.bytes_dropped)
      .member("pkts_dropped", x.pkts_dropped)
      .member("bps_dropped", x.bps_dropped)
      .member("pps_dropped", x.pps_dropped)
      .end_object();
}

void write(writer& out, const protocol::signal::conflict_information& x) {
  out.begin_object();
  if (x.status)
    out.member("conflict-status", protocol::signal::to_string(*x.status));
  if (x.cause)
    out.member("conflict-cause", protocol::signal::to_string(*x.cause));
  if (x.retry_timer)
    out.member("retry-timer", *x.retry_timer);
  if (x.scope) {
    if (x.scope->mid)
      out.member("mid", *x.scope->mid);
    write_target(out, x.scope->what);
    if (!x.scope->acls.empty()) {
      out.key("acl-list").begin_array();
      for (const auto& acl : x.scope->acls)
        out.begin_object()
            .member("acl-name", acl.name)
            .member("acl-type", acl.type)
            .end_object();
      out.end_array();
    }
  }
  out.end_object();
}

void write_filters(writer& out, std::string_view name,
                   const std::vector<protocol::signal::filter_control>& xs) {
  if (xs.empty())
    return;
  out.key(name).begin_array();
  for (const auto& x : xs)
    out.begin_object()
        .member("acl-name", x.name)
        .member("activation-type",
                protocol::signal::to_string(protocol::signal::when_of(x)))
        .end_object();
  out.end_array();
}

void write(writer& out, const mitigation_view& x) {
  out.begin_object()
      .member("peer", x.peer)
      .member("cuid", x.cuid)
      .member("mid", x.mid);
  write_target(out, x.what);
  if (x.external) {
    out.key("external").begin_object();
    write_target(out, *x.external);
    out.end_object();
  }
  out.member("lifetime", x.lifetime)
      .member("status", protocol::signal::to_string(x.status))
      .member("progress", x.progress);
  if (x.start)
    out.member("start", *x.start);
  if (x.dropped)
    write(out.key("dropped"), *x.dropped);
  write_enforcement(out, x.enforcement);
  out.member("trigger-mitigation", x.immediate).member("origin", x.origin);
  if (x.conflict)
    write(out.key("conflict"), *x.conflict);
  write_filters(out, "acl-list", x.filters);
  write_filters(out, "acl-switched", x.switched);
  out.member("renew", x.renew)
      .member("age_ms", x.age_ms)
      .member("answer_ms", x.answer_ms)
      .member("relayed", x.relayed)
      .member("approval", x.approval)
      .member("note", x.note)
      .end_object();
}

void write(writer& out, const session_view& x) {
  out.begin_object()
      .member("id", x.id)
      .member("side", x.side)
      .member("peer", x.peer)
      .member("address", x.address)
      .member("identity", x.identity)
      .member("transport", x.transport)
      .member("state", x.state)
      .member("age_s", x.age_s)
      .member("idle_ms", x.idle_ms)
      .member("missed_heartbeats", x.missed_heartbeats)
      .member("peer_hears_us", x.peer_hears_us)
      .member("mitigating", x.mitigating)
      .member("resumed", x.resumed)
      .member("redirected", x.redirected)
      .member("heartbeat_s", x.heartbeat_s)
      .member("missing_hb_allowed", x.missing_hb_allowed)
      .member("observations", x.observations)
      .member("requests_in", x.requests_in)
      .member("requests_out", x.requests_out)
      .end_object();
}

void write(writer& out, const mitigator_view& x) {
  out.begin_object()
      .member("name", x.name)
      .member("driver", x.driver)
      .member("state", x.state)
      .member("detail", x.detail)
      .member("rules", x.rules)
      .member("filter_sets", x.filter_sets)
      .member("pending", x.pending)
      .member("restarts", x.restarts)
      .end_object();
}

void write(writer& out, const upstream_view& x) {
  out.begin_object()
      .member("name", x.name)
      .member("server", x.server)
      .member("state", x.state)
      .member("detail", x.detail)
      .member("cuid", x.cuid)
      .member("via", x.via)
      .member("redirect", x.redirect)
      .member("under_attack", x.under_attack)
      .member("data", x.data)
      .end_object();
}

void write(writer& out, const sibling_view& x) {
  out.begin_object()
      .member("name", x.name)
      .member("address", x.address)
      .member("state", x.state)
      .member("detail", x.detail)
      .member("since_s", x.since_s)
      .member("program", x.program)
      .member("sessions", x.sessions)
      .member("clients", x.clients)
      .member("mitigations", x.mitigations)
      .member("missed", x.missed)
      .end_object();
}

void write(writer& out, const handover_result& x) {
  out.begin_object()
      .member("customer", x.customer)
      .member("cuid", x.cuid)
      .member("moved", x.moved)
      .member("mitigations", x.mitigations)
      .member("detail", x.detail)
      .end_object();
}

void write(writer& out, const storage::audit_event& x) {
  out.begin_object()
      .member("when", x.when)
      .member("actor", x.actor)
      .member("action", x.action)
      .member("subject", x.subject)
      .member("outcome", x.outcome)
      .end_object();
}

void write(writer& out, const std::string& x) {
  out.value(x);
}

template <class T>
void write_list(writer& out, std::string_view name, const std::vector<T>& xs) {
  out.key(name).begin_array();
  for (const auto& x : xs)
    write(out, x);
  out.end_array();
}

} // namespace

std::string to_json(const node_view& x) {
  writer out;
  out.begin_object().member("name", x.name).member("version", x.version);
  write_list(out, "roles", x.roles);
  out.member("uptime_s", x.uptime_s)
      .member("sessions", x.sessions)
      .member("data_sessions", x.data_sessions)
      .member("clients", x.clients)
      .member("mitigations", x.mitigations);
  write_list(out, "listening", x.listening);
  out.member("redirect", x.redirect);
  write_list(out, "mitigators", x.mitigators);
  write_list(out, "upstreams", x.upstreams);
  write_list(out, "siblings", x.siblings);
  return std::move(out.end_object()).str();
}

std::string to_json(const mitigation_view& x) {
  writer out;
  write(out, x);
  return std::move(out).str();
}

std::string to_json(const std::vector<mitigation_view>& xs) {
  writer out;
  write_list(out.begin_object(), "mitigations", xs);
  return std::move(out.end_object()).str();
}

std::string to_json(const std::vector<session_view>& xs, std::uint64_t total) {
  writer out;
  write_list(out.begin_object(), "sessions", xs);
  return std::move(out.member("total", total).end_object()).str();
}

std::string to_json(const std::vector<storage::audit_event>& xs) {
  writer out;
  write_list(out.begin_object(), "events", xs);
  return std::move(out.end_object()).str();
}

std::string to_json(const failure& x) {
  writer out;
  out.begin_object()
      .key("error")
      .begin_object()
      .member("code", to_string(x.code))
      .member("where", x.where)
      .member("detail", x.detail)
      .end_object()
      .end_object();
  return std::move(out).str();
}

std::string to_json(const order_body& x) {
  writer out;
  out.begin_object();
  if (!x.upstream.empty())
    out.member("upstream", x.upstream);
  write_target(out, x.what);
  if (x.lifetime)
    out.member("lifetime", *x.lifetime);
  if (x.renew)
    out.member("renew", *x.renew);
  if (x.trigger_mitigation)
    out.member("trigger-mitigation", *x.trigger_mitigation);
  write_filters(out, "acl-list", x.filters);
  return std::move(out.end_object()).str();
}

std::string to_json(const std::vector<protocol::signal::filter_control>& xs) {
  writer out;
  write_filters(out.begin_object(), "acl-list", xs);
  return std::move(out.end_object()).str();
}

std::string to_json(const redirect_wish& x) {
  writer out;
  out.begin_object();
  if (!x.alt_server.empty())
    out.member("alt-server", x.alt_server);
  write_texts(out, "alt-server-record", x.records);
  if (x.max_age)
    out.member("max-age", *x.max_age);
  return std::move(out.end_object()).str();
}

std::string to_json(const handover_wish& x) {
  writer out;
  out.begin_object().member("to", x.to);
  if (x.all)
    out.member("all", true);
  if (!x.customer.empty())
    out.member("customer", x.customer);
  if (!x.cuid.empty())
    out.member("cuid", x.cuid);
  return std::move(out.end_object()).str();
}

std::string to_json(const std::vector<handover_result>& xs) {
  writer out;
  write_list(out.begin_object(), "clients", xs);
  return std::move(out.end_object()).str();
}

std::string to_json(const operator_order& x) {
  writer out;
  out.begin_object().member("decision", to_string(x.what));
  write_texts(out, "mitigators", x.mitigators);
  return std::move(out.end_object()).str();
}

std::string to_json(protocol::signal::attack_status x) {
  writer out;
  out.begin_object().member("attack-status", protocol::signal::to_string(x));
  return std::move(out.end_object()).str();
}

} // namespace tocsin::actors
