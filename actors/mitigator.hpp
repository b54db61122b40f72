#pragma once
#include "actors/alarm.hpp"
#include "actors/interfaces.hpp"
#include "mitigators/protocol.hpp"
#include "protocol/data/abilities.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <variant>

namespace tocsin::actors {

/// How a gateway asks several upstream servers (RFC 9284; RFC 8811, Section
/// 2.3.2).
enum class relay_manner : std::uint8_t {
  serial,     ///< one at a time for one address, the first that works
  by_prefix,  ///< each for the addresses that its network assigned
  all,        ///< every one for everything: each sees other packets
  per_client, ///< one server, yet a session of its own for each client
};

/// The MITIGATOR's end of a running driver; destroying it ends the driver.
class driver_link {
public:
  virtual ~driver_link() = default;

  /// Queues lines for the driver; never blocks.
  virtual result<void> write(std::string lines) = 0;
};

/// Starts a driver. Lines and the end of the process are reported from any
/// thread.
using driver_starter = std::function<result<std::unique_ptr<driver_link>>(
    std::function<void(std::string)> on_line,
    std::function<void(int)> on_exit)>;

struct mitigator_setup {
  std::string name;   ///< from the configuration
  std::string driver; ///< for people: "nftables", a path
  std::string node;   ///< name of this node, for the driver's log
  driver_starter start;
  /// What it does with filters, until it says so itself.
  protocol::data::filter_abilities can = protocol::data::all_abilities;
  std::uint32_t stage = 1; ///< see mitigator_table
  /// The upstream DOTS servers that are asked instead, by a RELAY or a RELAY
  /// GROUP; empty: it is a driver.
  std::vector<std::string> upstreams = {};
  relay_manner manner = relay_manner::all;   ///< with several of them
  std::chrono::seconds relay_lifetime{3600}; ///< see relay_setup
  bool end_to_end = false; ///< of a RELAY: clients wait for the server's answer
  std::optional<protocol::signal::escalation_settings> when =
      {};                                    ///< see mitigator_table
  protocol::signal::value_bounds takes = {}; ///< see mitigator_table
  /// Told when it comes into service and when it goes out; may be empty.
  std::function<void(bool up)> on_health = {};
  /// Told what the driver does with filters, at each start; may be empty.
  std::function<void(const protocol::data::filter_abilities&)> on_abilities =
      {};
};

/// A driver that does not answer an order within this time is ended and
/// started again: it hangs.
inline constexpr std::chrono::seconds driver_patience{30};

/// Pause before a dead driver is started again: doubles from the first to the
/// second with each failure, back to the first when the driver works again.
inline constexpr std::chrono::seconds driver_pause{1};
inline constexpr std::chrono::seconds driver_pause_max{60};

/// State of a MITIGATOR: the desired rules and filter sets, and a driver that
/// is brought to them. One order is under way at a time; what is wanted
/// meanwhile joins the next, so that a thousand requests cost few transactions
/// of the driver. A rule that the driver has no room for takes the place of one
/// that is worth less (target_value.hpp).
///
///   waiting --begin--> starting --hello, sync done--> up
///      down --tick--> starting;  starting, up --exit or silence--> down
class mitigator_state {
public:
  static inline const char* name = "mitigator";

  explicit mitigator_state(mitigator_actor::pointer self) : self_{self} {}

  void init(mitigator_setup setup) { setup_ = std::move(setup); }
  using item = std::variant<mitigators::rule, mitigators::filter_set>;

  void install(item what, caf::strong_actor_ptr owner);
  void withdraw(const std::string& id);
  void launch(); // not begin(): CAF takes that for a container
  void on_line(std::uint64_t generation, std::string_view line);
  void on_exit(std::uint64_t generation, int status);
  void on_tick(std::uint64_t generation);
  mitigator_view view() const;

private:
  enum class phase : std::uint8_t { waiting, starting, up, down };
  using progress = enforcement_report::state;

  struct wanted {
    item what;
    caf::strong_actor_ptr owner;
    progress state = progress::pending;
  };

  /// The order under way.
  struct order {
    std::uint64_t seq = 0; ///< 0: none
    bool is_sync = false;
    std::vector<std::string> installed;
  };

  bool usable(wanted& x);
  template <class Order>
  void add(Order& to, const wanted& x);
  void start();
  void down(std::string why);
  void flush();
  void send(const mitigators::order& x);
  void on(const mitigators::to_node::hello& x);
  void on(const mitigators::to_node::done& x);
  void on(const mitigators::to_node::counters& x);
  void on(const mitigators::to_node::status& x);
  void on(const mitigators::to_node::error& x);
  void tell_counters(const mitigation_actor& owner,
                     const mitigators::rule_counters& x);
  void tell_entries(const std::vector<mitigators::entry_counters>& totals);
  /// Why the driver did not take something.
  struct refusal {
    std::string message;
    bool full = false; ///< a rule, for which there is no room
  };
  using refusals = std::map<std::string, refusal>;
  void finish_order(const refusals& failed);
  void settle_refused(const refusals& failed);
  void give_way(const std::string& id, std::uint32_t to);
  std::vector<std::string> replaceable() const;
  std::vector<const wanted*> most_valuable_first() const;
  void report(wanted& x, progress state, const std::string& detail);

  mitigator_actor::pointer self_;
  mitigator_setup setup_;
  phase phase_ = phase::waiting;
  std::unique_ptr<driver_link> link_;
  std::unordered_map<std::string, wanted> wanted_;
  std::set<std::string> to_install_;
  std::set<std::string> to_withdraw_;
  /// Wait until what gives way to them is withdrawn.
  std::set<std::string> displacing_;
  order under_way_;
  std::uint64_t next_seq_ = 1;
  std::uint64_t generation_ = 0; ///< of the driver process
  std::uint64_t restarts_ = 0;
  std::chrono::seconds pause_ = driver_pause;
  alarm alarm_;
  std::optional<time_point> due_; ///< of a restart, or of an answer
  bool overloaded_ = false;
  bool degraded_ = false;
  bool filtering_ = true; ///< the driver takes filter sets, as far as is known
  std::string detail_;
};

/// Spawns the MITIGATOR of one configured driver.
mitigator_actor::behavior_type
mitigator(mitigator_actor::stateful_pointer<mitigator_state> self,
          mitigator_setup setup);

} // namespace tocsin::actors
