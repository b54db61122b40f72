#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Redirection to another server (RFC 9132, Section 4.6), both ends.
namespace tocsin::protocol::signal {

/// Max-Age of a redirect that holds until the alternate server redirects.
inline constexpr std::uint32_t redirect_for_good = 0xFFFFFFFF;

/// Addresses in one redirect; a server has a few.
inline constexpr std::size_t max_alternate_records = 16;

/// Where clients are sent.
struct alternate_server {
  redirected_signal where;
  std::uint32_t max_age = 3600; ///< seconds

  friend bool operator==(const alternate_server&,
                         const alternate_server&) = default;
};

/// alt-server is a domain name, every record an address; not more than
/// max_alternate_records. `where` is the leaf.
result<void> validate_redirect(const redirected_signal& x);

enum class redirect_reason : std::uint8_t {
  maintenance,    ///< the operator wants the node empty
  session_limit,  ///< one more session than configured
  mitigators_out, ///< no mitigator is in service
  capacity,       ///< no room for one more mitigation
};
std::string_view to_string(redirect_reason x) noexcept;

/// Which of the reasons lead to a redirect; the operator's command always does.
struct redirect_settings {
  std::optional<alternate_server> alternate; ///< nothing: never redirect
  std::uint32_t max_sessions = 0;            ///< 0: not limited
  bool when_mitigators_out = true;
  bool when_full = true;
  /// Requests in spite of a redirect until they are refused; 0: never.
  std::uint32_t tolerance = 0;
};

/// How the node is doing.
struct node_load {
  bool maintenance = false;
  std::uint32_t sessions = 0;        ///< established, this one included
  std::uint32_t mitigators_up = 0;   ///< in service
  std::uint32_t mitigations = 0;     ///< live
  std::uint32_t max_mitigations = 0; ///< 0: not limited
};

/// What the client is doing.
enum class redirect_moment : std::uint8_t {
  session_start,  ///< first request of a session
  new_mitigation, ///< PUT of a mid that is not known
  other,          ///< any other request, or an observation
};

struct redirect {
  redirected_signal where;
  std::uint32_t max_age = 0;
  redirect_reason reason = redirect_reason::maintenance;

  friend bool operator==(const redirect&, const redirect&) = default;
};

/// Server: whether a request is answered by 5.03 with a redirect.
///
///   reason \ moment  session_start  new_mitigation  other
///   maintenance      redirect       redirect        redirect
///   session_limit    redirect       .               .
///   mitigators_out   .              redirect        .
///   capacity         .              this request    .
///
/// "this request" has Max-Age 0: the client's next one comes here again.
/// Refreshes and withdrawals are `other`, so a mitigation that runs here goes
/// on unless the node is to be emptied.
class redirect_policy {
public:
  redirect_policy() = default;
  /// Fails as validate_redirect() does for an alternate that is no server.
  static result<redirect_policy> make(redirect_settings settings);

  std::optional<redirect> decide(redirect_moment moment,
                                 const node_load& load) const;

private:
  redirect_settings settings_;
};

/// Client: a server contacted less than this ago is not redirected to.
inline constexpr std::chrono::minutes redirect_memory{5};
/// Servers remembered as contacted, by name and by address; the oldest goes
/// first. A server that redirects through more hops than this in five minutes
/// sends clients in circles all the same, and is stopped by redirect_hops.
inline constexpr std::size_t max_contacts = 64;
/// Redirects followed within redirect_memory.
inline constexpr std::size_t redirect_hops = 8;

/// Try the request, which counts as failed, at this server.
struct follow_redirect {
  std::string server;                 ///< to be verified by its certificate
  std::vector<std::string> addresses; ///< empty: to be looked up
  bool once = false;                  ///< for the request at hand only
  friend bool operator==(const follow_redirect&,
                         const follow_redirect&) = default;
};
/// Do not: try other servers that are known.
struct ignore_redirect {
  enum class cause : std::uint8_t { loop, malformed };
  cause why;
  std::string alert; ///< a sentence for the operator
  friend bool operator==(const ignore_redirect&,
                         const ignore_redirect&) = default;
};
using redirect_reaction = std::variant<follow_redirect, ignore_redirect>;

/// Client: which redirects are followed, and for how long.
///
///   provisioned --follow, Max-Age > 0--> redirected --Max-Age over--> (1)
///   (1) no attack: fall back at once; attack: when it is over
class redirect_follower {
public:
  /// There was communication with this server. `name_or_address`: as in
  /// configuration, or in a redirect.
  void contacted(std::string_view name_or_address, time_point now);

  /// A 5.03 with a redirect came from server `from`.
  redirect_reaction on_redirect(const redirected_signal& where,
                                std::uint32_t max_age, std::string_view from,
                                time_point now);

  /// Max-Age that ran out meanwhile takes effect when the attack is over: call
  /// on_time().
  void set_under_attack(bool value) noexcept { under_attack_ = value; }

  /// When on_time() wants to be called; nothing: never as things are.
  std::optional<time_point> next_deadline() const;
  /// True: back to the provisioned servers.
  bool on_time(time_point now);
  /// The alternate server does not work, or was given up: as if expired.
  void abandon() noexcept;

  /// The alternate in use; nothing: the provisioned servers.
  const std::optional<follow_redirect>& current() const noexcept {
    return current_;
  }

private:
  struct contact {
    std::string name;
    time_point when;
  };

  bool recent(std::string_view name, time_point now) const;
  void forget(time_point now);

  std::vector<contact> contacts_; ///< the oldest first
  std::vector<time_point> hops_;  ///< redirects followed lately
  std::optional<follow_redirect> current_;
  std::optional<time_point> until_; ///< nothing: no end
  bool under_attack_ = false;
};

} // namespace tocsin::protocol::signal
