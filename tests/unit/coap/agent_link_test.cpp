// Two agents on a link that loses, duplicates and reorders, and on a stream.
#include "agent_harness.hpp"

#include "protocol/coap/stream_codec.hpp"

#include <map>
#include <set>

namespace tocsin::protocol::coap {

using namespace std::chrono_literals;

namespace {

enum class transport : std::uint8_t { datagrams, stream };

std::unique_ptr<message_layer> layer(transport over, std::uint64_t seed,
                                     time_point now) {
  if (over == transport::stream)
    return std::make_unique<stream_endpoint>(parameters{},
                                             std::mt19937_64{seed}, now);
  return std::make_unique<endpoint>(parameters{}, std::mt19937_64{seed});
}

/// A client that fetches, stores and observes one resource of a server, whose
/// state changes. All chance has a seed, and time is virtual.
class agent_link {
public:
  agent_link(transport over, std::uint64_t seed, unsigned loss_percent)
      : random_{seed}, over_{over}, loss_{loss_percent},
        client{layer(over, seed * 2, now), std::mt19937_64{seed + 1}},
        server{layer(over, seed * 2 + 1, now), std::mt19937_64{seed + 2}} {
    change();
  }

  /// That long; `busy`: with requests and changes.
  void run(duration span, bool busy) {
    const auto end = now + span;
    for (auto next = now; now < end;) {
      if (busy && next <= now) {
        act();
        next = now + std::chrono::milliseconds{random_() % 7000};
      }
      flush();
      step(busy ? std::min(next, end) : end);
    }
  }

  void calm() { loss_ = 0; }

  /// As an application does after Max-Age.
  void refresh() {
    if (observation)
      client.reregister(*observation, now);
    else
      observe();
  }

  void check() const {
    EXPECT_TRUE(open.empty()) << "a request did not end";
    EXPECT_TRUE(observation);
    EXPECT_EQ(seen, state);
    EXPECT_EQ(client.open_exchanges(), 1u);
    EXPECT_EQ(server.pending_requests(), 0u);
    EXPECT_EQ(server.observations(), 1u);
  }

  void observe() {
    observation = client.send_request(observe_of("mitigate", any()), now);
  }

  void change() {
    state = body_of(1 + random_() % 4000, random_());
    states.insert(state);
    for (auto id : watchers)
      server.notify(id, state_of(state), now);
  }

  std::mt19937_64 random_;
  transport over_;
  unsigned loss_;
  time_point now{1000h};
  agent client;
  agent server;
  bytes state;
  std::set<bytes> states; ///< that the server ever had
  std::set<request_id> watchers;
  bytes seen;
  std::optional<exchange_id> observation;
  std::map<exchange_id, bytes> open; ///< what is stored; empty: a GET
  std::size_t fetched = 0;
  std::size_t stored = 0;
  std::size_t failed = 0;
  std::set<bytes> kept;           ///< bodies that the server got
  std::vector<std::size_t> trace; ///< length of each message, in order

private:
  struct flight {
    bool to_server;
    bytes octets;
  };

  type any() { return random_() % 2 == 0 ? type::con : type::non; }

  void act() {
    if (!observation)
      observe();
    switch (random_() % 4) {
    case 0: {
      auto x = get_of("mitigate", any());
      x.repeat = {4, 3s};
      open.emplace(client.send_request(std::move(x), now), bytes{});
      break;
    }
    case 1: {
      auto body = body_of(1 + random_() % 5000, random_());
      auto x = put_of("store", body, any());
      x.repeat = {4, 3s};
      // Two bodies at a time cannot be told apart at one resource (RFC 7959,
      // Section 2.5), so each has its own.
      x.options.add(option::uri_path, std::to_string(++puts_));
      open.emplace(client.send_request(std::move(x), now), std::move(body));
      break;
    }
    default:
      change();
    }
  }

  void flush() {
    bytes octets;
    while (client.next_datagram(octets))
      carry(true, octets);
    while (server.next_datagram(octets))
      carry(false, octets);
  }

  void carry(bool to_server, const bytes& octets) {
    trace.push_back(octets.size());
    if (over_ == transport::stream) {
      air_.emplace(now + 20ms, flight{to_server, octets});
      return;
    }
    const auto copies = loss_ > 0 && random_() % 10 == 0 ? 2 : 1;
    for (int i = 0; i < copies; ++i)
      if (random_() % 100 >= loss_)
        air_.emplace(now + std::chrono::milliseconds{20 + random_() % 1000},
                     flight{to_server, octets});
  }

  void step(time_point latest) {
    auto then = latest;
    if (!air_.empty())
      then = std::min(then, air_.begin()->first);
    for (const auto* x : {&client, &server})
      then = std::min(then, x->next_deadline().value_or(latest));
    now = std::max(now, then);
    while (!air_.empty() && air_.begin()->first <= now) {
      const auto x = air_.extract(air_.begin()).mapped();
      (x.to_server ? server : client).receive(x.octets, now);
    }
    client.on_time(now);
    server.on_time(now);
    serve();
    take();
  }

  void serve() {
    while (auto next = server.next_event()) {
      if (const auto* over = std::get_if<observation_ended>(&*next))
        watchers.erase(over->id);
      const auto* x = std::get_if<incoming_request>(&*next);
      if (x == nullptr)
        continue;
      if (x->code == code::put) {
        kept.insert(x->payload);
        server.respond(x->id, {code::changed, {}, {}}, now);
        continue;
      }
      server.respond(x->id, state_of(state), now, true);
      if (server.observes(x->id))
        watchers.insert(x->id);
    }
  }

