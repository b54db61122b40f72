// The input is a script: messages that a peer sends, what is asked, answered,
// observed and notified meanwhile, and time that passes, over datagrams or over
// a stream. Whatever it says, the limits hold, each of our requests ends
// exactly once or goes on observing, and in the end nothing is open.
#include "protocol/coap/agent.hpp"
#include "protocol/coap/block_option.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/stream_codec.hpp"
#include "protocol/coap/stream_endpoint.hpp"
#include "tests/fuzz/coap/script_input.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

using namespace tocsin;
using namespace tocsin::protocol;
using fuzz::require;

namespace {

constexpr coap::limits small{.pending_requests = 4, .exchanges = 4};
constexpr coap::stream_limits short_stream{.message_size = 2048,
                                           .outbox_octets = 16384};
constexpr coap::agent_limits bounds{.body = 4096,
                                    .uploads = 2,
                                    .downloads = 2,
                                    .download_octets = 4096,
                                    .observations = 2,
                                    .block = 256};

class script {
public:
  explicit script(byte_view input)
      : rest_{input}, stream_{next() % 2 != 0}, uut_{layer(), chance(),
                                                     bounds} {}

  void run() {
    if (stream_)
      send(coap::make_code(7, 1), {}, {}, {}, coap::type::con, 0);
    while (!rest_.empty()) {
      step(next());
      drain();
    }
    finish();
  }

private:
  std::unique_ptr<coap::message_layer> layer() {
    if (stream_)
      return std::make_unique<coap::stream_endpoint>(
          coap::parameters{}, chance(), now_, small, short_stream);
    return std::make_unique<coap::endpoint>(coap::parameters{}, chance(),
                                            small);
  }

  coap::random_source chance() {
    return [this] { return random_ *= 0x9E3779B97F4A7C15u; };
  }

  std::uint8_t next() { return rest_.next(); }
  byte_view take(std::size_t size) { return rest_.take(size); }

  void step(std::uint8_t what) {
    switch (what % 10) {
    case 0:
      uut_.receive(take(next()), now_);
      break;
    case 1: // most of what a peer does is to ask and to answer
    case 2:
      peer_asks();
      break;
    case 3:
    case 4:
      peer_answers();
      break;
    case 5:
      ask();
      break;
    case 6:
      respond();
      break;
    case 7:
      notify();
      break;
    case 8:
      now_ += std::chrono::seconds{next()};
      uut_.on_time(now_);
      break;
    case 9:
      leave();
      break;
    }
  }

  /// Options as the script says: Observe, ETag and blocks.
  coap::option_list options() {
    coap::option_list x;
    const auto which = next();
    if ((which & 1) != 0)
      x.add_uint(coap::option::observe, next());
    if ((which & 2) != 0)
      x.add_uint(coap::option::etag, next() % 4u + 1);
    if ((which & 4) != 0)
      x.add_uint(coap::option::block2, next());
    if ((which & 8) != 0)
      x.add_uint(coap::option::block1, next());
    if ((which & 16) != 0)
      x.add_uint(coap::option::uri_query, next() % 4u + 1);
    return x;
  }

  /// Sixteen times that many octets: the script need not spell them out.
  bytes body(std::uint8_t size, std::uint8_t octet) {
    return bytes(std::size_t{size} * 16, octet);
  }

  void peer_asks() {
    const auto how = next();
    const auto x = options();
    const auto size = next();
    send(coap::make_code(0, how % 4u + 1), coap::token{how / 4u % 4u}, x,
         body(size % 32, how), how >= 128 ? coap::type::non : coap::type::con,
         ++mid_);
  }

  void peer_answers() {
    if (asked_.empty())
      return;
    constexpr coap::code codes[] = {
        coap::code::content,   coap::code::changed,
        coap::code::continue_, coap::code::not_found,
        coap::code::too_large, coap::code::request_incomplete};
    const auto how = next();
    const auto x = options();
    const auto size = next();
    const auto& to = asked_[how / 8u % asked_.size()];
    const auto by_ack = to.type == coap::type::con && size < 128;
    send(codes[how % 8u % std::size(codes)], to.token, x, body(size % 32, how),
         by_ack ? coap::type::ack : coap::type::non, by_ack ? to.mid : ++mid_);
  }

  void send(coap::code what, const coap::token& id,
            const coap::option_list& options, const bytes& payload,
            coap::type kind, std::uint16_t mid) {
    bytes out;
    if (stream_)
      require(bool{coap::serialise_frame(what, id, options, payload, out)});
    else
      require(
          bool{coap::serialise({kind, what, mid, id, options, payload}, out)});
    uut_.receive(out, now_);
  }

