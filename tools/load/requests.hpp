#pragma once
#include "protocol/error.hpp"
#include "tools/load/arguments.hpp"
#include "tools/load/report.hpp"

namespace tocsin::tools::load {

/// Brings all sessions up, then lets them ask for `with.mix`, session after
/// session, in an open or a closed loop. Fails with ec::unavailable if the
/// sessions do not come up.
result<load_report> run_requests(const arguments& with);

/// Brings all sessions up, and measures memory only.
result<load_report> run_idle(const arguments& with);

/// How long it takes from sending a PUT until its client hears that the
/// mitigation is in force, one after the other.
result<load_report> run_enforcement(const arguments& with);

/// Data channel: registers `sessions` clients with an ACL of `entries` each,
/// which `memory_per_session` is of, and `connect_seconds` the time it took;
/// then gets or replaces these ACLs over `outstanding` connections.
result<load_report> run_data(request_kind kind, const arguments& with);

/// Keeps `outstanding` handshakes under way, ending each session as soon as
/// it is up.
result<load_report> run_handshakes(const arguments& with);

/// `count` handshakes, full or resumed, in an open or a closed loop.
result<load_report> run_storm(const arguments& with);

/// `count` first flights from invented addresses; with_cookie: each has one
/// that the server did not give.
result<load_report> run_hello_flood(const arguments& with, bool with_cookie);

/// `count` datagrams of any octets from invented addresses.
result<load_report> run_noise_flood(const arguments& with);

/// `count` records without sense from the addresses of sessions, of which each
/// must answer after that.
result<load_report> run_garbage_flood(const arguments& with);

/// Sessions that come up and then fall silent for `duration`.
result<load_report> run_vanish(const arguments& with);

/// How many small appends a second a file's disk makes durable, one after the
/// other: what a server without group commit could reach at most.
result<load_report> run_disk(const arguments& with);

} // namespace tocsin::tools::load
