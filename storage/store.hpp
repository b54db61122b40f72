#pragma once
#include "protocol/bytes.hpp"
#include "protocol/data/records.hpp"
#include "protocol/error.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// Durable state behind one interface. Values only: storage knows nothing of
/// actors, and of DOTS just what must survive a restart.
namespace tocsin::storage {

/// Names one mitigation request for ever: the customer of the authenticated
/// identity, its cuid, its mid. On a client node `customer` is the name of the
/// upstream server.
struct mitigation_key {
  std::string customer;
  std::string cuid;
  std::uint32_t mid = 0;

  friend auto operator<=>(const mitigation_key&,
                          const mitigation_key&) = default;
};

/// An acknowledged mitigation request.
struct mitigation_record {
  mitigation_key key;
  bytes body;                ///< CBOR of the request as it was accepted
  std::int64_t lifetime = 0; ///< granted, seconds; -1: indefinite
  unix_seconds expires = -1; ///< wall clock; -1: never
  unix_seconds start = 0;    ///< mitigation-start, 0: not started
  std::uint8_t status = 1;   ///< RFC 9132 status code
  std::uint8_t flags = 0;    ///< owner's own, e.g. renew on a client node
  std::uint64_t created = 0; ///< order of acceptance
  /// What the aliases of the request stood for, as CBOR; empty without any.
  bytes aliased = {};
  /// On a client node: the relayed request that it is a part of; empty: it is
  /// the operator's.
  std::string relayed = {};
  std::uint8_t hop_limit = 0; ///< RFC 8768; 0: not said
  std::string cdid = {};      ///< of its client's domain; empty: none
  /// The mitigators that an administrator chose, with commas between them;
  /// empty: as configured.
  std::string chosen = {};

  friend bool operator==(const mitigation_record&,
                         const mitigation_record&) = default;
};

/// What is remembered of one client (customer + cuid), or of one upstream.
struct client_record {
  std::string customer;
  std::string cuid;
  std::string identity;       ///< fingerprint that first used this cuid
  std::uint32_t last_mid = 0; ///< highest mid seen or given out
  bool mid_used = false;      ///< false: no mid was ever used
  unix_seconds seen = 0;      ///< last change

  friend bool operator==(const client_record&, const client_record&) = default;
};

/// The session configuration that a peer negotiated last (RFC 9132, Section
/// 4.5); a session of the same peer goes on with it.
struct session_record {
  std::string customer;
  std::string identity;  ///< of the agent, as its credential says
  std::uint32_t sid = 0; ///< highest one accepted
  /// CBOR of the signal-config as it was accepted; empty: the defaults hold.
  bytes body;
  unix_seconds changed = 0;

  friend bool operator==(const session_record&,
                         const session_record&) = default;
};

/// An entry of the audit trail: who did what to what, and what came of it.
struct audit_event {
  unix_seconds when = 0;
  std::string actor;   ///< customer, operator or component
  std::string action;  ///< e.g. "mitigate", "withdraw", "refuse"
  std::string subject; ///< e.g. "cuid/mid 7"
  std::string outcome; ///< code and reason

  friend bool operator==(const audit_event&, const audit_event&) = default;
};

struct put_mitigation {
  mitigation_record record;
};
struct erase_mitigation {
  mitigation_key key;
};
struct put_client {
  client_record record;
};
struct erase_client {
  std::string customer, cuid;
};
struct put_session {
  session_record record;
};
struct erase_session {
  std::string customer, identity;
};
struct append_audit {
  audit_event event;
};
/// A step of an edit over the data channel (RFC 8783).
struct edit_data {
  std::string customer;
  protocol::data::data_change what;
};

using change =
    std::variant<put_mitigation, erase_mitigation, put_client, erase_client,
                 put_session, erase_session, append_audit, edit_data>;

/// The changes of one acknowledged operation: all or none become durable.
using transaction = std::vector<change>;

/// What one customer's clients keep on the data channel.
struct data_snapshot {
  std::string customer;
  std::vector<protocol::data::registration_record> registrations; ///< by cuid
  /// By cuid, kind and place.
  std::vector<protocol::data::entry_record> entries;

  friend bool operator==(const data_snapshot&, const data_snapshot&) = default;
};

/// Everything a node needs at start.
struct snapshot {
  std::vector<mitigation_record> mitigations; ///< by `created`
  std::vector<client_record> clients;         ///< by customer and cuid
  std::vector<session_record> sessions;       ///< by customer and identity
  std::vector<data_snapshot> data;            ///< by customer
};

/// A durable store. Used from one thread at a time (the KEEPER's writer).
class store {
public:
  virtual ~store() = default;

  /// Applies the transactions in order and makes them durable together: when
  /// this returns success, they survive kill -9 and power loss. On failure
  /// none of them is applied: ec::malformed for data that can never be stored,
  /// ec::io for the rest.
  virtual result<void> commit(std::span<const transaction> group) = 0;

  virtual result<snapshot> load() = 0;

  /// The newest `limit` audit events, newest first.
  virtual result<std::vector<audit_event>> audit(std::size_t limit) = 0;
};

/// Opens (and creates, mode 0600, and migrates) a SQLite database: WAL,
/// synchronous=FULL. Fails with ec::io and a sentence that says what to do.
result<std::unique_ptr<store>> open_sqlite(const std::string& path);

/// A store that forgets at exit, for tests and for nodes without a database.
std::unique_ptr<store> make_memory_store();

} // namespace tocsin::storage
