#include "tests/allocations/counting_new.hpp"

#include "protocol/spare_buffers.hpp"
#include "tests/actors/session_fixture.hpp"

namespace tocsin::actors {

namespace coap = protocol::coap;

namespace {

class allocations_test : public session_fixture {
protected:
  void SetUp() override {
    connect(true);
    keep_wire = false;
    seen->answer = {static_cast<std::uint8_t>(coap::code::content),
                    true,
                    bytes(100, 0x01),
                    {},
                    false};
  }

  session& direct() {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(uut);
    return *static_cast<session*>(actor);
  }

  bytes datagram_of(const coap::message& x) {
    bytes octets, out;
    EXPECT_TRUE(coap::serialise(x, octets));
    EXPECT_TRUE(peer->send(octets));
    EXPECT_TRUE(peer->next_datagram(out));
    return out;
  }

  /// Returns what SESSION takes for it. The peer of the test draws on the same
  /// spare buffers, so it has to give them back.
  std::size_t take(bytes datagram) {
    std::size_t taken = 0;
    {
      test::allocation_count counted;
      direct().take(datagram);
      taken = counted.value();
    }
    spare_buffers::give(std::move(datagram));
    return taken;
  }

  /// What SESSION takes for this request from the datagram to the answer, with
  /// the turns of actors that belong to it.
  std::size_t count(const coap::message& x) {
    auto datagram = datagram_of(x);
    test::allocation_count counted;
    direct().take(datagram);
    sched.run();
    return counted.value();
  }

  /// The least of several: tables that grow on the way do not count.
  std::size_t least(const std::function<coap::message()>& next) {
    auto found = std::numeric_limits<std::size_t>::max();
    for (int i = 0; i < 20; ++i)
      found = std::min(found, count(next()));
    return found;
  }
};

// As many as message ids are remembered first: what they take grows up to
// there, and is bounded.
TEST_F(allocations_test, a_heartbeat_takes_no_memory) {
  auto next = [this] {
    return datagram_of(message(coap::code::put, dots({"hb"}), beat));
  };
  for (std::uint32_t i = 0; i < 2 * coap::limits{}.remembered; ++i)
    take(next());
  sched.run();
  for (int i = 0; i < 1000; ++i) {
    auto datagram = next();
    ASSERT_EQ(take(std::move(datagram)), 0u) << "heartbeat " << i;
  }
  EXPECT_TRUE(sched.jobs.empty()) << "nobody was sent a message";
}

// The bounds are what was counted, with a little room. Raise them with a reason
// only. CLIENT is the test's: what a whole node takes, tools/instructions
// tells.
TEST_F(allocations_test, a_get_takes_little_memory) {
  auto found = least([this] {
    return message(coap::code::get, dots({"mitigate", "cuid=a"}));
  });
  RecordProperty("allocations", static_cast<int>(found));
  EXPECT_LE(found, 30u);
}

TEST_F(allocations_test, a_put_takes_little_memory) {
  auto found = least([this] {
    return message(coap::code::put, dots({"mitigate", "cuid=a", "mid=1"}),
                   bytes(60, 0x01));
  });
  RecordProperty("allocations", static_cast<int>(found));
  EXPECT_LE(found, 30u);
}

} // namespace

} // namespace tocsin::actors
