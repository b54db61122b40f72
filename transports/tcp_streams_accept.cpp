#include "transports/tcp_streams.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/epoll.h>
#include <sys/resource.h>

namespace tocsin::transports {

namespace {

// Listening sockets served in one turn, and newcomers that each of them brings:
// accept() and a refusal cost 10 us, and those established wait for them.
constexpr std::size_t listeners_per_turn = 8;
constexpr int accepts_per_listener = 32;

// Descriptors that newcomers never get: the process needs them for its store,
// the programs that it starts, the operator, and sessions of its own.
constexpr rlim_t reserved_descriptors = 64;

// Between attempts to accept after the system ran out of descriptors or
// memory. The newcomers wait in the kernel meanwhile.
constexpr std::chrono::milliseconds accept_pause{100};

// The kernel gives the lowest number that is free, so a high number says that
// few are left, without counting.
bool descriptors_are_scarce(int number) {
  rlimit bound{};
  if (getrlimit(RLIMIT_NOFILE, &bound) != 0 || bound.rlim_cur == RLIM_INFINITY)
    return false;
  return static_cast<rlim_t>(number) + reserved_descriptors >= bound.rlim_cur;
}

} // namespace

result<std::uint32_t> tcp_streams::listen(const socket_address& local,
                                          stream_accept_function accept) {
  auto socket = open_tcp_listener(local);
  if (!socket)
    return socket.error();
  auto index = static_cast<std::uint32_t>(listeners_.size());
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u32 = index;
  if (epoll_ctl(listening_.get(), EPOLL_CTL_ADD, socket->get(), &interest) != 0)
    return fail(ec::io, local.to_string(), describe_error(errno));
  auto bound = local_address_of(*socket);
  listeners_.push_back({*std::move(socket), bound, std::move(accept)});
  return index;
}

void tcp_streams::close_listener(std::uint32_t index) {
  if (index >= listeners_.size() || !listeners_[index].socket)
    return;
  listeners_[index].socket = descriptor{};
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].what && slots_[i].what->listener == index)
      evict(*slots_[i].what);
}

socket_address tcp_streams::local_address(std::uint32_t index) const {
  return index < listeners_.size() && listeners_[index].socket
             ? listeners_[index].local
             : socket_address{};
}

void tcp_streams::serve_listeners(time_point now) {
  if (paused_)
    return;
  std::array<epoll_event, listeners_per_turn> events;
  auto count = epoll_wait(listening_.get(), events.data(),
                          static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i)
    accept_some(events[static_cast<std::size_t>(i)].data.u32, now);
}

void tcp_streams::accept_some(std::uint32_t index, time_point now) {
  for (int i = 0; i < accepts_per_listener; ++i) {
    if (!listeners_[index].socket) // a handler may have closed it
      return;
    if (admission_.full())
      return pause();
    auto x = accept_tcp(listeners_[index].socket);
    if (x.error == EAGAIN)
      return;
    if (x.error == 0) {
      welcome(index, std::move(x), now);
      continue;
    }
    ++counters_.accept_errors;
    if (concerns_one_connection(x.error))
      continue;
    // No descriptors or no memory. The listener would stay ready: trying again
    // at once would keep the processor busy and help nobody.
    pause();
    wheel_.rearm(retry_timer_, now + accept_pause, &retry_);
    return;
  }
}

// Those that are too many are reset at once: a client then tries elsewhere,
// while one that waits in the backlog would take us for slow.
void tcp_streams::welcome(std::uint32_t index, tcp_newcomer newcomer,
                          time_point now) {
  if (descriptors_are_scarce(newcomer.socket.get())
      || size_ >= limits_.max_connections || !admission_.enter(newcomer.peer)) {
    ++counters_.refused;
    return abort_tcp(std::move(newcomer.socket));
  }
  auto& x = make_stream(std::move(newcomer.socket), newcomer.peer);
  auto id = x.id;
  x.listener = index;
  x.handshaking = true;
  x.timer = wheel_.arm(now + limits_.stream_handshake_time, &x);
  auto accept = listeners_[index].accept; // it may close the listener
  auto handler = accept({id, x.peer, local_address_of(x.socket)});
  auto still = find(id);
  if (!handler || !still) {
    ++counters_.refused;
    if (still)
      abort(*still);
    return;
  }
  ++counters_.accepted;
  still->handler = std::move(handler);
  watch(*still);
}

// One call for all listeners, however many there are.
void tcp_streams::pause() noexcept {
  if (std::exchange(paused_, true))
    return;
  epoll_event nothing{};
  nothing.data.u32 = tag_;
  epoll_ctl(poll_, EPOLL_CTL_MOD, listening_.get(), &nothing);
}

void tcp_streams::resume() noexcept {
  if (!std::exchange(paused_, false))
    return;
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u32 = tag_;
  epoll_ctl(poll_, EPOLL_CTL_MOD, listening_.get(), &interest);
}

void tcp_streams::leave_handshake(stream& x) {
  x.handshaking = false;
  admission_.leave(x.peer);
  if (!wheel_.armed(retry_timer_))
    resume();
}

} // namespace tocsin::transports
