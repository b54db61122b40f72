#include "tools/benchmark/requests.hpp"

#include "protocol/coap/message.hpp"
#include "tools/benchmark/connect.hpp"
#include "tools/benchmark/process_watch.hpp"
#include "tools/benchmark/request_source.hpp"

#include <deque>

#include <unistd.h>

namespace tocsin::tools::benchmark {

namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A request without an answer counts as lost after this. On loopback only an
// overrun buffer loses anything.
constexpr seconds patience{2};
// The sessions must come up at this rate at least.
constexpr std::size_t slowest_handshakes = 20;

class request_load final : swarm_events {
public:
  request_load(request_kind kind, const arguments& with)
      : with_{with}, meter_{with.watch},
        source_{kind, with.sessions, "bench" + std::to_string(getpid())},
        states_(with.sessions) {}

  result<load_report> run(bool idle);

private:
  struct client_state {
    std::uint32_t number = 0; // of the last request
    bool busy = false;
    time_point sent;
  };
  struct pending {
    std::size_t slot;
    std::uint32_t number;
  };

  void on_up(std::size_t) override { note(connector_->on_up()); }
  void on_message(std::size_t slot, byte_view plaintext) override;
  void on_down(std::size_t slot, const std::string& why) override;

  void note(result<void> x) {
    if (!x && !trouble_)
      trouble_ = x.error();
  }
  result<void> connect();
  result<void> prepare();
  void load();
  void ask(std::size_t slot, bool preparing);
  void ask_next();
  void give_up_on_old();
  std::uint64_t memory() const {
    return with_.watch ? resident_memory(*with_.watch).value_or(0) : 0;
  }

  const arguments& with_;
  meter meter_;
  request_source source_;
  std::vector<client_state> states_;
  std::deque<pending> pending_; // in order of sending, answered ones as well
  std::unique_ptr<swarm> clients_;
  std::optional<connector> connector_;
  std::optional<failure> trouble_;
  std::size_t cursor_ = 0;
  std::size_t under_way_ = 0;
  std::size_t prepared_ = 0;
  bool preparing_ = false;
  bool loading_ = false;
};

void request_load::on_message(std::size_t slot, byte_view plaintext) {
  auto x = read_answer(plaintext);
  if (!x) {
    if (auto reply = answer_to(plaintext))
      clients_->send(slot, *reply);
    return;
  }
  auto& client = states_[slot];
  if (!client.busy || x->number != client.number)
    return; // late
  client.busy = false;
  --under_way_;
  if (preparing_) {
    ++prepared_;
    if (!protocol::coap::is_success(x->code))
      note(fail(ec::unavailable, "preparation",
                "refused: " + protocol::coap::code_string(x->code)));
  } else {
    meter_.done(clock_type::now() - client.sent,
                protocol::coap::code_string(x->code));
  }
  if (preparing_ || loading_)
    ask_next();
}

void request_load::on_down(std::size_t slot, const std::string& why) {
  if (!connector_->done()) {
    note(fail(ec::unavailable, "session " + std::to_string(slot), why));
    return;
  }
  meter_.done({}, "session lost: " + why);
  if (std::exchange(states_[slot].busy, false))
    --under_way_;
  if (loading_)
    ask_next();
}

void request_load::ask(std::size_t slot, bool preparing) {
  auto& x = states_[slot];
  x.busy = true;
  ++x.number;
  ++under_way_;
  pending_.push_back({slot, x.number});
  x.sent = clock_type::now();
  clients_->send(slot, source_.make(slot, x.number, preparing));
}

// The next idle session in turn, so that each of them has the same part.
void request_load::ask_next() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (preparing_ && cursor_ == states_.size())
      return;
    auto slot = cursor_++ % states_.size();
    if (!states_[slot].busy && clients_->up(slot)) {
      ask(slot, preparing_);
      return;
    }
  }
}

void request_load::give_up_on_old() {
  auto limit = clock_type::now() - patience;
  while (!pending_.empty()) {
    auto [slot, number] = pending_.front();
    auto& x = states_[slot];
    bool open = x.busy && x.number == number;
    if (open && x.sent > limit)
      return;
    pending_.pop_front();
    if (!open)
      continue;
    x.busy = false;
    --under_way_;
    meter_.lost();
    if (preparing_)
      note(fail(ec::timeout, "preparation", "no answer"));
    if (loading_)
      ask_next();
  }
}

result<void> request_load::connect() {
  connector_.emplace(*clients_);
  if (auto ok = connector_->begin(); !ok)
    return ok;
  auto limit =
      clock_type::now() + seconds{10 + clients_->size() / slowest_handshakes};
  while (!connector_->done() && !trouble_) {
    clients_->turn(milliseconds{10});
    if (clock_type::now() > limit)
      return fail(ec::timeout, with_.server, "the sessions do not come up");
  }
  if (trouble_)
    return *trouble_;
  return {};
}

result<void> request_load::prepare() {
  preparing_ = true;
  for (std::size_t i = 0; i < with_.outstanding; ++i)
    ask_next();
  while (prepared_ < states_.size() && !trouble_) {
    clients_->turn(milliseconds{10});
    give_up_on_old();
  }
  preparing_ = false;
  cursor_ = 0;
  if (trouble_)
    return *trouble_;
  return {};
}

void request_load::load() {
  loading_ = true;
  for (std::size_t i = 0; i < with_.outstanding; ++i)
    ask_next();
  auto until = [this](time_point end) {
    while (clock_type::now() < end) {
      clients_->turn(milliseconds{10});
      give_up_on_old();
    }
  };
  until(clock_type::now() + with_.warm_up);
  for (std::size_t i = 0; i < with_.windows; ++i) {
    auto begin = clock_type::now();
    meter_.begin(begin);
    until(begin + with_.window);
    meter_.end(clock_type::now());
  }
  loading_ = false;
}

result<load_report> request_load::run(bool idle) {
  auto target = target_of(with_);
  if (!target)
    return target.error();
  auto made = swarm::make(*target, with_.sessions, *this);
  if (!made)
    return made.error();
  clients_ = *std::move(made);
  load_report out;
  auto before = memory();
  auto began = clock_type::now();
  if (auto ok = connect(); !ok)
    return ok.error();
  out.connect_seconds =
      std::chrono::duration<double>(clock_type::now() - began).count();
  // Let the last handshake be over for the server as well.
  for (auto end = clock_type::now() + with_.warm_up; clock_type::now() < end;)
    clients_->turn(milliseconds{10});
  out.memory_per_session =
      (static_cast<double>(memory()) - static_cast<double>(before))
      / static_cast<double>(with_.sessions);
  if (!idle) {
    if (source_.needs_preparation())
      if (auto ok = prepare(); !ok)
        return ok.error();
    load();
  }
  for (std::size_t i = 0; i < clients_->size(); ++i)
    clients_->close(i);
  clients_->turn(milliseconds{0});
  out.measured = meter_.result();
  return out;
}

} // namespace

result<load_report> run_requests(request_kind kind, const arguments& with) {
  return request_load{kind, with}.run(false);
}

result<load_report> run_idle(const arguments& with) {
  return request_load{request_kind::heartbeat, with}.run(true);
}

} // namespace tocsin::tools::benchmark
