#pragma once
#include "protocol/data/acceptlist_watch.hpp"
#include "protocol/data/alias.hpp"
#include "protocol/data/edit.hpp"
#include "protocol/data/rules.hpp"

#include <map>
#include <set>
#include <span>
#include <utility>

namespace tocsin::protocol::data {

/// An edit that is in effect here and waits for its changes to be durable.
struct staged_edit {
  std::uint64_t ticket = 0; ///< 0: there is nothing to store
  data_changes changes;
  std::string cuid;             ///< whose client it is
  std::string identity;         ///< of the agent that registered it
  bool created = false;         ///< the client is new
  bool filters_changed = false; ///< see datastore::active()
  /// ACLs whose activation-type is another now (RFC 9133, Section 3.2.1).
  std::vector<activation_step> activations;
};

/// What became of an order of the signal channel.
struct control_outcome {
  /// Empty, or the name that this client has no ACL of: nothing has changed.
  std::string unknown;
  staged_edit edit;
};

/// The aliases and filters of one customer's clients, without I/O and clock.
///
/// An edit is staged: it is in effect at once, and confirm() or roll_back()
/// follows when its changes are durable or cannot be. Until then its client is
/// busy(): the owner lets further edits of that client wait. Reading is always
/// possible.
///
/// A client is known by its cuid and by the identity of the agent that
/// registered it: others neither see nor touch it (RFC 8783, Section 10).
class datastore {
public:
  datastore(signal::customer who, datastore_settings settings);

  const signal::customer& who() const noexcept { return who_; }
  const datastore_settings& settings() const noexcept { return settings_; }

  /// A new configuration. What is stored stays, even if it would be refused
  /// now; active() and resolve() reach no further than the new customer.
  void configure(signal::customer who, datastore_settings settings);

  // -- start

  /// Takes over what was stored, before anything else. Records that cannot be
  /// used are left out; returns a sentence for each.
  std::vector<std::string>
  restore(const std::vector<registration_record>& registrations,
          const std::vector<entry_record>& entries, signal::instant now);

  // -- reading

  /// The data tree that an agent may see: capabilities and its own clients,
  /// or of them only the one with that cuid.
  yang::outcome<yang::data_node> view(const data_agent& agent,
                                      std::optional<std::string_view> cuid,
                                      time_point now) const;

  /// The same for an edit of the client with that cuid: only configuration,
  /// and of the agent's other clients no more than their keys.
  yang::outcome<yang::data_node>
  configuration(const data_agent& agent,
                std::optional<std::string_view> cuid) const;

  /// Entity-tag, without quotes, of what is at a path of the view: it changes
  /// with configuration only (RFC 8040, Section 3.4.1.2). Parts of an entry
  /// have the tag of the entry.
  std::string entity_tag(const data_agent& agent,
                         const yang::instance_path& at) const;

  /// When what is at a path within a client was last changed; nothing for
  /// other paths.
  std::optional<unix_seconds> last_change(const data_agent& agent,
                                          const yang::instance_path& at) const;

  /// The client, if it is the agent's; or null.
  client_ptr find(const data_agent& agent, std::string_view cuid) const;

  std::size_t clients() const noexcept { return clients_.size(); }

  /// What the filters of a client have matched.
  statistics totals(const client_state& x) const;

  /// Calls `f(const client_state&)` for each client, by cuid.
  template <class F>
  void each(F f) const {
    for (const auto& [_, x] : clients_)
      f(*x);
  }

  // -- editing

  bool busy(std::string_view cuid) const;

  /// Whether this agent may edit below that client, as far as cdid goes: what
  /// comes through a gateway needs one on record (RFC 8783, Section 6.1).
  std::optional<yang::error> admit(const data_agent& agent,
                                   std::string_view cuid) const;

  /// Makes the agent's client what `node`, an entry of `dots-client`, says;
  /// null removes it. The tree was validated with rules(). Refused, without
  /// effect, beyond a quota, on a conflict with another client's filters, and
  /// for a cuid that another agent holds: all resource-denied. Filters that no
  /// driver could have are operation-not-supported.
  yang::outcome<staged_edit> stage(const data_agent& agent,
                                   std::string_view cuid,
                                   const yang::data_node* node,
                                   const refresh& again, signal::instant now);

  /// Sets the activation of ACLs by order of the signal channel. The names
  /// differ. All or none; fails for a damaged store, during another edit of
  /// the client, and to activate what no driver can enforce.
  yang::outcome<control_outcome>
  control(const data_agent& agent, std::string_view cuid,
          const std::vector<activation_change>& orders, signal::instant now);

  void confirm(std::uint64_t ticket);
  /// Undoes the edit. True if filters changed by that.
  bool roll_back(std::uint64_t ticket);

  dots_rules rules() const { return {who_, settings_.acls}; }

  // -- effect

  /// What aliases of a client stand for, united (RFC 9132, Section 4.4.1.3).
  /// Fails with ec::not_found, `where` "alias-name" and the name as detail if
  /// the client has no such alias; with ec::unauthorized if the customer may
  /// not protect it any more, and with ec::internal for a damaged store.
  result<signal::target> resolve(const data_agent& agent, std::string_view cuid,
                                 std::span<const std::string> names) const;

  /// Filter entries of a client that are in force, in order.
  std::vector<active_entry> active(std::string_view cuid,
                                   bool mitigating) const;

  /// Accept-lists of this agent's client that are in force without a rate,
  /// entry by entry, with what they have let through.
  std::vector<accepted_traffic> accepted(const data_agent& agent,
                                         std::string_view cuid,
                                         bool mitigating) const;

  /// Tells the totals that drivers have of an entry in force. If they are lower
  /// than before, drivers began anew: what was counted then stays counted.
  void count(std::string_view cuid, std::string_view acl, std::string_view ace,
             match_counters totals);

  // -- time

  /// When the next entry expires.
  std::optional<time_point> next_deadline() const;
  /// Expires entries of one client that is not busy: staged like an edit. To be
  /// called until it returns nothing.
  std::optional<staged_edit> on_time(signal::instant now);

private:
  struct pending {
    std::string cuid;
    client_ptr before;
    bool filters_changed = false;
  };
  /// A total of one ACE: what earlier lives of drivers counted, and this one.
  struct counter {
    match_counters earlier, current;
  };
  using counters =
      std::map<std::pair<std::string, std::string>, counter, std::less<>>;

  edit_context context(signal::instant now);
  staged_edit put_in_effect(edit_result x);
  void put_client(const std::string& cuid, client_ptr x);
  std::optional<yang::error> check_quotas(const client_state& x) const;
  std::optional<yang::error> check_conflicts(const edit_result& x) const;
  void prune_counters(const std::string& cuid);

  signal::customer who_;
  datastore_settings settings_;
  std::map<std::string, client_ptr, std::less<>> clients_;
  std::map<std::string, counters, std::less<>> counters_;
  std::map<std::uint64_t, pending> pending_;
  std::set<std::string, std::less<>> busy_;
  std::set<std::pair<time_point, std::string>> deadlines_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_version_ = 0;
};

} // namespace tocsin::protocol::data
