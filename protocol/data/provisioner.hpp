#pragma once
#include "protocol/data/wanted.hpp"
#include "protocol/restconf/message.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace tocsin::protocol::data {

/// How a client keeps a server in step.
struct provision_settings {
  /// RESTCONF root; absent: asked for (RFC 8040, Section 3.1).
  std::optional<std::string> root;
  /// The server is looked at so often: somebody else may have changed it, and
  /// what it refused may be possible by now.
  std::chrono::minutes look{60};
  /// Entries are refreshed when less is left; a server keeps them for a week
  /// (RFC 8783, Section 6.1), so that it may be out of reach for three days.
  std::chrono::minutes refresh{4320};
  std::chrono::seconds back_off_min{5}; ///< after a failure; doubled
  std::chrono::seconds back_off_max{300};
};

/// What happened at the server, for the audit trail and the store.
struct provision_event {
  enum class kind : std::uint8_t {
    registered, ///< `cuid`
    left,       ///< `cuid` is no more at the server
    created,    ///< the entry
    changed,
    refreshed,
    moved,     ///< an ACL, among those that are wanted
    removed,   ///< the entry, which nobody wants any more
    refused,   ///< the entry; see `why`. Told once for each reason
    collision, ///< another client has this `cuid`
    failed,    ///< the server could not be asked, or makes no sense: `why`
  };
  kind what = kind::failed;
  std::string cuid{};
  entry_name entry{};
  failure why{};
};

struct provision_status {
  bool working = false; ///< something is still to be said to the server
  bool ready = false;   ///< root and registration are known to be good
  std::string trouble;  ///< of the last attempt, or empty
  std::size_t wanted = 0;
  std::size_t in_step = 0; ///< of these
  std::size_t foreign = 0; ///< there, and not ours
  std::map<entry_name, std::string> refused;
};

/// Brings one server to hold what is wanted of it, one request at a time:
///
///   discover --> look at earlier cuids --> look --404: register--> write
///     ^-- failure: later                    ^                        |
///                                           +--- due ---- rest <-- leave
///                                                         earlier cuids
///
/// What is there and is neither wanted nor ours is left alone, yet goes along
/// to a new cuid (RFC 9132, Section 4.4.1.1).
class provisioner {
public:
  explicit provisioner(provision_settings settings)
      : settings_{std::move(settings)}, root_{settings_.root} {}

  // -- what is wanted

  /// Under this cuid from now on; the one before is left behind. The same one
  /// again: look at the server soon.
  void use(const std::string& cuid, time_point now);
  /// A cuid that was used before, and may still be registered.
  void leave_behind(const std::string& cuid);
  /// Wants an entry, behind those before; replaces one of that name.
  void want(wanted_entry x);
  /// No longer wants it. It is removed from the server if it is `ours`.
  void drop(const entry_name& x, bool ours);

  bool wants(const entry_name& x) const;

  // -- requests

  /// The next request, if there is one now; its answer comes before the next.
  std::optional<restconf::request> next(time_point now);
  std::vector<provision_event> on_answer(const restconf::response& x,
                                         time_point now);
  /// There was no answer.
  std::vector<provision_event> on_failure(const failure& why, time_point now);
  std::optional<time_point> next_deadline() const;

  /// An operator waits: do not wait for the end of a back-off.
  void hurry();
  /// Root and registration are good, so that others may ask the server, too.
  bool ready() const { return root_ && registered_ && looked_; }

  // -- what others have done at the server, under our cuid

  void was_put(wanted_entry x, time_point now);
  void was_removed(const entry_name& x);

  // -- for others who ask the server; not before ready()

  const std::string& cuid() const { return cuid_; }
  /// A GET of everything that is held, or of the capabilities.
  restconf::request get_client() const;
  restconf::request get_capabilities() const;
  restconf::request put(const wanted_entry& x) const;
  restconf::request remove(const entry_name& x) const;

  /// What the drivers of the server can do, if it said so.
  const std::optional<filter_abilities>& abilities() const { return can_; }

  provision_status status() const;
  /// Names of aliases that the server holds, and which are as wanted or
  /// nothing else is wanted of them.
  std::vector<std::string> usable_aliases() const;

private:
  enum class step : std::uint8_t {
    discover,
    capabilities,
    survey, ///< of an earlier cuid
    look,
    enrol,
    write,
    remove,
    leave,
  };
  struct held {
    yang::data_node node;
    std::optional<std::chrono::minutes> left; ///< of its lifetime
    time_point seen;
  };
  using events = std::vector<provision_event>;

  // provisioner.cpp
  std::optional<restconf::request> begin(step what, restconf::request x);
  restconf::request request_for(std::string method, std::string target) const;
  std::string data_target(const yang::instance_path& at) const;
  restconf::request enrolment() const;
  std::optional<restconf::request> next_write(time_point now);
  std::optional<restconf::request> next_end(time_point now);
  void begin_round();
  const wanted_entry& entry(std::size_t index) const;
  bool is_due(const wanted_entry& x, time_point now) const;
  std::optional<std::size_t> place_of(const entry_name& x) const;
  const entry_name* before(std::size_t index) const;
  bool is_misplaced(std::size_t index) const;
  std::string placement(std::size_t index) const;
  void note_written(const wanted_entry& x, time_point now);
  void forget(const entry_name& x);

  // provisioner_answers.cpp
  void on_root(const restconf::response& x, time_point now, events& out);
  void on_capabilities(const restconf::response& x);
  void on_survey(const restconf::response& x, time_point now, events& out);
  void on_look(const restconf::response& x, time_point now, events& out);
  void on_enrolled(const restconf::response& x, time_point now, events& out);
  void on_written(const restconf::response& x, time_point now, events& out);
  void on_removed(const restconf::response& x, time_point now, events& out);
  void on_left(const restconf::response& x, time_point now, events& out);
  void take(std::vector<held_entry> all, time_point now, events& out);
  void judge_all(events& out);
  void put_in_place(std::size_t index);
  void refuse(const entry_name& which, failure why, events& out);
  void retry_later(failure why, time_point now, events& out);

  provision_settings settings_;
  std::optional<std::string> root_;
  std::string cuid_;
  std::set<std::string> earlier_;  ///< cuids to be left
  std::set<std::string> surveyed_; ///< of these, what they have is known
  std::vector<wanted_entry> wanted_;
  std::set<entry_name> unwanted_;     ///< ours once, to be removed
  std::vector<wanted_entry> carried_; ///< from earlier cuids
  std::map<entry_name, held> there_;
  std::vector<std::string> order_;            ///< of the ACLs that are there
  std::map<entry_name, std::string> refused_; ///< in this round, and why
  std::map<entry_name, std::string> told_;    ///< refusals that were told
  std::optional<filter_abilities> can_;
  bool asked_abilities_ = false; ///< in this round, as the next ones
  bool looked_ = false;
  bool enrolled_again_ = false;
  bool registered_ = false;
  std::optional<step> under_way_;
  bool outdated_ = false;  ///< that is about another cuid
  entry_name about_;       ///< the entry of the request under way
  std::string about_cuid_; ///< and its cuid, of an earlier one
  time_point looked_at_;
  std::optional<time_point> rest_until_;
  std::optional<time_point> retry_at_;
  std::chrono::seconds back_off_{0};
  std::string trouble_;
};

} // namespace tocsin::protocol::data
