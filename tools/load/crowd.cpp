#include "tools/load/crowd.hpp"

#include "tools/load/process_watch.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A request without an answer counts as lost after this. On loopback only an
// overrun buffer loses anything.
constexpr seconds answer_patience{2};
// The sessions must come up at this rate at least.
constexpr std::size_t slowest_handshakes = 20;
// What waits for nothing in particular still looks at the clock.
constexpr milliseconds tick{10};

} // namespace

crowd::crowd(const arguments& with)
    : with_{with}, source_{"load" + std::to_string(getpid())},
      states_(with.sessions) {}

std::uint64_t crowd::memory() const {
  return with_.watch ? resident_memory(*with_.watch).value_or(0) : 0;
}

result<void> crowd::connect() {
  auto target = target_of(with_);
  if (!target)
    return target.error();
  auto made = swarm::make(*target, with_.sessions, *this);
  if (!made)
    return made.error();
  clients_ = *std::move(made);
  connector_.emplace(*clients_);
  auto before = memory();
  auto began = clock_type::now();
  if (auto ok = connector_->begin(); !ok)
    return ok;
  auto limit = began + seconds{10 + clients_->size() / slowest_handshakes};
  while (!connector_->done() && !trouble_) {
    clients_->turn(tick);
    if (clock_type::now() > limit)
      return fail(ec::timeout, with_.server, "the sessions do not come up");
  }
  if (trouble_)
    return *trouble_;
  up_ = clients_->size();
  found_.connect_seconds =
      std::chrono::duration<double>(clock_type::now() - began).count();
  // Let the last handshake be over for the server as well.
  turn_until(clock_type::now() + with_.warm_up);
  if (with_.watch)
    found_.memory_per_session =
        (static_cast<double>(memory()) - static_cast<double>(before))
        / static_cast<double>(with_.sessions);
  // Whoever starts something else beside the load waits for this.
  std::fprintf(stderr, "tocsin-load: %zu sessions are up\n", up_);
  return {};
}

load_report crowd::report() const {
  auto out = found_;
  out.counted.emplace_back("server_requests", served_);
  return out;
}

void crowd::on_up(std::size_t) {
  if (auto ok = connector_->on_up(); !ok && !trouble_)
    trouble_ = ok.error();
}

void crowd::on_message(std::size_t slot, byte_view plaintext) {
  auto x = read_answer(plaintext);
  if (!x || x->confirmable)
    if (auto reply = reply_to(plaintext)) {
      served_ += x ? 0 : 1;
      clients_->send(slot, *reply);
    }
  if (!x)
    return;
  auto& client = states_[slot];
  if (x->number >= observe_bit)
    on_notification(slot, plaintext);
  else if (client.busy && x->number == client.last.number) // else: late
    finish(client, x->code);
}

void crowd::on_down(std::size_t slot, const std::string& why) {
  if (!connector_->done()) {
    if (!trouble_)
      trouble_ = fail(ec::unavailable, "session " + std::to_string(slot), why);
    return;
  }
  --up_;
  if (states_[slot].busy)
    finish(states_[slot], std::nullopt);
  on_session_lost(slot, why);
}

void crowd::ask(request x, time_point meant) {
  auto& client = states_[x.slot];
  x.number = next_number(x.slot);
  client.last = x;
  client.busy = true;
  client.meant = meant;
  client.sent = clock_type::now();
  ++under_way_;
  pending_.push_back({x.slot, x.number});
  clients_->send(x.slot, source_.make(x));
}

void crowd::finish(client_state& x, std::optional<protocol::coap::code> code) {
  x.busy = false;
  --under_way_;
  if (!asking_all_)
    return on_done({x.last, clock_type::now() - x.meant, code});
  if (!code) {
    ++asking_all_->lost;
  } else if (protocol::coap::is_success(*code)) {
    ++asking_all_->good;
  } else {
    ++asking_all_->refused;
    asking_all_->refusal = protocol::coap::code_string(*code);
  }
}

std::optional<std::size_t> crowd::next_idle() {
  if (!has_idle())
    return {};
  for (std::size_t i = 0; i < states_.size(); ++i) {
    auto slot = cursor_++ % states_.size();
    if (!states_[slot].busy && clients_->up(slot))
      return slot;
  }
  return {};
}

void crowd::give_up_on_old() {
  auto limit = clock_type::now() - answer_patience;
  while (!pending_.empty()) {
    auto [slot, number] = pending_.front();
    auto& x = states_[slot];
    bool open = x.busy && x.last.number == number;
    if (open && x.sent > limit)
      return;
    pending_.pop_front();
    if (open)
      finish(x, std::nullopt);
  }
}

crowd::answers crowd::ask_all(request_kind kind, bool immediate) {
  answers out;
  asking_all_ = &out;
  for (std::size_t next = 0; next < states_.size() || under_way_ > 0;) {
    for (; next < states_.size() && under_way_ < with_.outstanding; ++next)
      if (clients_->up(next))
        ask({kind, next, 0, prepared_mid, immediate}, clock_type::now());
    turn(tick);
  }
  asking_all_ = nullptr;
  return out;
}

result<void> crowd::prepare(bool immediate) {
  auto x = ask_all(request_kind::put, immediate);
  if (x.good == states_.size())
    return {};
  return fail(ec::unavailable, "preparation",
              std::to_string(x.refused) + " mitigations were refused"
                  + (x.refused > 0 ? " (" + x.refusal + ")" : "") + ", "
                  + std::to_string(x.lost)
                  + " not answered; does the server allow as many?");
}

void crowd::turn(duration patience) {
  clients_->turn(std::min<duration>(patience, tick));
  give_up_on_old();
}

void crowd::turn_until(time_point end) {
  for (auto now = clock_type::now(); now < end; now = clock_type::now())
    turn(end - now);
}

void crowd::close() {
  for (std::size_t i = 0; i < clients_->size(); ++i)
    clients_->close(i);
  clients_->turn(duration{0});
}

} // namespace tocsin::tools::load
