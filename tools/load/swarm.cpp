#include "tools/load/swarm.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

namespace tocsin::tools::load {

namespace {

using transports::dtls_association;
using transports::socket_address;

// 127.64.0.0/10 holds this many addresses.
constexpr std::uint32_t address_count = 1u << 22;
constexpr std::uint32_t first_address = 0x7f400000;

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

socket_address address_of(std::uint32_t serial, std::uint16_t port) {
  auto x = first_address + serial;
  return socket_address::v4(
      {static_cast<std::uint8_t>(x >> 24), static_cast<std::uint8_t>(x >> 16),
       static_cast<std::uint8_t>(x >> 8), static_cast<std::uint8_t>(x)},
      port);
}

std::uint32_t serial_of(const socket_address& x) {
  std::uint32_t value = 0;
  for (auto octet : x.octets())
    value = value << 8 | octet;
  return value - first_address;
}

} // namespace

result<std::unique_ptr<swarm>>
swarm::make(swarm_target target, std::size_t slots, swarm_events& events) {
  // A wildcard server socket is told, and may choose, its own address.
  auto socket = transports::udp_socket::open(socket_address{},
                                             {true, std::size_t{8} << 20});
  if (!socket)
    return socket.error();
  return std::unique_ptr<swarm>{
      new swarm{std::move(target), slots, events, *std::move(socket)}};
}

swarm::swarm(swarm_target target, std::size_t slots, swarm_events& events,
             std::unique_ptr<transports::udp_socket> socket)
    : target_{std::move(target)}, events_{events}, socket_{std::move(socket)},
      clients_(slots) {}

result<void> swarm::open(std::size_t slot) {
  auto& x = clients_[slot];
  transports::dtls_options options;
  if (target_.tickets) {
    options.resumption.cache = target_.tickets;
    options.resumption.key = std::to_string(slot);
  }
  auto dtls = dtls_association::client(target_.credentials, target_.server_name,
                                       options, clock_now());
  if (!dtls)
    return dtls.error();
  x.dtls = *std::move(dtls);
  x.up = false;
  x.serial =
      static_cast<std::uint32_t>((x.opened++ * size() + slot) % address_count);
  x.local = address_of(x.serial, socket_->local().port());
  if (!std::exchange(x.listed, true))
    shaking_.push_back(slot);
  flush(x);
  return {};
}

void swarm::send(std::size_t slot, byte_view message) {
  auto& x = clients_[slot];
  if (x.dtls && x.dtls->send(message))
    flush(x);
}

void swarm::close(std::size_t slot) {
  auto& x = clients_[slot];
  if (!x.dtls)
    return;
  x.dtls->close();
  flush(x);
  x.dtls.reset();
  x.up = false;
}

bool swarm::up(std::size_t slot) const noexcept {
  return clients_[slot].up;
}

bool swarm::resumed(std::size_t slot) const noexcept {
  return clients_[slot].dtls->resumed();
}

void swarm::inject(std::size_t slot, byte_view datagram) {
  socket_->queue(target_.server, clients_[slot].local, datagram);
}

std::uint64_t swarm::dropped() const noexcept {
  const auto& x = socket_->counted();
  return x.truncated + x.send_errors + x.receive_errors;
}

void swarm::flush(client& x) {
  while (x.dtls->next_datagram(datagram_))
    socket_->queue(target_.server, x.local, datagram_);
}

swarm::client* swarm::find(const socket_address& local, std::size_t& slot) {
  auto serial = serial_of(local);
  if (serial >= address_count)
    return nullptr;
  // Serials of a slot differ by the number of slots, except where they wrap:
  // that takes four million handshakes.
  slot = serial % size();
  auto& x = clients_[slot];
  return x.dtls && x.serial == serial ? &x : nullptr;
}

// An event may close and open the slot, so nothing of it is kept across one.
void swarm::pump(std::size_t slot) {
  auto& x = clients_[slot];
  flush(x);
  if (!x.up && x.dtls->current() == dtls_association::state::established) {
    x.up = true;
    events_.on_up(slot);
  }
  while (x.dtls && x.dtls->next_plaintext(plaintext_))
    events_.on_message(slot, plaintext_);
  if (x.dtls && x.dtls->current() == dtls_association::state::closed) {
    auto why = x.dtls->failure_reason();
    x.dtls.reset();
    x.up = false;
    events_.on_down(slot, why.empty() ? "closed by the server" : why);
  }
}

void swarm::on_time() {
  auto now = clock_now();
  auto due = shaking_; // events may add to it
  for (auto slot : due) {
    auto& x = clients_[slot];
    if (!x.dtls || x.up)
      continue;
    if (auto deadline = x.dtls->next_deadline(); deadline && *deadline <= now) {
      x.dtls->on_time(now);
      pump(slot);
    }
  }
  std::erase_if(shaking_, [this](std::size_t slot) {
    auto& x = clients_[slot];
    x.listed = x.dtls && !x.up;
    return !x.listed;
  });
}

// Finer than poll(): an open loop waits for less than a millisecond.
void swarm::wait(duration patience) const {
  using namespace std::chrono;
  auto left = std::max(duration_cast<nanoseconds>(patience), nanoseconds{0});
  auto whole = floor<seconds>(left);
  timespec limit{whole.count(), (left - whole).count()};
  pollfd waiting{socket_->descriptor(), POLLIN, 0};
  ::ppoll(&waiting, 1, &limit, nullptr);
}

std::uint64_t swarm::ignore(duration patience) {
  wait(patience);
  std::uint64_t count = 0;
  for (bool more = true; more;)
    count += socket_->receive(more).size();
  return count;
}

void swarm::turn(duration patience) {
  socket_->flush();
  wait(patience);
  bool more = true;
  // Answers leave between batches, so that the server never waits for us.
  for (int i = 0; more && i < 8; ++i) {
    for (const auto& x : socket_->receive(more)) {
      std::size_t slot = 0;
      auto to = find(x.local, slot);
      if (!to)
        continue;
      to->dtls->receive(x.data, clock_now());
      pump(slot);
    }
    socket_->flush();
  }
  if (!shaking_.empty())
    on_time();
  socket_->flush();
}

} // namespace tocsin::tools::load
