#pragma once
#include "protocol/signal/body.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Who yields when requests overlap (RFC 9132, Section 4.4.1.3). Pure
/// functions: values in, decisions out.
namespace tocsin::protocol::signal {

/// What a server does about overlapping requests of different clients.
enum class conflict_policy : std::uint8_t {
  first_wins, ///< the newcomer is refused
  /// The narrower scope wins, ports and protocols included; where neither is
  /// inside the other, the first one.
  most_specific_wins,
  newest_wins, ///< the others are deactivated
  accept_all,  ///< all are active
  reject_all,  ///< none is
};

/// One request in a conflict. Targets are resolved views (scope.hpp).
struct contender {
  std::uint64_t id = 0; ///< the caller's
  target what;
  std::int64_t remaining = 3600; ///< lifetime left, seconds; -1: endless
  bool active = true;            ///< is enforced, or is about to be
  /// Of the same customer as the newcomer: aliases may be told, too.
  bool same_customer = false;
  bool immediate = true; ///< trigger-mitigation
};

struct conflict_rules {
  conflict_policy policy = conflict_policy::first_wins;
  /// A newcomer that loses is kept as inactive (2.01), not refused (4.09).
  bool keep_loser = false;
};

enum class newcomer_verdict : std::uint8_t {
  accept,          ///< 2.01
  accept_inactive, ///< 2.01, not enforced; lives kept_lifetime()
  refuse,          ///< 4.09
};

/// For the notification of one party.
struct conflict_notice {
  std::uint64_t id;
  conflict_information what;
  friend bool operator==(const conflict_notice&,
                         const conflict_notice&) = default;
};

struct conflict_decision {
  newcomer_verdict newcomer = newcomer_verdict::accept;
  /// For the answer to the newcomer; nothing: there is no conflict.
  std::optional<conflict_information> information;
  std::vector<std::uint64_t> deactivate; ///< ids, in the order given
  std::vector<conflict_notice> notices;  ///< to the others, in the order given

  friend bool operator==(const conflict_decision&,
                         const conflict_decision&) = default;
};

/// retry-timer, in seconds, where the winner has no end: a client may ask
/// again once an hour, which is the lifetime that clients usually ask for.
inline constexpr std::uint32_t endless_retry = 3600;

/// Decides about a newcomer that meets requests of other clients. In conflict
/// are those which overlap it and are active; a newcomer that is itself not to
/// be active yet (not immediate) conflicts with none, and is decided about
/// again when the loss of signal starts it.
///
/// Winners get conflict-status 2, losers 1, all get 3 if nobody wins. The
/// scope is what both share, in the words of the one who is told. Only losers
/// get a retry-timer: the longest remaining lifetime of those they lost to, or
/// with reject_all of those they met.
conflict_decision decide_conflict(const conflict_rules& rules,
                                  const contender& newcomer,
                                  std::span<const contender> others);

/// What is told of a conflict that goes on: `mine` is told of, `others` are
/// those it met.
conflict_information ongoing_conflict(const contender& mine,
                                      std::span<const contender> others,
                                      conflict_status status,
                                      std::optional<std::uint32_t> retry_timer);

/// retry-timer of who lost to requests of which the longest lasts so long.
std::uint32_t retry_timer_of(std::int64_t remaining) noexcept;

/// What both targets share, in the words of the first: the common addresses,
/// and those of its FQDNs, URIs and, with `aliases`, aliases that the other
/// covers. Ports and protocols only where both name some.
target common_scope(const target& mine, const target& other, bool aliases);

/// Lifetime of a deactivated request that is kept: so long that a refresh after
/// the retry-timer still finds it.
std::int64_t kept_lifetime(std::uint32_t retry_timer) noexcept;

/// Cause 2: sources on an accept-list attack the target. For the client whose
/// ACLs these are (RFC 9132, Section 4.4.1.3).
conflict_information
acceptlist_conflict(std::vector<conflict_scope::acl> acls,
                    std::optional<conflict_status> status = std::nullopt);

/// Body of 4.09 to a refused newcomer.
body refused(conflict_information why);
/// Body of 2.01 to a newcomer that is kept in spite of a conflict.
body accepted(std::uint32_t mid, std::int64_t lifetime,
              conflict_information why);

/// One live request of a client, for the overlap of its own requests.
struct own_request {
  std::uint32_t mid = 0;
  target what; ///< resolved view
  bool immediate = true;
  bool active = true;
};

/// What becomes of a client's requests when it makes another.
struct own_decision {
  /// 4.09 naming this mid (overlap_conflict() in response.hpp); all else is
  /// empty then.
  std::optional<std::uint32_t> refused_for;
  /// Lower mids that the newcomer replaces: they vanish unreported.
  std::vector<std::uint32_t> superseded;
  /// Active preconfigured ones that make way for an immediate newcomer:
  /// withdrawal::overlap, status 7 and later 8.
  std::vector<std::uint32_t> make_way;

  friend bool operator==(const own_decision&, const own_decision&) = default;
};

/// Overlap inside one client. Requests with equal trigger-mitigation are
/// ordered by mid; where that differs, both stay, and the immediate one is
/// enforced. The newcomer's own mid among `others` is skipped.
own_decision decide_own(const own_request& newcomer,
                        std::span<const own_request> others);

/// At the loss of signal: mids of active immediate requests that overlap a
/// preconfigured one, which now takes precedence.
std::vector<std::uint32_t>
withdrawn_by_signal_loss(std::span<const own_request> requests);

} // namespace tocsin::protocol::signal
