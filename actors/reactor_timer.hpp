#pragma once
#include "actors/messages.hpp"
#include "transports/reactor.hpp"

#include <optional>

namespace tocsin::actors {

/// One deadline of an actor that lives on a reactor: sits in the reactor's
/// timing wheel, where moving it costs next to nothing, and sends the actor a
/// tick. Without a reactor (tests under virtual time) it uses CAF's clock.
/// The actor's home thread only.
class reactor_timer final : private transports::timer_client {
public:
  explicit reactor_timer(transports::reactor* where) : reactor_{where} {}

  reactor_timer(const reactor_timer&) = delete;
  reactor_timer& operator=(const reactor_timer&) = delete;

  /// `self` gets a tick at `due`; nothing: no tick. A tick may come early or
  /// twice; machines know what is due.
  template <class Self>
  void set(Self* self, std::optional<time_point> due) {
    if (due == due_)
      return;
    due_ = due;
    if (reactor_ == nullptr) {
      if (due)
        send_tick(self, *due);
      return;
    }
    actor_ = self;
    if (due)
      reactor_->timers().rearm(id_, *due, this);
    else
      reactor_->timers().cancel(id_);
  }

  /// To be called from the actor's on_exit(), which runs at home; the last
  /// reference to the actor may be dropped on any thread.
  void stop() {
    if (reactor_ != nullptr)
      reactor_->timers().cancel(id_);
  }

  /// To be called on each tick: the next set() arms again.
  void rang() { due_.reset(); }

private:
  /// A message that is on its way cannot be called back; were each tick
  /// answered by another one, they would only ever become more.
  template <class Self>
  void send_tick(Self* self, time_point due) {
    if (pending_ > self->clock().now() && pending_ <= due)
      return; // it comes early, and set() is called again
    pending_ = due;
    self->scheduled_send(self, due, atom::tick_v);
  }

  void on_timer(time_point) override {
    actor_->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(),
                                              {}, atom::tick_v),
                    nullptr);
  }

  transports::reactor* reactor_;
  transports::timer_id id_;
  std::optional<time_point> due_;
  time_point pending_; ///< without a reactor: next tick on its way
  caf::local_actor* actor_ = nullptr;
};

} // namespace tocsin::actors
