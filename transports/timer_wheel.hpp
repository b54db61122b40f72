#pragma once
#include "protocol/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tocsin::transports {

/// Something that wants to be woken. Called on the thread that advances the
/// wheel; may arm, move and cancel timers, its own included.
class timer_client {
public:
  virtual void on_timer(time_point now) = 0;

protected:
  ~timer_client() = default;
};

/// Names an armed timer. A default-constructed id names none, and an id whose
/// timer has fired or was cancelled is stale; both are harmless everywhere.
struct timer_id {
  std::uint32_t slot = UINT32_MAX;
  std::uint32_t generation = 0;
  friend bool operator==(const timer_id&, const timer_id&) = default;
};

/// Hierarchical timing wheel: arming, moving and cancelling are O(1) and do
/// not allocate once the slab is warm. Sans-I/O: time is an argument. Timers
/// fire at or up to one `resolution` after their time, never early. One
/// thread.
class timer_wheel {
public:
  static constexpr std::chrono::milliseconds resolution{8};

  explicit timer_wheel(time_point start);

  /// Calls `client->on_timer()` once, at `when`. A time in the past fires at
  /// the next advance(). The client must outlive the timer or cancel it.
  timer_id arm(time_point when, timer_client* client);

  /// Gives an armed timer a new time; false if `id` is stale.
  bool move(timer_id id, time_point when) noexcept;

  /// Moves the timer `id` if it is still armed, else arms a new one in `id`.
  /// The way to keep one timer per client.
  void rearm(timer_id& id, time_point when, timer_client* client);

  /// Disarms and clears `id`; a stale one is only cleared.
  void cancel(timer_id& id) noexcept;

  bool armed(timer_id id) const noexcept;

  /// Fires what is due at `now`, in order of ticks. A timer armed meanwhile
  /// for a time that has passed fires at the next call, so one call ends.
  /// Returns the number of timers fired.
  std::size_t advance(time_point now);

  /// When to call advance() next: never later than the first timer's tick;
  /// may be earlier when timers were moved or must change their level.
  std::optional<time_point> next_deadline() const noexcept;

  /// Number of armed timers.
  std::size_t size() const noexcept { return size_; }

private:
  static constexpr unsigned level_bits = 8;
  static constexpr unsigned levels = 4;
  static constexpr std::uint32_t slots = 1u << level_bits;
  static constexpr std::uint32_t none = UINT32_MAX;

  struct node {
    timer_client* client = nullptr;
    std::uint64_t wanted = 0; // tick asked for
    std::uint64_t filed = 0;  // tick under which it hangs in the wheel
    std::uint32_t next = none;
    std::uint32_t previous = none; // or none: first of its list
    std::uint32_t list = none;     // none: free
    std::uint32_t generation = 0;
  };

  std::uint64_t tick_of(time_point when) const noexcept;
  node* find(timer_id id) noexcept;
  void file(std::uint32_t index) noexcept;
  void link(std::uint32_t index, std::uint32_t list) noexcept;
  void unlink(std::uint32_t index) noexcept;
  void release(std::uint32_t index) noexcept;
  void scatter(std::uint32_t list) noexcept;
  std::optional<std::uint64_t> next_stop() const noexcept;
  std::optional<std::uint32_t>
  first_occupied(unsigned level, std::uint32_t from) const noexcept;
  static std::uint32_t list_of(unsigned level, std::uint64_t tick) noexcept;

  static constexpr std::uint32_t due_list = levels * slots;
  time_point start_;
  std::uint64_t tick_ = 0; // everything up to this tick has fired
  std::size_t size_ = 0;
  std::uint32_t free_ = none;
  std::uint32_t due_tail_ = none;
  std::vector<node> nodes_;
  std::array<std::uint32_t, levels * slots + 1> heads_;
  std::array<std::uint64_t, levels * slots / 64> occupied_{};
};

} // namespace tocsin::transports
