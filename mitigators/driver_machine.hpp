#pragma once
#include "mitigators/protocol.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::mitigators {

/// What is, or shall be, in force. The ids differ.
struct batch {
  std::vector<rule> rules;
  std::vector<filter_set> filters; ///< empty without that capability

  std::size_t size() const noexcept { return rules.size() + filters.size(); }
  friend bool operator==(const batch&, const batch&) = default;
};

/// Totals since installation.
struct totals {
  std::vector<rule_counters> rules;
  std::vector<entry_counters> filters;
  friend bool operator==(const totals&, const totals&) = default;
};

/// What a driver of ours does with rules; driver_machine speaks the protocol
/// for it. Calls come one at a time and may block; none may throw.
class backend {
public:
  using failures = std::vector<to_node::rule_failure>;

  virtual ~backend() = default;

  /// Name and capabilities.
  virtual to_node::hello describe() const = 0;
  /// Makes exactly this be in force.
  virtual failures sync(const batch& all) = 0;
  /// Puts it into force, replacing what has the same id.
  virtual failures install(const batch& some) = 0;
  /// Takes rules and filter sets out of force; unknown ids are passed over.
  virtual failures withdraw(const std::vector<std::string>& ids) = 0;
  /// Totals of all, or why they cannot be had.
  virtual result<totals> counters() = 0;
  /// Totals of (at least) these, which are about to be withdrawn.
  virtual result<totals> last_counters(const std::vector<std::string>& ids);
  /// Health and load now.
  virtual to_node::status health() const = 0;
  /// The end: with `cleanup` nothing of ours may stay in force.
  virtual void shutdown(bool cleanup) = 0;
};

/// The driver's side of the protocol, without I/O: lines in, lines out.
///
///   fresh --hello--> greeted --sync--> ready --bye, end of input--> over
///     +--hello of another version--> over (refused)
///
/// Before the first sync nobody knows what an earlier process left in force,
/// so install and withdraw are refused until then.
class driver_machine {
public:
  /// `target` outlives the machine.
  explicit driver_machine(backend& target) : backend_{target} {}

  /// Handles a line and returns what to write, complete with line ends.
  std::string on_line(const protocol::line_splitter::line& line);

  /// To be called about once a second: returns the counters which changed
  /// and the health if it did.
  std::string on_tick();

  /// No more lines are to be read.
  bool over() const noexcept { return over_; }
  /// The node spoke another version.
  bool refused() const noexcept { return refused_; }

private:
  using failures = backend::failures;

  std::string on_hello(const to_driver::hello& x);
  std::string on_part(order x, std::uint64_t seq, std::uint32_t part,
                      bool more);
  std::string carry_out(order whole);
  failures put(batch items, bool exactly);
  void forget_all_but(const batch& items);
  void forget_lost_entries(const filter_set& now);
  std::string changed_counters(result<totals> now);
  std::string changed_health();

  backend& backend_;
  bool greeted_ = false;
  bool ready_ = false;
  bool over_ = false;
  bool refused_ = false;
  bool counting_ = false;
  std::optional<order> pending_; // the earlier lines of a divided order
  std::uint32_t parts_ = 0;      // how many they were
  bool filtering_ = false;
  std::unordered_map<std::string, rule_counters> reported_;
  using entries = std::unordered_map<std::string, entry_counters>;
  std::unordered_map<std::string, entries> reported_filters_; // by set
  std::optional<to_node::status> health_;
};

} // namespace tocsin::mitigators
