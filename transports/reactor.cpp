#include "transports/reactor.hpp"

#include "transports/reactor_impl.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

namespace tocsin::transports {

namespace {

// Batches of one socket in one turn: enough to keep up, few enough that timers
// and the inbox are never far away.
constexpr int max_batches = 4;

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

} // namespace

reactor::impl::impl(const reactor_limits& bounds)
    : limits{bounds}, now{clock_now()}, wheel{now}, guard{bounds.cookies, now},
      poll{epoll_create1(EPOLL_CLOEXEC)} {
  watch(tasks.descriptor(), inbox_tag);
}

reactor::impl::~impl() {
  ::close(poll);
}

bool reactor::impl::watch(int descriptor, std::uint32_t tag) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u32 = tag;
  return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &interest) == 0;
}

result<socket_id> reactor::impl::open(const socket_address& local,
                                      accept_function accept,
                                      const std::string& interface) {
  auto opened = udp_socket::open(
      local, {static_cast<bool>(accept), limits.receive_buffer, interface});
  if (!opened)
    return opened.error();
  auto index = static_cast<std::uint32_t>(endpoints.size());
  if (!watch((*opened)->descriptor(), index))
    return fail(ec::io, local.to_string(), std::strerror(errno));
  endpoints.push_back({*std::move(opened), std::move(accept)});
  return socket_id{index};
}

reactor::impl::endpoint* reactor::impl::find(socket_id id) {
  if (id.value >= endpoints.size() || !endpoints[id.value].socket)
    return nullptr;
  return &endpoints[id.value];
}

void reactor::impl::close(socket_id id) {
  auto x = find(id);
  if (!x)
    return;
  for (auto each : table.all())
    if (auto entry = table.find(each); entry && entry->key.socket == id)
      drop(each, true);
  if (x = find(id); !x) // a handler may have closed it
    return;
  x->socket->flush();
  epoll_ctl(poll, EPOLL_CTL_DEL, x->socket->descriptor(), nullptr);
  closed_sockets.push_back(std::move(x->socket));
}

int reactor::impl::wait_time(std::chrono::milliseconds patience) const {
  if (streams && streams->pending())
    return 0;
  auto wait = patience;
  if (auto deadline = wheel.next_deadline()) {
    auto left = std::max(*deadline - clock_now(), duration::zero());
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(left));
  }
  return static_cast<int>(wait.count());
}

void reactor::impl::turn(std::chrono::milliseconds patience) {
  std::array<epoll_event, 64> events;
  auto count =
      epoll_wait(poll, events.data(), events.size(), wait_time(patience));
  now = clock_now();
  tasks.run();
  auto streams_ready = false;
  for (int i = 0; i < count; ++i) {
    auto tag = events[static_cast<std::size_t>(i)].data.u32;
    if (tag == streams_tag)
      streams_ready = true;
    else if (tag != inbox_tag)
      serve(tag);
  }
  if (streams_ready)
    streams->serve(now);
  wheel.advance(now);
  settle();
}

void reactor::impl::settle() {
  if (hook)
    hook();
  for (auto& x : endpoints)
    if (x.socket)
      x.socket->flush();
  if (streams)
    streams->settle();
  publish();
  for (auto& x : closed_sockets)
    closed_counts += x->counted();
  closed_sockets.clear();
  // A handler's end may make others leave: take them along next time.
  auto leaving = std::exchange(departed, {});
}

void reactor::impl::publish() {
  auto sum = closed_counts;
  for (const auto& x : endpoints)
    if (x.socket)
      sum += x.socket->counted();
  counted.received.set(sum.received);
  counted.sent.set(sum.sent);
  counted.truncated.set(sum.truncated);
  counted.send_errors.set(sum.send_errors);
  counted.receive_errors.set(sum.receive_errors);
  counted.associations.set(table.size());
  counted.handshakes.set(handshakes);
  if (streams)
    publish_streams();
}

void reactor::impl::serve(std::uint32_t index) {
  auto more = true;
  for (int i = 0; more && i < max_batches; ++i) {
    auto x = find(socket_id{index});
    if (!x)
      return;
    auto datagrams = x->socket->receive(more);
    serve_batch(index, datagrams);
  }
}

// Known peers come before strangers, so that a flood of hellos costs them
// as little as can be.
void reactor::impl::serve_batch(std::uint32_t index,
                                std::span<const udp_datagram> datagrams) {
  std::array<const udp_datagram*, udp_socket::batch> strangers;
  std::size_t count = 0;
  for (const auto& x : datagrams)
    if (!serve_known(index, x))
      strangers[count++] = &x;
  for (std::size_t i = 0; i < count; ++i)
    serve_stranger(index, *strangers[i]);
}

bool reactor::impl::serve_known(std::uint32_t index, const udp_datagram& x) {
  auto known = table.find(association_key{{index}, x.peer, x.local});
  if (!known)
    return false;
  // A hello that did not begin this association is a peer that starts anew,
  // or someone in its name (RFC 6347, Section 4.2.8).
  auto from = find(socket_id{index});
  if (from && from->accept && is_client_hello(x.data)
      && client_hello_nonce(x.data) != table.find(*known)->hello_nonce)
    return false;
  deliver(*known, x.data);
  return true;
}

void reactor::impl::deliver(association id, byte_view datagram) {
  auto entry = table.find(id);
  if (!entry || !entry->handler)
    return;
  counted.delivered.add();
  entry->handler->on_datagram(datagram); // departed handlers live to settle()
}

