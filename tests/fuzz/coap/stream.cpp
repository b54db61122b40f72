// The input is a script: pieces of a stream that a peer sends, what is asked
// and answered meanwhile, and time that passes. Whatever it says, memory stays
// within the limits and each of our requests ends exactly once.
#include "protocol/coap/stream_endpoint.hpp"
#include "tests/fuzz/coap/script_input.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

using namespace tocsin;
using namespace tocsin::protocol;
using fuzz::require;

namespace {

constexpr coap::limits small{.pending_requests = 4, .exchanges = 4};
constexpr coap::stream_limits short_stream{.message_size = 2048,
                                           .outbox_octets = 8192};

class script {
public:
  explicit script(byte_view input) : rest_{input} {}

  void run() {
    while (!rest_.empty()) {
      step(next());
      drain();
    }
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

  void step(std::uint8_t what) {
    switch (what % 6) {
    case 0: // most of what a peer does is to send
    case 1:
      uut_.receive(take(next()), now_);
      break;
    case 2: {
      coap::outgoing_request x;
      x.options.add(coap::option::uri_path, "hb");
      const auto octets = take(next());
      x.payload.assign(octets.begin(), octets.end());
      x.code = coap::code::put;
      require(open_.insert(uut_.send_request(std::move(x), now_)).second);
      break;
    }
    case 3:
      if (!asked_.empty()) {
        uut_.respond(asked_.back(), {}, now_);
        asked_.pop_back();
      }
      break;
    case 4:
      now_ += std::chrono::seconds{next()};
      uut_.on_time(now_);
      break;
    case 5:
      if (next() % 8 == 0)
        uut_.release(now_);
      else if (!open_.empty())
        uut_.cancel(*open_.begin(), now_);
      break;
    }
  }

  void drain() {
    while (auto event = uut_.next_event()) {
      if (auto* x = std::get_if<coap::incoming_request>(&*event))
        asked_.push_back(x->id);
      else if (auto* answer = std::get_if<coap::response_received>(&*event))
        require(open_.erase(answer->id) == 1);
      else if (auto* failed = std::get_if<coap::request_failed>(&*event))
        require(open_.erase(failed->id) == 1);
    }
    require(uut_.pending_requests() <= small.pending_requests);
    std::size_t octets = 0;
    for (bytes out; uut_.next_datagram(out); octets += out.size()) {
    }
    require(octets <= short_stream.outbox_octets + short_stream.message_size);
  }

  fuzz::script_input rest_;
  time_point now_{};
  std::uint64_t random_ = 1;
  coap::stream_endpoint uut_{{},
                             [this] { return random_ *= 0x9E3779B97F4A7C15u; },
                             now_,
                             small,
                             short_stream};
  std::set<coap::exchange_id> open_;
  std::vector<coap::request_id> asked_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  script{{data, size}}.run();
  return 0;
}
