#pragma once
#include "mitigators/filter.hpp"
#include "mitigators/rule.hpp"
#include "protocol/error.hpp"
#include "protocol/line_splitter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The driver protocol (docs/driver-protocol.md): JSON objects, one a line,
/// between the node and a driver program. Values in, values out; no I/O.
namespace tocsin::mitigators {

/// Both sides name it in their hello; another number is refused.
inline constexpr std::uint32_t protocol_version = 1;

/// Longest line either side accepts, the line end not counted. Ten thousand
/// plain rules fit; encode() splits what does not.
inline constexpr std::size_t max_line_octets = 4 * 1024 * 1024;

/// Longest id of a rule, a filter set or an entry of one.
inline constexpr std::size_t max_id_octets = 64;

/// Node to driver.
namespace to_driver {

/// First line of all. The driver answers with its own hello.
struct hello {
  std::uint32_t version = protocol_version;
  std::string node;     ///< name of the node, for logs
  std::string instance; ///< changes with each start of the node
  friend bool operator==(const hello&, const hello&) = default;
};

/// The complete desired state: the driver installs what is missing, replaces
/// what differs, removes the surplus and keeps the counters of the rest. It
/// is the first order after the hello; others before it are refused.
struct sync {
  std::uint64_t seq = 0;
  std::vector<rule> rules;
  bool more = false;      ///< the next line, of equal type and seq, goes on
  std::uint32_t part = 0; ///< 0, 1 ... in the lines of one order
  std::vector<filter_set> filters = {};
  friend bool operator==(const sync&, const sync&) = default;
};

/// Puts rules and filter sets into force, all or (with failures in `done`)
/// some of them. What has a known id is replaced and keeps its counters; of a
/// set those entries whose ids stay. What is equal is left alone.
struct install {
  std::uint64_t seq = 0;
  std::vector<rule> rules;
  bool more = false;
  std::uint32_t part = 0;
  std::vector<filter_set> filters = {};
  friend bool operator==(const install&, const install&) = default;
};

/// Takes rules and filter sets out of force. An unknown id is no failure: it
/// is not in force.
struct withdraw {
  std::uint64_t seq = 0;
  std::vector<std::string> ids;
  bool more = false;
  std::uint32_t part = 0;
  friend bool operator==(const withdraw&, const withdraw&) = default;
};

/// The driver exits and leaves its rules in force (or as it was configured);
/// the end of its standard input means the same.
struct bye {
  friend bool operator==(const bye&, const bye&) = default;
};

} // namespace to_driver

/// Driver to node.
namespace to_node {

/// Answer to the node's hello.
struct hello {
  std::uint32_t version = protocol_version;
  std::string driver; ///< e.g. "nftables"
  bool drop = false;
  bool rate_limit = false;
  bool ipv4 = false;
  bool ipv6 = false;
  bool counters = false;       ///< sends counters
  std::uint64_t max_rules = 0; ///< 0: no limit of its own
  bool filters = false;        ///< takes filter sets
  /// Entries of all filter sets together; 0: no limit of its own.
  std::uint64_t max_entries = 0;
  friend bool operator==(const hello&, const hello&) = default;
};

/// Why one rule or filter set is not as ordered.
struct rule_failure {
  std::string id;
  ec code = ec::internal;
  std::string message;
  friend bool operator==(const rule_failure&, const rule_failure&) = default;
};

/// A sync, install or withdraw was carried out; all that is not listed as
/// failed is as ordered. Comes exactly once per seq, in the order of the
/// orders, unless an `error` with that seq comes instead.
struct done {
  std::uint64_t seq = 0;
  std::vector<rule_failure> failures;
  friend bool operator==(const done&, const done&) = default;
};

/// Totals since installation, of those rules and entries whose totals changed,
/// or what the driver says of the attack on them; about once a second, and for
/// a last time before a withdrawal's `done`.
struct counters {
  std::vector<rule_counters> rules;
  std::vector<entry_counters> filters = {};
  friend bool operator==(const counters&, const counters&) = default;
};

enum class health : std::uint8_t {
  ok,
  degraded,   ///< works in part; `message` says what does not
  overloaded, ///< full: do not send more rules
};

/// After the hello and at every change of health.
struct status {
  to_node::health health = to_node::health::ok;
  std::uint64_t installed = 0; ///< rules in force
  std::uint64_t capacity = 0;  ///< rules that fit at most; 0: no limit known
  std::string message;         ///< for a person, may be empty
  friend bool operator==(const status&, const status&) = default;
};

/// An order was not understood or cannot be served at all; with `seq` it
/// stands in place of that order's `done`.
struct error {
  std::optional<std::uint64_t> seq;
  ec code = ec::internal;
  std::string message;
  friend bool operator==(const error&, const error&) = default;
};

} // namespace to_node

using order =
    std::variant<to_driver::hello, to_driver::sync, to_driver::install,
                 to_driver::withdraw, to_driver::bye>;
using report = std::variant<to_node::hello, to_node::done, to_node::counters,
                            to_node::status, to_node::error>;

/// Whether `x` may be sent: a usable id, at least one prefix, ordered port
/// ranges, exemptions that name something. Fails with ec::malformed,
/// ec::missing, ec::too_large or ec::out_of_range. A driver refuses a whole
/// line for one bad rule, so check each before it joins a batch.
result<void> check(const rule& x);

/// The message as text to be written: one line, or several where a sync,
/// install or withdraw would exceed max_line_octets (`more` and
/// `part` are then set). Each line ends in "\n". A report is always one line.
std::string encode(const order& x);
std::string encode(const report& x);

/// One rule as a JSON object without a line end.
std::string encode(const rule& x);

/// Reads one line without its line end. Unknown members are ignored. Fails
/// with ec::malformed, ec::missing, ec::out_of_range, ec::too_large, or
/// ec::unknown for a type of message that is not known here.
result<order> decode_order(std::string_view line);
result<report> decode_report(std::string_view line);

/// The `seq` of a line that could not be decoded, so that the answer can name
/// it; nothing if the line is not even a JSON object with a seq.
std::optional<std::uint64_t> sequence_of(std::string_view line);

/// The names used on the wire.
std::string_view to_string(action x) noexcept;
std::string_view to_string(attack x) noexcept;
std::string_view to_string(to_node::health x) noexcept;

/// Cuts a pipe's octets into lines of at most max_line_octets.
inline protocol::line_splitter make_splitter() {
  return protocol::line_splitter{max_line_octets};
}

} // namespace tocsin::mitigators
