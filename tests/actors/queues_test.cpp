// What peers can make wait is bounded, and takes nothing from others.
#include "tests/actors/datastore_fixture.hpp"
#include "tests/actors/slow_keeper.hpp"

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;

/// Two CLIENTs, of two customers, and the DATASTORE of the first, behind one
/// disk that takes its time.
class queues_test : public datastore_fixture {
protected:
  queues_test() {
    auto keeper = spawn(slow_keeper, store);
    uut = spawn(client, client_of(customer, keeper));
    auto who = *customer;
    who.name = "beta";
    other = spawn(
        client, client_of(std::make_shared<const sig::customer>(who), keeper));
    auto setup = std::make_shared<datastore_setup>();
    setup->who = customer;
    setup->keeper = keeper;
    setup->clock = clock();
    data = spawn(datastore, setup);
    sched.run();
  }

  std::shared_ptr<client_setup>
  client_of(std::shared_ptr<const sig::customer> who, keeper_actor keeper) {
    auto setup = std::make_shared<client_setup>();
    setup->who = who;
    setup->cuid = "cuid-1";
    auto unlimited = who->limits; // the rate is another test's
    unlimited.requests_per_minute = 0;
    setup->usage = std::make_shared<account>(unlimited);
    setup->keeper = std::move(keeper);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    setup->mitigators.entries = {{"edge", caf::actor_cast<caf::actor>(edge)}};
    setup->clock = clock();
    return setup;
  }

  auto put_later(const client_actor& to) {
    auto x = request(dots_request::method::put, 7);
    x.body = body(wanted());
    return self->request(to, caf::infinite, atom::serve_v, std::move(x));
  }

  auto enrol_later() {
    http_call call;
    call.from.customer = "acme";
    call.from.identity = "agent";
    call.request.method = "POST";
    call.request.target = std::string{base};
    call.request.body =
        R"({"ietf-dots-data-channel:dots-client":[{"cuid":"cuid-1"}]})";
    call.request.fields.set("host", "data.example.net");
    call.request.fields.set("content-type", "application/yang-data+json");
    return self->request(data, caf::infinite, atom::serve_v, std::move(call));
  }

  client_actor other;
};

// What one customer asks for waits behind what it has asked for, and no other's
// does.
TEST_F(queues_test, requests_of_one_client_wait_in_a_queue_of_their_own) {
  constexpr std::size_t beyond = 5;
  std::vector<decltype(put_later(uut))> asked;
  for (std::size_t i = 0; i < 1 + max_waiting_requests + beyond; ++i)
    asked.push_back(put_later(uut)); // one under way, the others wait
  auto theirs = put_later(other);
  advance(1s);
  dots_response answer;
  theirs.receive([&](const dots_response& x) { answer = x; },
                 [](const caf::error&) {});
  EXPECT_EQ(answer.code, 0x41) << "another customer has not waited";
  advance(30s);
  std::map<int, std::size_t> codes;
  for (auto& x : asked)
    x.receive(
        [&](const dots_response& y) {
          ++codes[y.code];
          EXPECT_EQ(y.max_age.has_value(), y.code == 0xA3);
        },
        [](const caf::error&) { ADD_FAILURE() << "no answer"; });
  EXPECT_EQ(codes[0x41], 1u);
  EXPECT_EQ(codes[0x44], max_waiting_requests);
  EXPECT_EQ(codes[0xA3], beyond);
}

TEST_F(queues_test, requests_of_one_customer_are_limited_in_the_long_run) {
  account used{customer->limits}; // 600 a minute
  auto admitted = [&] {
    std::size_t n = 0;
    while (n < 10'000 && used.admit(now()))
      ++n;
    return n;
  };
  EXPECT_LE(admitted(), customer->limits.requests_per_minute);
  EXPECT_EQ(admitted(), 0u);
  advance(1s);
  EXPECT_EQ(admitted(), 10u);
}

TEST_F(queues_test, edits_of_one_customer_wait_up_to_a_limit) {
  constexpr std::size_t beyond = 5;
  std::vector<decltype(enrol_later())> asked;
  for (std::size_t i = 0; i < 1 + max_waiting_edits + beyond; ++i)
    asked.push_back(enrol_later());
  advance(5s);
  std::map<unsigned, std::size_t> found;
  for (auto& x : asked)
    x.receive([&](const http_answer& y) { ++found[y.status]; },
              [](const caf::error&) { ADD_FAILURE() << "no answer"; });
  EXPECT_EQ(found[201], 1u);
  EXPECT_EQ(found[503], beyond);
  EXPECT_EQ(found[409], max_waiting_edits);
}

} // namespace

} // namespace tocsin::actors
