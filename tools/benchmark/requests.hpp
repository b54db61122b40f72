#pragma once
#include "protocol/error.hpp"
#include "tools/benchmark/arguments.hpp"
#include "tools/benchmark/meter.hpp"

namespace tocsin::tools::benchmark {

/// What a load found out, besides its figures.
struct load_report {
  figures measured;
  double connect_seconds = 0;
  /// Resident memory of the server per session that is up and idle, octets.
  double memory_per_session = 0;
};

/// Brings all sessions up, then keeps `outstanding` requests under way,
/// session after session. Fails with ec::unavailable if the sessions do not
/// come up.
result<load_report> run_requests(request_kind kind, const arguments& with);

/// Brings all sessions up, and measures memory only.
result<load_report> run_idle(const arguments& with);

/// Data channel: registers `sessions` clients with an ACL of `entries` each,
/// which `memory_per_session` is of, and `connect_seconds` the time it took;
/// then gets or replaces these ACLs over `outstanding` connections.
result<load_report> run_data(request_kind kind, const arguments& with);

/// Keeps `outstanding` handshakes under way, ending each session as soon as
/// it is up.
result<load_report> run_handshakes(const arguments& with);

/// How many small appends a second a file's disk makes durable, one after the
/// other: what a server without group commit could reach at most.
result<load_report> run_disk(const arguments& with);

} // namespace tocsin::tools::benchmark
