#include "transports/tcp_streams.hpp"

#include <sys/socket.h>
#include <utility>

namespace tocsin::transports {

namespace {

// Room that a drained connection keeps for its next output: a few messages.
constexpr std::size_t kept_capacity = 4096;

} // namespace

void tcp_streams::send(connection id, byte_view octets) {
  auto x = find(id);
  if (!x || !x->takes_output || x->doomed || octets.empty())
    return;
  // A long answer to a peer that does read must not count as too much.
  if (x->output.size() + octets.size() > limits_.max_stream_output
      && x->now_is != phase::connecting && !write(*x))
    return;
  if (x->output.size() + octets.size() > limits_.max_stream_output) {
    ++counters_.overflowed;
    return doom(*x, "the peer does not read what it is sent");
  }
  x->output.insert(x->output.end(), octets.begin(), octets.end());
  mark_dirty(*x);
}

void tcp_streams::mark_dirty(stream& x) {
  if (std::exchange(x.dirty, true))
    return;
  dirty_.push_back(x.id);
}

// False if the connection is broken; it is doomed then.
bool tcp_streams::write(stream& x) {
  auto before = x.output.size();
  auto error = write_tcp(x.socket, x.output);
  counters_.octets_sent += before - x.output.size();
  if (error == 0)
    return true;
  doom(x, describe_error(error));
  return false;
}

void tcp_streams::flush(stream& x) {
  bool had_output = !x.output.empty();
  if (x.doomed || x.now_is == phase::connecting || !write(x))
    return;
  if (x.output.empty() && x.output.capacity() > kept_capacity)
    bytes{}.swap(x.output);
  if (x.now_is == phase::closing && x.output.empty()) {
    x.takes_output = false;
    if (x.peer_ended)
      return finish(x, {});
    // close() would answer what is still under way with RST, which could make
    // the peer's kernel discard our last words: wait for its FIN.
    if (!std::exchange(x.we_ended, true))
      shutdown(x.socket.get(), SHUT_WR);
  }
  watch(x);
  if (auto told = x.handler; told && had_output && x.output.empty()) {
    told_ = true;
    told->on_drained();
  }
}

void tcp_streams::close(connection id, bool flush, time_point now) {
  auto x = find(id);
  if (!x)
    return;
  if (x->handler)
    released_.push_back(std::exchange(x->handler, nullptr));
  if (!flush || x->doomed || x->now_is == phase::connecting)
    return abort(*x);
  if (x->now_is == phase::open)
    begin_closing(*x, now);
  x->takes_output = false;
}

void tcp_streams::begin_closing(stream& x, time_point now) {
  x.now_is = phase::closing;
  wheel_.rearm(x.timer, now + limits_.stream_close_time, &x);
  mark_dirty(x);
}

void tcp_streams::on_deadline(stream& x) {
  if (x.now_is == phase::closing)
    return abort(x);
  ++counters_.timed_out;
  finish(x, "the handshake took too long");
}

// Ends a connection in settle(), when no call of its owner is on the stack.
void tcp_streams::doom(stream& x, std::string reason) {
  if (std::exchange(x.doomed, true))
    return;
  x.takes_output = false;
  x.reason = std::move(reason);
  doomed_.push_back(x.id);
}

// Frees the slot. What is returned may still be on the stack of a caller, so
// it goes to departed_.
tcp_streams::stream_ptr tcp_streams::take_out(stream& x) {
  wheel_.cancel(x.timer);
  if (x.handler)
    released_.push_back(std::move(x.handler));
  if (x.handshaking)
    leave_handshake(x);
  auto& place = slots_[x.id.slot];
  free_.push_back(x.id.slot);
  ++place.generation;
  --size_;
  return std::move(place.what);
}

void tcp_streams::abort(stream& x) {
  auto gone = take_out(x);
  abort_tcp(std::move(gone->socket));
  departed_.push_back(std::move(gone));
}

void tcp_streams::finish(stream& x, const std::string& reason) {
  auto told = x.handler;
  if (x.peer_ended && x.owes_nothing())
    departed_.push_back(take_out(x)); // with FIN
  else
    abort(x);
  if (told) {
    told_ = true;
    told->on_closed(reason);
  }
}

void tcp_streams::evict(stream& x) {
  auto told = x.handler;
  if (x.now_is != phase::connecting)
    write_tcp(x.socket, x.output); // as far as it goes
  departed_.push_back(take_out(x));
  if (told)
    told->on_evicted();
}

void tcp_streams::evict_all() {
  for (std::uint32_t i = 0; i < listeners_.size(); ++i)
    close_listener(i);
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].what)
      evict(*slots_[i].what);
}

void tcp_streams::settle() {
  told_ = false;
  flushing_.swap(dirty_);
  for (auto id : flushing_) {
    if (auto x = find(id)) {
      x->dirty = false;
      flush(*x);
    }
  }
  flushing_.clear();
  for (auto id : std::exchange(doomed_, {}))
    if (auto x = find(id))
      finish(*x, std::string{x->reason});
  // The end of a handler may make others leave: they follow next time.
  auto leaving = std::exchange(departed_, {});
  auto unused = std::exchange(released_, {});
}

} // namespace tocsin::transports
