#include "roles/cli/show.hpp"

#include "roles/cli/filters.hpp"
#include "roles/cli/table.hpp"
#include "roles/cli/words.hpp"

#include <algorithm>
#include <ostream>

namespace tocsin::roles::cli {

namespace {

using actors::mitigation_view;

/// Octets of a certificate's fingerprint that a table shows.
constexpr std::size_t fingerprint_digits = 12;

std::string join(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : ", ") + printable(text);
  return out;
}

cell state_cell(const std::string& state) {
  return {printable(state), tone_of(state)};
}

cell status_cell(protocol::signal::status x) {
  std::string text{say_status(x)};
  auto how = tone_of(text);
  return {std::move(text), how};
}

/// A line "  name        text" of a description.
void line(std::ostream& out, std::string name, const std::string& text) {
  constexpr std::size_t column = 12;
  name.resize(std::max(column, name.size() + 1), ' ');
  out << "  " << name << text << '\n';
}

/// Only a client node knows how far its own request is.
bool is_ours(const mitigation_view& x) {
  return !x.progress.empty();
}

std::string enforcement_summary(const mitigation_view& x) {
  std::string out;
  for (const auto& one : x.enforcement)
    out += (out.empty() ? "" : ", ") + printable(one.mitigator) + ' '
           + printable(one.state);
  return out;
}

std::string dropped_summary(const mitigation_view& x) {
  return x.dropped ? say_count(x.dropped->pkts_dropped) + " packets" : "";
}

std::string say_conflict(const protocol::signal::conflict_information& x) {
  std::string out;
  if (x.cause)
    out = to_string(*x.cause);
  if (x.status)
    out += (out.empty() ? "" : ", ") + std::string{to_string(*x.status)};
  if (x.retry_timer)
    out += ", may be asked for again in " + say_duration(*x.retry_timer);
  if (x.scope && x.scope->mid)
    out += ", with mid " + std::to_string(*x.scope->mid);
  if (x.scope && !x.scope->acls.empty()) {
    out += ": the attack passes";
    for (const auto& acl : x.scope->acls)
      out += (&acl == x.scope->acls.data() ? " " : ", ") + printable(acl.name);
  }
  if (x.scope && !(x.scope->what == protocol::signal::target{}))
    out += ", over " + say_target(x.scope->what);
  return out;
}

void show_dropped(std::ostream& out, const protocol::signal::counters& x) {
  line(out, "dropped",
       say_exactly(x.pkts_dropped) + " packets, " + say_bytes(x.bytes_dropped));
  // RFC 9132, Section 4.4.2: averages since the mitigation started.
  line(out, "",
       "on average " + say_count(x.pps_dropped) + " packets/s, "
           + say_bytes(x.bps_dropped) + "/s");
}

void show_parts(std::ostream& out, const actors::node_view& x, bool colour) {
  if (!x.upstreams.empty()) {
    out << '\n';
    table rows{{"UPSTREAM", "STATE", "SERVER", "VIA", "CUID", "DETAIL"}};
    for (const auto& one : x.upstreams)
      rows.add({{printable(one.name)},
                state_cell(one.state),
                {printable(one.server)},
                {printable(one.via)},
                {printable(one.cuid)},
                {printable(one.redirect.empty() ? one.detail : one.redirect)}});
    rows.write(out, colour);
    for (const auto& one : x.upstreams)
      if (!one.data.empty())
        out << "data channel to " << printable(one.name) << ": "
            << printable(one.data) << '\n';
  }
  if (!x.mitigators.empty()) {
    out << '\n';
    table rows{{"MITIGATOR", "STATE", "DRIVER", "RULES", "FILTER SETS",
                "PENDING", "RESTARTS", "DETAIL"}};
    for (const auto& one : x.mitigators)
      rows.add({{printable(one.name)},
                state_cell(one.state),
                {printable(one.driver)},
                {std::to_string(one.rules)},
                {std::to_string(one.filter_sets)},
                {std::to_string(one.pending)},
                {std::to_string(one.restarts)},
                {printable(one.detail)}});
    rows.write(out, colour);
  }
  if (!x.siblings.empty()) {
    out << '\n';
    table rows{{"SIBLING", "STATE", "SINCE", "ADDRESS", "CLIENTS",
                "MITIGATIONS", "UNANSWERED", "DETAIL"}};
    for (const auto& one : x.siblings)
      rows.add({{printable(one.name)},
                state_cell(one.state),
                {say_duration(one.since_s)},
                {printable(one.address)},
                {std::to_string(one.clients)},
                {std::to_string(one.mitigations)},
                {std::to_string(one.missed)},
                {printable(one.detail.empty() ? one.program : one.detail)}});
    rows.write(out, colour);
  }
}

} // namespace

void show_node(std::ostream& out, const actors::node_view& x, bool colour) {
  out << paint(printable(x.name), tone::heading, colour) << ": "
      << join(x.roles) << ", tocsin " << printable(x.version) << ", up "
      << say_duration(x.uptime_s) << '\n';
  if (!x.listening.empty())
    line(out, "listening", join(x.listening));
  if (!x.redirect.empty())
    line(out, "redirect", paint(printable(x.redirect), tone::busy, colour));
  line(out, "sessions",
       say_exactly(x.sessions)
           + (x.data_sessions == 0 ? ""
                                   : ", and " + say_exactly(x.data_sessions)
                                         + " on the data channel"));
  line(out, "clients", say_exactly(x.clients));
  line(out, "mitigations", say_exactly(x.mitigations));
  show_parts(out, x, colour);
}

