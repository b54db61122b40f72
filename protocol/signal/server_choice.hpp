#pragma once
#include "protocol/signal/prefix.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

/// Which of several upstream servers is asked (RFC 9284; RFC 8811, Section
/// 2.3.2), sans-I/O.
namespace tocsin::protocol::signal {

/// A target's addresses by the server whose network assigned them.
struct owned_parts {
  std::vector<std::vector<prefix>> parts; ///< one for each server; may be empty
  /// What no server is responsible for, at least in part: it must not be asked
  /// of another one (RFC 9284, Section 5.1).
  std::vector<prefix> nobody;

  friend bool operator==(const owned_parts&, const owned_parts&) = default;
};

/// Splits addresses among servers. `owned` has the prefixes of each; a server
/// without any is responsible for what nobody else claims, such as
/// provider-independent addresses. Pieces are canonical.
owned_parts split_by_owner(const std::vector<std::vector<prefix>>& owned,
                           const std::vector<prefix>& what);

/// Silence of a server that is taken for its failure.
inline constexpr std::chrono::seconds server_lost_after{30};

/// A server that failed is tried again after this, if no other works.
inline constexpr std::chrono::seconds server_retry{300};

/// One request and several servers, of which one at a time is asked, in their
/// order (RFC 8811, Section 2.3.2: serial requests). It stays where it works.
class server_failover {
public:
  /// `servers` is at least 1, `first` one of them.
  server_failover(std::size_t servers, std::size_t first)
      : failed_(servers), current_{first} {}

  std::size_t current() const noexcept { return current_; }

  /// All have failed, and none is due yet.
  bool exhausted() const noexcept { return exhausted_; }

  /// The current one works, or is on its way to.
  void on_progress();
  /// The current one refuses.
  void on_failed(time_point now);
  /// There is no way to the current one, and it has not said that it works.
  void on_lost(time_point now);
  void on_time(time_point now);
  /// Something that overlaps has moved: to the same one.
  void follow(std::size_t server);

  std::optional<time_point> next_deadline() const noexcept;

private:
  void move_on(time_point now);

  std::vector<std::optional<time_point>> failed_; ///< when, by server
  std::size_t current_ = 0;
  bool exhausted_ = false;
  std::optional<time_point> lost_;
};

} // namespace tocsin::protocol::signal