  void take() {
    while (auto next = client.next_event()) {
      if (const auto* got = std::get_if<response_received>(&*next))
        take(*got);
      else if (const auto* x = std::get_if<request_failed>(&*next))
        fail(x->id);
    }
  }

  void take(const response_received& x) {
    if (x.id == observation) {
      EXPECT_TRUE(states.contains(x.payload)) << "not a whole state";
      EXPECT_TRUE(x.options.contains(option::observe));
      seen = x.payload;
      return;
    }
    const auto request = open.extract(x.id);
    ASSERT_FALSE(request.empty()) << "an exchange ended twice";
    if (request.mapped().empty()) {
      EXPECT_TRUE(states.contains(x.payload)) << "not a whole state";
      ++fetched;
    } else {
      if (x.code == code::changed) {
        EXPECT_TRUE(kept.contains(request.mapped())) << "not what was sent";
      }
      stored += x.code == code::changed ? 1 : 0;
    }
  }

  void fail(exchange_id id) {
    if (id == observation)
      observation.reset();
    else
      EXPECT_EQ(open.erase(id), 1u) << "an exchange ended twice";
    ++failed;
  }

  std::multimap<time_point, flight> air_;
  int puts_ = 0;
};

/// Busy with loss; then calm, for long enough that all ends; then two
/// refreshes, as the first may find that the observation has ended.
void whole_life(agent_link& x) {
  x.run(3min, true);
  x.calm();
  x.run(10min, false);
  x.refresh();
  x.run(5min, false);
  if (!x.observation)
    x.refresh();
  x.run(5min, false);
}

} // namespace

// COAP-074, COAP-080, COAP-088, COAP-096
TEST(coap_agent_link, after_the_loss_the_observer_sees_the_latest_state) {
  std::size_t fetched = 0;
  std::size_t stored = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    agent_link x{transport::datagrams, seed, static_cast<unsigned>(seed % 50)};
    whole_life(x);
    x.check();
    fetched += x.fetched;
    stored += x.stored;
    if (HasFailure())
      return;
  }
  EXPECT_GT(fetched, 200u);
  EXPECT_GT(stored, 200u);
}

TEST(coap_agent_link, on_a_good_link_nothing_fails_and_changes_arrive) {
  agent_link x{transport::datagrams, 3, 0};
  x.run(10min, true);
  x.run(1min, false); // without registering again
  EXPECT_EQ(x.failed, 0u);
  x.check();
}

TEST(coap_agent_link, the_same_seed_makes_the_same_trace) {
  agent_link x{transport::datagrams, 11, 30};
  agent_link y{transport::datagrams, 11, 30};
  whole_life(x);
  whole_life(y);
  EXPECT_GT(x.trace.size(), 100u);
  EXPECT_EQ(x.trace, y.trace);
}

// COAP-110
TEST(coap_agent_link, over_a_stream_each_state_arrives_in_order) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    agent_link x{transport::stream, seed, 0};
    x.run(5min, true);
    x.run(1min, false);
    EXPECT_EQ(x.failed, 0u);
    x.check();
  }
}

// COAP-110, SIG-188
TEST(coap_agent_link, over_a_stream_observe_one_ends_an_observation) {
  agent_link x{transport::stream, 5, 0};
  x.observe();
  x.run(1s, false);
  EXPECT_EQ(x.server.observations(), 1u);
  x.client.cancel(*x.observation, x.now);
  x.run(1s, false);
  EXPECT_EQ(x.server.observations(), 0u);
  EXPECT_EQ(x.client.open_exchanges(), 0u);
}

// COAP-082, COAP-110
TEST(coap_agent_link, the_end_of_a_stream_ends_what_is_observed_on_it) {
  agent_link x{transport::stream, 5, 0};
  x.observe();
  x.run(1s, false);
  ASSERT_TRUE(x.observation);
  x.client.receive(hex("0f45"), x.now); // a reserved token length
  x.run(1s, false);
  EXPECT_FALSE(x.observation);
  EXPECT_EQ(x.client.open_exchanges(), 0u);
}

// COAP-084, COAP-109
TEST(coap_agent_link, without_bert_size_seven_is_refused_on_a_stream) {
  const time_point now{1000h};
  agent x{layer(transport::stream, 1, now), std::mt19937_64{1}};
  bytes octets;
  ASSERT_TRUE(serialise_frame(make_code(7, 1), {}, {}, {}, octets));
  option_list options;
  set_block(options, option::block2, {0, false, block::bert});
  ASSERT_TRUE(serialise_frame(code::get, token{1}, options, {}, octets));
  bytes hello;
  ASSERT_TRUE(x.next_datagram(hello)); // our CSM
  x.receive(octets, now);
  EXPECT_FALSE(x.next_event());
  ASSERT_TRUE(x.next_datagram(octets));
  const auto reply = parse_frame(octets);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, code::bad_request);
}

// COAP-109
TEST(coap_agent_link, over_a_stream_a_body_larger_than_a_message_uses_bert) {
  agent_link x{transport::stream, 6, 0};
  x.state = body_of(64 * 1024);
  x.states.insert(x.state);
  x.run(1s, false);
  x.trace.clear();
  x.observe();
  x.run(1s, false);
  EXPECT_EQ(x.seen, x.state);
  EXPECT_LT(x.trace.size(), 8u) << "64 blocks of 1024 octets would be more";
}

} // namespace tocsin::protocol::coap