void show_mitigations(std::ostream& out, const std::vector<mitigation_view>& xs,
                      bool colour) {
  if (xs.empty()) {
    out << "no mitigations\n";
    return;
  }
  bool ours = std::ranges::any_of(xs, is_ours);
  bool theirs = !std::ranges::all_of(xs, is_ours);
  std::vector<std::string> headings{"MID", ours && theirs ? "PEER"
                                           : ours         ? "UPSTREAM"
                                                          : "CUSTOMER"};
  if (theirs)
    headings.push_back("CUID");
  if (ours)
    headings.push_back("PROGRESS");
  for (auto name : {"STATUS", "LEFT", "DROPPED"})
    headings.push_back(name);
  if (theirs)
    headings.push_back("ENFORCED BY");
  headings.push_back("PROTECTS");
  table rows{headings};
  for (const auto& x : xs) {
    std::vector<cell> row{{std::to_string(x.mid)}, {printable(x.peer)}};
    if (theirs)
      row.push_back({printable(x.cuid)});
    if (ours)
      row.push_back(state_cell(x.progress));
    row.push_back(status_cell(x.status));
    row.push_back({say_lifetime(x.lifetime)});
    row.push_back({dropped_summary(x)});
    if (theirs)
      row.push_back({enforcement_summary(x)});
    row.push_back({say_target(x.what)});
    rows.add(std::move(row));
  }
  rows.write(out, colour);
}

void show_mitigation(std::ostream& out, const mitigation_view& x,
                     unix_seconds now, bool colour) {
  out << paint("mitigation " + std::to_string(x.mid), tone::heading, colour)
      << '\n';
  line(out, is_ours(x) ? "upstream" : "customer", printable(x.peer));
  line(out, "cuid", printable(x.cuid));
  line(out, "protects", say_target(x.what));
  if (x.external)
    line(out, "outside", say_target(*x.external));
  if (is_ours(x))
    line(out, "progress",
         paint(printable(x.progress), tone_of(x.progress), colour));
  std::string status{say_status(x.status)};
  line(out, "status", paint(status, tone_of(status), colour));
  line(out, "left",
       say_lifetime(x.lifetime) + (x.renew ? ", renewed until withdrawn" : ""));
  if (!x.immediate)
    line(out, "when",
         x.origin == "signal-loss"
             ? "in force since the signal channel was lost"
             : "waits for the loss of the signal channel");
  if (x.approval == "waiting")
    line(out, "approval",
         "waits for you: tocsin approve " + std::to_string(x.mid)
             + ", or reject");
  if (x.conflict)
    line(out, "conflict", say_conflict(*x.conflict));
  if (x.conflict && x.conflict->scope && is_ours(x))
    for (const auto& acl : x.conflict->scope->acls)
      line(out, "",
           "to close it: tocsin control " + std::to_string(x.mid) + ' '
               + printable(acl.name) + "=off");
  if (!x.filters.empty())
    line(out, "filters", say_filters(x.filters));
  if (!x.switched.empty())
    line(out, "switched",
         say_filters(x.switched) + ", by others while it was active");
  if (x.start) {
    auto start = static_cast<unix_seconds>(*x.start);
    auto text = say_time(start);
    if (start <= now)
      text +=
          ", " + say_duration(static_cast<std::uint64_t>(now - start)) + " ago";
    line(out, "started", text);
  }
  if (x.dropped)
    show_dropped(out, *x.dropped);
  for (const auto& one : x.enforcement)
    line(out, &one == x.enforcement.data() ? "enforced by" : "",
         printable(one.mitigator) + ": "
             + paint(printable(one.state), tone_of(one.state), colour)
             + (one.detail.empty() ? "" : " (" + printable(one.detail) + ')'));
  if (!x.relayed.empty())
    line(out, "relayed", "for clients of this node, which ask for it");
  if (is_ours(x))
    line(out, "as of", say_milliseconds(x.age_ms) + " ago");
  if (!x.note.empty())
    line(out, "note", printable(x.note));
}

void show_sessions(std::ostream& out,
                   const std::vector<actors::session_view>& xs,
                   std::uint64_t total, bool colour) {
  if (xs.empty()) {
    out << "no sessions\n";
  } else {
    table rows{{"ID", "SIDE", "PEER", "STATE", "ADDRESS", "AGE", "HEARD",
                "BEATS", "MISSED", "HEARS US", "IN", "OUT", "IDENTITY"}};
    for (const auto& x : xs) {
      auto identity = printable(x.identity);
      auto digits = identity.find(':');
      if (digits != identity.npos)
        identity.resize(
            std::min(identity.size(), digits + 1 + fingerprint_digits));
      rows.add({{std::to_string(x.id)},
                {printable(x.side)},
                {printable(x.peer)},
                state_cell(x.state),
                {printable(x.transport + ' ' + x.address)},
                {say_duration(x.age_s)},
                {say_milliseconds(x.idle_ms) + " ago"},
                {x.heartbeat_s == 0 ? "off" : say_duration(x.heartbeat_s)},
                {std::to_string(x.missed_heartbeats)},
                {x.peer_hears_us ? "yes" : "no"},
                {say_count(x.requests_in)},
                {say_count(x.requests_out)},
                {identity}});
    }
    rows.write(out, colour);
  }
  if (total > xs.size())
    out << xs.size() << " of " << say_exactly(total)
        << " sessions; --limit shows more\n";
}

void show_audit(std::ostream& out, const std::vector<storage::audit_event>& xs,
                bool colour) {
  if (xs.empty()) {
    out << "no events\n";
    return;
  }
  table rows{{"WHEN", "ACTOR", "ACTION", "SUBJECT", "OUTCOME"}};
  for (const auto& x : xs)
    rows.add({{say_time(x.when)},
              {printable(x.actor)},
              {printable(x.action)},
              {printable(x.subject)},
              {printable(x.outcome)}});
  rows.write(out, colour);
}

} // namespace tocsin::roles::cli