  void ask() {
    const auto how = next();
    coap::outgoing_request x;
    x.type = how % 2 == 0 ? coap::type::con : coap::type::non;
    x.code = how % 4 < 2 ? coap::code::get : coap::code::put;
    const bool observe = how % 8 >= 4 && x.code == coap::code::get;
    if (observe)
      x.options.add_uint(coap::option::observe, 0);
    if (how >= 128)
      x.options.add_uint(coap::option::block2, how % 7u);
    x.payload = body(next(), how);
    require(
        open_.emplace(uut_.send_request(std::move(x), now_), observe).second);
  }

  void respond() {
    if (requests_.empty())
      return;
    const auto how = next();
    const auto id = requests_.front();
    requests_.pop_front();
    if (how % 16 == 15)
      uut_.drop(id, now_);
    else
      uut_.respond(id, answer(how), now_, how % 2 == 0);
    if (uut_.observes(id))
      watchers_.push_back(id);
  }

  void notify() {
    const auto how = next();
    if (!watchers_.empty())
      uut_.notify(watchers_[how % watchers_.size()], answer(how), now_);
  }

  coap::response answer(std::uint8_t how) {
    return {how % 8 == 7 ? coap::code::not_found : coap::code::content,
            {},
            body(next(), how)};
  }

  void leave() {
    const auto how = next();
    if (how == 255) {
      uut_.release(now_);
      return;
    }
    if (open_.empty())
      return;
    auto i = open_.begin();
    std::advance(i, how / 2u % open_.size());
    if (how % 2 == 0)
      uut_.reregister(i->first, now_);
    else
      cancel(i->first);
  }

  void cancel(coap::exchange_id id) {
    uut_.cancel(id, now_);
    if (observing_.erase(id) == 1)
      open_.erase(id); // ends silently
  }

  void drain() {
    while (auto event = uut_.next_event()) {
      if (auto* x = std::get_if<coap::incoming_request>(&*event))
        requests_.push_back(x->id);
      else if (auto* got = std::get_if<coap::response_received>(&*event))
        on_response(*got);
      else if (auto* failed = std::get_if<coap::request_failed>(&*event))
        end(failed->id);
      else if (auto* over = std::get_if<coap::observation_ended>(&*event))
        require(std::erase(watchers_, over->id) == 1);
    }
    require(uut_.pending_requests() <= small.pending_requests);
    require(uut_.observations() <= bounds.observations);
    require(uut_.observations() == watchers_.size());
    require(uut_.open_exchanges() >= open_.size());
    for (bytes out; uut_.next_datagram(out);)
      remember(out);
  }

  void on_response(const coap::response_received& x) {
    require(x.payload.size() <= bounds.body);
    const auto i = open_.find(x.id);
    require(i != open_.end());
    require(x.further == observing_.contains(x.id));
    if (i->second && coap::is_success(x.code)
        && x.options.contains(coap::option::observe))
      observing_.insert(x.id);
    else
      end(x.id);
  }

  void end(coap::exchange_id id) {
    require(open_.erase(id) == 1);
    observing_.erase(id);
  }

  /// Our latest requests, for the peer to answer.
  void remember(const bytes& octets) {
    const auto x = stream_ ? coap::parse_frame(octets) : coap::parse(octets);
    if (!x || !coap::is_request(x->code))
      return;
    asked_.push_front(*x);
    if (asked_.size() > 8)
      asked_.pop_back();
  }

  void finish() {
    for (auto id : std::set{observing_})
      cancel(id);
    drain();
    for (int i = 0; uut_.next_deadline(); ++i) {
      require(i < 10000);
      now_ = std::max(now_, *uut_.next_deadline());
      uut_.on_time(now_);
      drain();
    }
    require(open_.empty() && uut_.open_exchanges() == 0);
  }

  fuzz::script_input rest_;
  bool stream_;
  time_point now_{};
  std::uint64_t random_ = 1;
  coap::agent uut_;
  std::map<coap::exchange_id, bool> open_; ///< to: shall it observe
  std::set<coap::exchange_id> observing_;
  std::deque<coap::request_id> requests_;
  std::vector<coap::request_id> watchers_;
  std::deque<coap::message> asked_;
  std::uint16_t mid_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  script{{data, size}}.run();
  return 0;
}
