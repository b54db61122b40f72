#pragma once
#include "protocol/coap/message.hpp"
#include "tools/load/arguments.hpp"
#include "tools/load/connect.hpp"
#include "tools/load/report.hpp"
#include "tools/load/request_source.hpp"
#include "tools/load/swarm.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace tocsin::tools::load {

/// The mid of what each client asks for before a load.
inline constexpr std::uint32_t prepared_mid = 1;

/// A request that is over.
struct finished {
  request what;
  duration took{};                          ///< since the time it was meant for
  std::optional<protocol::coap::code> code; ///< nothing: it was lost
};

/// Sessions that come up together, answer what the server asks of them, and
/// have one request under way each at most. Derived classes say what they do.
/// One thread; blocks.
class crowd : private swarm_events {
public:
  /// `with` must outlive the crowd.
  explicit crowd(const arguments& with);
  virtual ~crowd() = default;

  /// Brings all sessions up. Fails with ec::unavailable or ec::timeout if they
  /// do not come up, or as target_of() does.
  result<void> connect();

protected:
  /// A request was answered, or lost: nothing came for 2 s.
  virtual void on_done(const finished&) {}
  /// A session ended by itself after all had come up.
  virtual void on_session_lost(std::size_t, const std::string&) {}
  /// An observed mitigation changed, or its observation began.
  virtual void on_notification(std::size_t, byte_view) {}

  /// Sends a request of an idle session; its number is filled in.
  void ask(request x, time_point meant);

  /// What became of one request of each.
  struct answers {
    std::size_t good = 0, refused = 0, lost = 0;
    std::string refusal{}; ///< code of one of them
  };
  /// Has each session that is up ask for `kind`; on_done() is not told.
  answers ask_all(request_kind kind, bool immediate = true);

  /// Asks each for a mitigation. Fails with ec::unavailable unless all get it.
  result<void> prepare(bool immediate = true);

  bool has_idle() const noexcept { return under_way_ < up_; }

  /// The next idle session in turn, so that each has the same part.
  std::optional<std::size_t> next_idle();

  /// The number that the next request of a session will have.
  std::uint32_t next_number(std::size_t slot) const {
    return states_[slot].last.number + 1;
  }

  /// Passes time: at most `patience`, less if something comes.
  void turn(duration patience);
  void turn_until(time_point end);

  /// Says goodbye to the server.
  void close();

  swarm& clients() noexcept { return *clients_; }
  request_source& source() noexcept { return source_; }
  std::size_t under_way() const noexcept { return under_way_; }
  /// Requests of the server that were answered.
  std::uint64_t served() const noexcept { return served_; }
  /// Starts a report with what connect() found out.
  load_report report() const;

private:
  struct client_state {
    request last;
    bool busy = false;
    time_point meant, sent;
  };
  struct pending {
    std::size_t slot;
    std::uint32_t number;
  };

  void on_up(std::size_t slot) override;
  void on_message(std::size_t slot, byte_view plaintext) override;
  void on_down(std::size_t slot, const std::string& why) override;

  void finish(client_state& x, std::optional<protocol::coap::code> code);
  void give_up_on_old();
  std::uint64_t memory() const;

  const arguments& with_;
  request_source source_;
  std::vector<client_state> states_; // by slot
  std::deque<pending> pending_; // in order of sending, answered ones as well
  std::unique_ptr<swarm> clients_;
  std::optional<connector> connector_;
  std::optional<failure> trouble_;
  answers* asking_all_ = nullptr;
  std::size_t cursor_ = 0;
  std::size_t up_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t served_ = 0;
  load_report found_;
};

} // namespace tocsin::tools::load
