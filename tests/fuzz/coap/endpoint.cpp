// The input is a script: what an association receives, asks and answers while
// time passes. Whatever it says, memory stays within the limits, each of our
// requests ends exactly once and what we send can be parsed.
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/codec.hpp"
#include "tests/fuzz/coap/script_input.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

using namespace tocsin;
using namespace tocsin::protocol;
using fuzz::require;

namespace {

constexpr coap::limits small{.remembered = 8,
                             .reply_octets = 256,
                             .pending_requests = 4,
                             .exchanges = 4,
                             .confirmable = 3,
                             .outbox = 8};

class script {
public:
  explicit script(byte_view input) : rest_{input} {}

  void run() {
    while (!rest_.empty()) {
      step(next());
      drain();
    }
    // Nothing stays open for ever.
    for (auto due = uut_.next_deadline(); due; due = uut_.next_deadline()) {
      now_ = std::max(now_, *due);
      uut_.on_time(now_);
      drain();
    }
    require(uut_.open_exchanges() == 0 && open_.empty());
  }

private:
  std::uint8_t next() { return rest_.next(); }
  byte_view take(std::size_t size) { return rest_.take(size); }

  void step(std::uint8_t order) {
    switch (order % 8) {
    case 0:
      uut_.receive(take(next()), now_);
      break;
    case 1:
      reply_to_last();
      break;
    case 2:
      now_ += std::chrono::milliseconds{next() * 100};
      uut_.on_time(now_);
      break;
    case 3:
      ask();
      break;
    case 4:
      answer();
      break;
    case 5:
      observe(order >> 3);
      break;
    case 6:
      reconfigure();
      break;
    case 7: // the last datagram comes back from the peer
      uut_.receive(last_, now_);
      break;
    }
  }

  /// The fuzzer cannot guess tokens, so it may bend a reply that fits.
  void reply_to_last() {
    if (last_.size() < 4)
      return;
    auto octets = last_;
    octets[0] = static_cast<std::uint8_t>((octets[0] & 0x0f) | 0x40
                                          | (next() & 3) << 4);
    octets[1] = next();
    const auto shift = next();
    octets[3] = static_cast<std::uint8_t>(octets[3] + (shift & 3));
    if ((shift & 4) != 0) // without options and payload
      octets.resize(std::min<std::size_t>(octets.size(), 12));
    uut_.receive(octets, now_);
  }

  void ask() {
    coap::outgoing_request x;
    const auto flags = next();
    x.type = (flags & 1) != 0 ? coap::type::con : coap::type::non;
    x.urgent = (flags & 2) != 0;
    x.code = static_cast<coap::code>(flags >> 2 & 7);
    x.repeat = {static_cast<std::uint32_t>(flags >> 5), {}};
    if ((flags & 0x80) != 0)
      x.deadline = std::chrono::seconds{next()};
    x.options.add(static_cast<coap::option_number>(next()), take(next() % 16));
    x.payload.assign(next(), 0);
    open_.insert(uut_.send_request(std::move(x), now_));
  }

  void observe(unsigned what) {
    switch (what % 4) {
    case 0:
      if (!open_.empty())
        uut_.cancel(*open_.begin(), now_);
      break;
    case 1:
      uut_.notify(coap::token{take(next() % 9)}, {}, now_);
      break;
    case 2: { // cancels the one before
      if (kept_)
        uut_.cancel(*kept_, now_);
      drain();
      coap::outgoing_request x;
      x.keep_open = true;
      kept_ = uut_.send_request(std::move(x), now_);
      open_.insert(*kept_);
      break;
    }
    case 3:
      if (kept_) {
        coap::outgoing_request x;
        x.type = (next() & 1) != 0 ? coap::type::con : coap::type::non;
        x.same_token = kept_;
        open_.insert(uut_.send_request(std::move(x), now_));
      }
      break;
    }
  }

  void answer() {
    const auto which = next();
    if (pending_.empty())
      return;
    const auto i =
        pending_.begin() + static_cast<std::ptrdiff_t>(which % pending_.size());
    if (which >= 0xf0)
      uut_.drop(*i, now_);
    else
      uut_.respond(*i, coap::diagnostic(coap::code::content, "x"), now_);
    if (which < 0xe0) // else: answer it again later, which must do nothing
      pending_.erase(i);
  }

  void reconfigure() {
    coap::parameters x;
    x.max_retransmit = next();
    x.nstart = next();
    x.ack_timeout = std::chrono::seconds{next() % 4};
    uut_.set_parameters(x);
  }

  void drain() {
    while (auto happened = uut_.next_event()) {
      if (const auto* in = std::get_if<coap::incoming_request>(&*happened))
        pending_.push_back(in->id);
      else if (const auto* out =
                   std::get_if<coap::response_received>(&*happened))
        require(open_.erase(out->id) == 1
                || (out->further && out->id == kept_));
      else if (const auto* end = std::get_if<coap::request_failed>(&*happened))
        require(open_.erase(end->id) == 1 || end->id == kept_);
    }
    if (pending_.size() > 64)
      pending_.erase(pending_.begin());
    std::size_t count = 0;
    while (uut_.next_datagram(last_)) {
      require(bool{coap::parse(last_)} && last_.size() <= small.message_size);
      ++count;
    }
    require(count <= small.outbox);
    require(uut_.pending_requests() <= small.pending_requests);
    require(uut_.open_exchanges() <= small.exchanges);
  }

  fuzz::script_input rest_;
  time_point now_{std::chrono::hours{1}};
  coap::endpoint uut_{{},
                      [x = std::uint64_t{1}]() mutable {
                        return x = x * 6364136223846793005u + 1;
                      },
                      small};
  std::set<coap::exchange_id> open_;
  std::optional<coap::exchange_id> kept_;
  std::vector<coap::request_id> pending_;
  bytes last_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size <= 2048)
    script{{data, size}}.run();
  return 0;
}