void reactor::impl::serve_stranger(std::uint32_t index, const udp_datagram& x) {
  auto to = find(socket_id{index});
  if (!to || !to->accept) {
    counted.unknown_dropped.add();
    return;
  }
  auto outcome = guard.judge(x.data, x.peer, x.local, now);
  switch (outcome.what) {
  case cookie_guard::verdict::not_a_client_hello:
    counted.unknown_dropped.add();
    return;
  case cookie_guard::verdict::throttled:
    counted.cookies_throttled.add();
    return;
  case cookie_guard::verdict::needs_cookie:
    counted.cookies_sent.add();
    to->socket->queue(x.peer, x.local, outcome.reply);
    return;
  case cookie_guard::verdict::verified:
    welcome(index, x, outcome.prestate);
    return;
  }
}

void reactor::impl::welcome(std::uint32_t index, const udp_datagram& x,
                            const cookie_prestate& prestate) {
  association_key key{{index}, x.peer, x.local};
  // The same hello twice in one batch: the first of them was accepted.
  if (auto known = table.find(key);
      known && table.find(*known)->hello_nonce == client_hello_nonce(x.data))
    return deliver(*known, x.data);
  if (handshakes >= limits.max_handshakes
      || table.size() >= limits.max_associations)
    return counted.refused.add();
  auto id = table.reserve(key);
  auto entry = table.find(id);
  entry->hello_nonce = client_hello_nonce(x.data);
  entry->handshaking = true;
  ++handshakes;
  auto accept = find(socket_id{index})->accept; // it may close the socket
  auto handler = accept({id, {index}, x.peer, x.local, prestate});
  entry = table.find(id);
  if (!handler || !entry) {
    drop(id, false);
    return counted.refused.add();
  }
  entry->handler = std::move(handler);
  if (auto stale = table.find(key)) {
    drop(*stale, true);
    counted.replaced.add();
  }
  table.list(id);
  counted.accepted.add();
  deliver(id, x.data);
}

void reactor::impl::drop(association id, bool evicted) {
  auto entry = table.find(id);
  if (!entry)
    return;
  if (entry->handshaking)
    --handshakes;
  auto handler = table.release(id);
  if (!handler)
    return;
  departed.push_back(handler);
  if (evicted)
    handler->on_evicted();
}

void reactor::impl::send(association id, byte_view datagram) {
  auto entry = table.find(id);
  if (!entry)
    return;
  if (auto from = find(entry->key.socket))
    from->socket->queue(entry->key.peer, entry->key.local, datagram);
}

void reactor::impl::evict_all() {
  for (auto id : table.all())
    drop(id, true);
  if (streams)
    streams->evict_all();
  settle();
}

reactor::reactor(const reactor_limits& limits)
    : impl_{std::make_unique<impl>(limits)} {}

reactor::~reactor() {
  impl_->hook = nullptr;
  impl_->evict_all();
}

result<socket_id> reactor::listen(const socket_address& local,
                                  accept_function accept) {
  if (!accept)
    return fail(ec::internal, local.to_string(), "nobody to accept peers");
  return impl_->open(local, std::move(accept), {});
}

result<socket_id> reactor::open(const socket_address& local_or_any,
                                const std::string& interface) {
  return impl_->open(local_or_any, nullptr, interface);
}

void reactor::close(socket_id socket) {
  if (names_stream_listener(socket))
    impl_->close_stream_listener(socket);
  else
    impl_->close(socket);
}

void reactor::close_all() {
  for (std::uint32_t i = 0; i < impl_->endpoints.size(); ++i)
    impl_->close({i});
  if (impl_->streams)
    impl_->streams->evict_all();
}

socket_address reactor::local_address(socket_id socket) const {
  if (names_stream_listener(socket))
    return impl_->stream_listener_address(socket);
  auto x = impl_->find(socket);
  return x ? x->socket->local() : socket_address{};
}

result<association> reactor::add(socket_id socket, const socket_address& peer,
                                 std::shared_ptr<association_handler> handler) {
  auto from = impl_->find(socket);
  if (!from)
    return fail(ec::not_found, peer.to_string(), "no such socket");
  association_key key{socket, peer, from->socket->local()};
  if (auto stale = impl_->table.find(key))
    impl_->drop(*stale, true);
  if (impl_->table.size() >= impl_->limits.max_associations)
    return fail(ec::too_large, peer.to_string(), "too many associations");
  auto id = impl_->table.reserve(key);
  impl_->table.find(id)->handler = std::move(handler);
  impl_->table.list(id);
  return id;
}

void reactor::remove(association id) {
  impl_->drop(id, false);
}

void reactor::handshake_done(association id) {
  if (auto x = impl_->table.find(id); x && x->handshaking) {
    x->handshaking = false;
    --impl_->handshakes;
  }
}

void reactor::send(association id, byte_view datagram) {
  impl_->send(id, datagram);
}

timer_wheel& reactor::timers() noexcept {
  return impl_->wheel;
}

void reactor::post(std::function<void()> task) {
  impl_->tasks.post(std::move(task));
}

void reactor::set_turn_hook(std::function<void()> hook) {
  impl_->hook = std::move(hook);
}

time_point reactor::now() const noexcept {
  return impl_->now;
}

void reactor::run() {
  impl_->thread = std::this_thread::get_id();
  while (!impl_->stopping.load(std::memory_order_acquire))
    turn(std::chrono::hours{1});
  turn(std::chrono::milliseconds{0});
  impl_->thread = std::thread::id{};
}

void reactor::turn(std::chrono::milliseconds patience) {
  impl_->turn(patience);
}

void reactor::stop() {
  impl_->stopping.store(true, std::memory_order_release);
  impl_->tasks.wake();
}

bool reactor::in_thread() const noexcept {
  return impl_->thread.load() == std::this_thread::get_id();
}

} // namespace tocsin::transports
