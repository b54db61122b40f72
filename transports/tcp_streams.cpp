#include "transports/tcp_streams.hpp"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace tocsin::transports {

namespace {

// What one connection may bring in one turn: a full record of TLS, 2^14 octets
// of content and up to 256 of its protection (RFC 8446, Section 5.2). More of
// it waits in the kernel for the next turn, behind all others that are ready.
constexpr std::size_t read_size = (1u << 14) + 512;

// Connections served in one turn: like a batch of datagrams.
constexpr std::size_t established_per_turn = 64;

// Newcomers served in one turn. A step of a handshake can cost 0.4 ms, which
// those that are established have to wait.
constexpr std::size_t newcomers_per_turn = 16;

std::uint64_t tag_of(connection id) {
  return std::uint64_t{id.generation} << 32 | id.slot;
}

connection connection_of(std::uint64_t tag) {
  return {static_cast<std::uint32_t>(tag),
          static_cast<std::uint32_t>(tag >> 32)};
}

} // namespace

tcp_streams::tcp_streams(const reactor_limits& limits, timer_wheel& wheel,
                         int poll, std::uint32_t tag)
    : limits_{limits}, wheel_{wheel}, poll_{poll}, tag_{tag},
      established_{epoll_create1(EPOLL_CLOEXEC)},
      newcomers_{epoll_create1(EPOLL_CLOEXEC)}, listening_{epoll_create1(
                                                    EPOLL_CLOEXEC)},
      admission_{limits.max_stream_handshakes}, buffer_(read_size) {
  for (auto set : {established_.get(), newcomers_.get(), listening_.get()}) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u32 = tag_;
    epoll_ctl(poll_, EPOLL_CTL_ADD, set, &interest);
  }
}

tcp_streams::~tcp_streams() {
  wheel_.cancel(retry_timer_);
  for (auto& x : slots_)
    if (x.what)
      wheel_.cancel(x.what->timer);
}

tcp_streams::stream* tcp_streams::find(connection id) noexcept {
  if (id.slot >= slots_.size() || slots_[id.slot].generation != id.generation)
    return nullptr;
  return slots_[id.slot].what.get();
}

tcp_streams::stream& tcp_streams::make_stream(descriptor socket,
                                              const socket_address& peer) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  auto& place = slots_[index];
  place.what = std::make_unique<stream>(*this);
  place.what->id = {index, place.generation};
  place.what->socket = std::move(socket);
  place.what->peer = peer;
  ++size_;
  return *place.what;
}

int tcp_streams::set_of(const stream& x) const noexcept {
  return x.handshaking ? newcomers_.get() : established_.get();
}

// Asks for the events that the state of the connection can make use of; never
// for one that would be reported forever.
void tcp_streams::watch(stream& x) {
  std::uint32_t wanted = 0;
  if (x.now_is == phase::connecting)
    wanted = EPOLLOUT;
  else
    wanted = (x.peer_ended ? 0u : EPOLLIN) | (x.output.empty() ? 0u : EPOLLOUT);
  if (wanted == x.interest)
    return;
  epoll_event interest{};
  interest.events = wanted;
  interest.data.u64 = tag_of(x.id);
  auto what = x.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (wanted == 0)
    what = EPOLL_CTL_DEL;
  x.interest = wanted;
  if (epoll_ctl(set_of(x), what, x.socket.get(), &interest) != 0)
    doom(x, describe_error(errno));
}

result<connection> tcp_streams::connect(const socket_address& local,
                                        const socket_address& peer,
                                        std::shared_ptr<stream_handler> handler,
                                        const std::string& interface) {
  if (size_ >= limits_.max_connections)
    return fail(ec::too_large, peer.to_string(), "too many connections");
  auto socket = open_tcp_client(local, interface);
  if (!socket)
    return socket.error();
  auto error = connect_tcp(*socket, peer);
  auto& x = make_stream(*std::move(socket), peer);
  x.handler = std::move(handler);
  x.now_is = phase::connecting;
  if (error != 0)
    doom(x, describe_error(error));
  else
    watch(x);
  return x.id;
}

void tcp_streams::handshake_done(connection id) {
  auto x = find(id);
  if (!x || !x->handshaking || x->now_is != phase::open)
    return;
  wheel_.cancel(x->timer);
  epoll_ctl(newcomers_.get(), EPOLL_CTL_DEL, x->socket.get(), nullptr);
  x->interest = 0;
  leave_handshake(*x);
  watch(*x);
}

void tcp_streams::serve(time_point now) {
  serve_established(now);
  serve_newcomers(now);
  serve_listeners(now);
}

void tcp_streams::serve_established(time_point now) {
  std::array<epoll_event, established_per_turn> events;
  auto count = epoll_wait(established_.get(), events.data(),
                          static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (auto x = find(connection_of(event.data.u64)))
      on_event(*x, event.events, now);
  }
}

void tcp_streams::serve_newcomers(time_point now) {
  std::array<epoll_event, newcomers_per_turn> events;
  auto count = epoll_wait(newcomers_.get(), events.data(),
                          static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (auto x = find(connection_of(event.data.u64)))
      on_event(*x, event.events, now);
  }
}

// Handlers may end connections, this one too; what leaves lives to settle().
void tcp_streams::on_event(stream& x, std::uint32_t events, time_point now) {
  if (x.doomed)
    return;
  if (x.now_is == phase::connecting)
    return on_connect_result(x);
  if (events & EPOLLOUT)
    flush(x);
  if (!find(x.id) || x.doomed)
    return;
  if (!x.peer_ended)
    return read(x, now);
  // Half closed by the peer, and now broken: nobody will read the rest.
  if (events & (EPOLLERR | EPOLLHUP))
    finish(x, {});
}

void tcp_streams::on_connect_result(stream& x) {
  if (auto error = pending_error(x.socket))
    return finish(x, describe_error(error));
  x.now_is = phase::open;
  watch(x);
  if (!x.output.empty())
    mark_dirty(x);
  if (auto handler = x.handler)
    handler->on_connected();
}

void tcp_streams::read(stream& x, time_point now) {
  auto count = recv(x.socket.get(), buffer_.data(), buffer_.size(), 0);
  if (count == 0)
    return on_end_of_stream(x, now);
  if (count < 0) {
    auto error = errno;
    if (error != EAGAIN && error != EINTR)
      finish(x, describe_error(error));
    return;
  }
  counters_.octets_received += static_cast<std::uint64_t>(count);
  if (auto handler = x.handler) // else: closing, what comes is of no use
    handler->on_octets(
        byte_view{buffer_}.first(static_cast<std::size_t>(count)));
}

void tcp_streams::on_end_of_stream(stream& x, time_point now) {
  x.peer_ended = true;
  auto told = std::move(x.handler);
  if (x.now_is == phase::open)
    begin_closing(x, now);
  else
    mark_dirty(x);
  watch(x);
  if (!told)
    return;
  released_.push_back(told);
  told->on_closed("the peer closed the connection");
}

} // namespace tocsin::transports
