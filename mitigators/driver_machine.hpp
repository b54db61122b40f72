#pragma once
#include "mitigators/protocol.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tocsin::mitigators {

/// What a driver of ours does with rules; driver_machine speaks the protocol
/// for it. Calls come one at a time and may block; none may throw.
class backend {
public:
  using failures = std::vector<to_node::rule_failure>;

  virtual ~backend() = default;

  /// Name and capabilities.
  virtual to_node::hello describe() const = 0;
  /// Makes exactly these rules be in force. The ids differ.
  virtual failures sync(const std::vector<rule>& rules) = 0;
  /// Puts rules into force or replaces those of the same id. The ids differ.
  virtual failures install(const std::vector<rule>& rules) = 0;
  /// Takes rules out of force; unknown ids are passed over.
  virtual failures withdraw(const std::vector<std::string>& ids) = 0;
  /// Totals of all rules, or why they cannot be had.
  virtual result<std::vector<rule_counters>> counters() = 0;
  /// Totals of (at least) these rules, which are about to be withdrawn.
  virtual result<std::vector<rule_counters>>
  last_counters(const std::vector<std::string>& ids);
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
  std::string on_hello(const to_driver::hello& x);
  std::string on_part(order x, std::uint64_t seq, std::uint32_t part,
                      bool more);
  std::string carry_out(order whole);
  void forget_all_but(const std::vector<rule>& rules);
  std::string changed_counters(result<std::vector<rule_counters>> totals);
  std::string changed_health();

  backend& backend_;
  bool greeted_ = false;
  bool ready_ = false;
  bool over_ = false;
  bool refused_ = false;
  bool counting_ = false;
  std::optional<order> pending_; // the earlier lines of a divided order
  std::uint32_t parts_ = 0;      // how many they were
  std::unordered_map<std::string, rule_counters> reported_;
  std::optional<to_node::status> health_;
};

} // namespace tocsin::mitigators
