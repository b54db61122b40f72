#include "actors/siblings.hpp"

#include "actors/supervisor.hpp"
#include "tests/actors/client_fixture.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

namespace tocsin::actors {

namespace sib = protocol::siblings;
namespace sig = protocol::signal;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

/// A driver that never says a word.
struct mute_link : driver_link {
  result<void> write(std::string) override { return {}; }
};

/// A driver that does at once what it is told.
struct ready_link : driver_link {
  explicit ready_link(std::function<void(std::string)> say)
      : say_{std::move(say)} {}
  result<void> write(std::string line) override {
    if (line.find("\"hello\"") != std::string::npos) {
      say_(R"({"type":"hello","version":1,"driver":"ready","capabilities":)"
           R"({"actions":["drop"],"families":["ipv4","ipv6"],)"
           R"("counters":false}})");
      return {};
    }
    auto at = line.find("\"seq\":");
    if (at != std::string::npos)
      say_(R"({"type":"done","seq":)"
           + std::to_string(std::stoul(line.substr(at + 6)))
           + R"(,"failures":[]})");
    return {};
  }
  std::function<void(std::string)> say_;
};

/// Two nodes in one process, under one clock; what would go through the
/// middleman goes from actor to actor.
class siblings_test : public client_fixture {
protected:
  struct node {
    explicit node(std::string x) : name{std::move(x)} {}
    std::string name;
    std::shared_ptr<test::fake_store> store =
        std::make_shared<test::fake_store>();
    supervisor_actor handle;
    caf::actor door;
    std::vector<caf::actor> parts;
  };

  ~siblings_test() override {
    for (auto* x : {&a, &b})
      if (x->handle)
        stop(*x);
  }

  void start(node& x, const std::string& other) {
    auto setup = std::make_shared<supervisor_setup>();
    setup->name = x.name;
    setup->clock = {epoch_.steady, epoch_.unix};
    setup->make_keeper = [this, &x] {
      return sys.spawn(test::fake_keeper, x.store);
    };
    setup->started = [&x](const caf::actor& part) { x.parts.push_back(part); };
    setup->conflicts = rules;
    std::vector<sig::customer> all;
    for (const auto* name : {"acme", "globex"}) {
      sig::customer who;
      who.name = name;
      who.identities.dns_names = {std::string{name} + ".example"};
      who.prefixes = {prefix_of(x.name == "b" ? space_of_b : space)};
      all.push_back(std::move(who));
    }
    setup->customers = *sig::customer_table::make(all);
    mitigator_setup edge_setup;
    edge_setup.name = "edge";
    bool mute = x.name == "b" && b_is_mute;
    edge_setup.start = [mute](auto say,
                              auto) -> result<std::unique_ptr<driver_link>> {
      if (mute)
        return std::unique_ptr<driver_link>{std::make_unique<mute_link>()};
      return std::unique_ptr<driver_link>{std::make_unique<ready_link>(say)};
    };
    setup->mitigators = {edge_setup};
    for (const auto* customer : {"acme", "globex"})
      setup->mitigators_of[customer] = {"edge"};
    setup->siblings.emplace();
    setup->siblings->name = x.name;
    setup->siblings->program = "tocsin test";
    sibling_setup peer;
    peer.name = other;
    peer.address = "127.0.0.1:4650";
    peer.where = sig::redirected_signal{other + ".example", {"192.0.2.250"}};
    peer.call = [this, other](auto done) {
      ++calls;
      auto& there = other == "a" ? a : b;
      if (there.door && reachable)
        done(caf::actor_cast<caf::strong_actor_ptr>(there.door));
      else
        done(fail(ec::unavailable, other, "nobody listens"));
    };
    setup->siblings->peers = {peer};
    x.handle = spawn(supervisor, setup);
    ASSERT_TRUE(ask<ack>(x.handle, atom::begin_v));
    x.door = spawn(sibling_door, x.handle);
  }

  /// As kill -9 does: nobody says goodbye, and the store stays.
  void kill(node& x) {
    self->send_exit(x.door, caf::exit_reason::kill);
    for (auto& part : x.parts)
      self->send_exit(part, caf::exit_reason::kill);
    self->send_exit(x.handle, caf::exit_reason::kill);
    x.parts.clear();
    x.door = nullptr;
    x.handle = supervisor_actor{};
    sched.run();
  }

  void stop(node& x) {
    caf::anon_send(x.handle, atom::finish_v);
    advance(1s);
    self->send_exit(x.door, caf::exit_reason::user_shutdown);
    sched.run();
    x.handle = supervisor_actor{};
  }

  void start_both() {
    start(a, "b");
    start(b, "a");
    advance(2s);
  }

  sibling_view view(const node& x) {
    auto found = ask<node_view>(x.handle, atom::node_v);
    EXPECT_TRUE(found) << to_string(found.error());
    return found && !found->siblings.empty() ? found->siblings[0]
                                             : sibling_view{};
  }

  client_actor client_at(const node& x, const std::string& customer,
                         const std::string& cuid) {
    auto found = ask<caf::strong_actor_ptr>(x.handle, atom::client_v, customer,
                                            cuid, true);
    EXPECT_TRUE(found) << to_string(found.error());
    return caf::actor_cast<client_actor>(*found);
  }

  party party_at(const node& x, const std::string& customer,
                 const std::string& cuid) {
    return {customer, cuid, customer + ".example",
            client_at(x, customer, cuid)};
  }

  dots_response put_at(const node& x, const std::string& customer,
                       const std::string& cuid, std::uint32_t mid,
                       std::string_view prefix) {
    auto p = party_at(x, customer, cuid);
    return put(p, mid, wanted(prefix));
  }

  std::vector<mitigation_view> held(const node& x) {
    auto all = ask<std::vector<mitigation_view>>(x.handle, atom::list_v);
    return all ? *all : std::vector<mitigation_view>{};
  }

  void session_at(const node& x, std::uint64_t id,
                  const std::shared_ptr<session_journal>& journal) {
    auto handle = spawn(fake_session, journal);
    self->send(x.handle, atom::opened_v,
               session_opened{id, {"acme", "acme.example", "", "", id}},
               caf::actor_cast<caf::strong_actor_ptr>(handle));
    sched.run();
  }

  /// Orders a handover and lets time pass.
  std::vector<handover_result> hand_over(const node& from,
                                         const handover_wish& wish,
                                         std::chrono::seconds time = 60s) {
    std::vector<handover_result> out;
    auto pending = self->request(from.handle, 86400s, atom::handover_v, wish);
    sched.run();
    advance(time);
    if (self->mailbox().empty())
      return out;
    pending.receive(
        [&](std::vector<handover_result>& xs) { out = std::move(xs); },
        [&](const caf::error& why) { refused = to_failure(why); });
    return out;
  }

  static constexpr std::uint8_t created = 0x41, conflict = 0x89;

  node a{"a"}, b{"b"};
  sig::conflict_rules rules;
  std::string space_of_b = space;
  std::size_t calls = 0;
  bool reachable = true;
  bool b_is_mute = false;
  failure refused;
};

template <class T>
T round_trip(caf::actor_system& sys, T x) {
  std::vector<char> wire;
  caf::binary_serializer out{sys, wire};
  EXPECT_FALSE(out(x));
  T y;
  caf::binary_deserializer in{sys, wire};
  EXPECT_FALSE(in(y));
  return y;
}

TEST_F(siblings_test, what_goes_to_another_process_comes_back_the_same) {
  sibling_parcel parcel;
  parcel.customer = "acme";
  parcel.identity = std::string("a\nb\0c", 5);
  parcel.last_mid = 0xffffffff;
  parcel.mitigations.push_back(
      {7, {1, 2, 3}, -1, -1, 5, 2, 1, 9, {4}, 16, "cdid", "edge"});
  parcel.configured = true;
  parcel.config = {0xA1};
  auto back = round_trip(sys, parcel);
  EXPECT_EQ(back.identity, parcel.identity);
  EXPECT_EQ(back.last_mid, parcel.last_mid);
  ASSERT_THAT(back.mitigations, SizeIs(1));
  EXPECT_EQ(back.mitigations[0].body, (bytes{1, 2, 3}));
  EXPECT_EQ(back.mitigations[0].left, -1);
  EXPECT_EQ(back.mitigations[0].chosen, "edge");
  EXPECT_EQ(back.config, parcel.config);
  sibling_scopes answer;
  answer.all.push_back({"acme", "c", 3, {9}, -1, false, true});
  auto again = round_trip(sys, answer);
  ASSERT_THAT(again.all, SizeIs(1));
  EXPECT_FALSE(again.all[0].active);
  EXPECT_EQ(round_trip(sys, sibling_verdict{"x", "y", 1, 2, {5}}).what, 2);
  EXPECT_EQ(round_trip(sys, sibling_question{"x", "y", 1, {5}, 60}).lifetime,
            60);
  EXPECT_EQ(round_trip(sys, sibling_holdings{1, 2, 3}).mitigations, 3u);
}

TEST_F(siblings_test, join_and_see_what_the_other_holds) {
  start_both();
  EXPECT_EQ(view(a).state, "up");
  EXPECT_EQ(view(b).state, "up");
  EXPECT_EQ(view(b).program, "tocsin test");
  EXPECT_EQ(put_at(a, "acme", "c1", 1, "192.0.2.1/32").code, created);
  advance(3s);
  EXPECT_EQ(view(b).mitigations, 1u);
}

TEST_F(siblings_test, join_again_when_one_was_killed) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  kill(b);
  advance(1s);
  EXPECT_EQ(view(a).state, "down");
  EXPECT_THAT(view(a).detail, HasSubstr("nobody listens"));
  EXPECT_THAT(held(a), SizeIs(1));
  start(b, "a");
  advance(20s);
  EXPECT_EQ(view(a).state, "up");
  // The one who is called, too.
  kill(a);
  advance(1s);
  EXPECT_EQ(view(b).state, "down");
  start(a, "b");
  advance(2s);
  EXPECT_EQ(view(b).state, "up");
  EXPECT_THAT(held(a), SizeIs(1));
}

TEST_F(siblings_test, a_node_of_another_version_is_refused_and_told_why) {
  start(b, "a");
  auto other =
      spawn(test::fake_resolver, std::make_shared<test::known_names>());
  auto answer = ask<caf::strong_actor_ptr>(
      b.door, atom::hello_v, sib::wire_version + 1, std::string{"a"},
      std::string{"tocsin 9"}, caf::actor_cast<caf::strong_actor_ptr>(other));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ec::unsupported);
  EXPECT_THAT(answer.error().detail,
              AllOf(HasSubstr("tocsin 9"), HasSubstr("releases")));
}

TEST_F(siblings_test, a_node_that_nobody_configured_is_refused) {
  start(b, "a");
  auto other =
      spawn(test::fake_resolver, std::make_shared<test::known_names>());
  auto answer = ask<caf::strong_actor_ptr>(
      b.door, atom::hello_v, sib::wire_version, std::string{"stranger"},
      std::string{"tocsin"}, caf::actor_cast<caf::strong_actor_ptr>(other));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("no sibling 'stranger'"));
}

// SIG-136, SIG-137
TEST_F(siblings_test, a_conflict_is_found_at_the_other_node) {
  start_both();
  EXPECT_EQ(put_at(a, "acme", "c1", 1, "192.0.2.0/25").code, created);
  auto answer = put_at(b, "globex", "c2", 1, "192.0.2.7/32");
  EXPECT_EQ(answer.code, conflict);
  ASSERT_TRUE(entry(answer).conflict);
  EXPECT_EQ(entry(answer).conflict->status,
            sig::conflict_status::inactive_other_active);
  EXPECT_TRUE(entry(answer).conflict->retry_timer);
  EXPECT_EQ(put_at(b, "globex", "c2", 2, "192.0.2.130/32").code, created);
}

TEST_F(siblings_test, a_newcomer_that_wins_ends_the_other_node_s_request) {
  rules.policy = sig::conflict_policy::newest_wins;
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.0/25");
  EXPECT_EQ(put_at(b, "globex", "c2", 1, "192.0.2.7/32").code, created);
  advance(2s);
  auto old = held(a);
  ASSERT_THAT(old, SizeIs(1));
  EXPECT_EQ(old[0].status, sig::status::withdrawn);
  ASSERT_TRUE(old[0].conflict);
  EXPECT_EQ(old[0].conflict->status,
            sig::conflict_status::inactive_other_active);
}

TEST_F(siblings_test, of_the_same_client_the_higher_mid_holds_on_both_nodes) {
  start_both();
  put_at(a, "acme", "c1", 5, "192.0.2.0/25");
  EXPECT_EQ(put_at(b, "acme", "c1", 4, "192.0.2.0/26").code, conflict);
  EXPECT_EQ(put_at(b, "acme", "c1", 6, "192.0.2.0/26").code, created);
  EXPECT_THAT(held(b), SizeIs(1));
}

TEST_F(siblings_test, a_sibling_that_is_gone_delays_nobody) {
  start_both();
  kill(b);
  auto before = now();
  EXPECT_EQ(put_at(a, "acme", "c1", 1, "192.0.2.0/25").code, created);
  EXPECT_EQ(now(), before);
}

// The handover as a whole; the deaths of either node at each step are those of
// tests/unit/siblings.
TEST_F(siblings_test, a_client_is_handed_over_with_its_mitigations) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  put_at(a, "acme", "c1", 2, "192.0.2.2/32");
  remove(party_at(a, "acme", "c1"), 2);
  session_at(a, 1, seen);
  auto done = hand_over(a, {"b", false, "", "c1"});
  ASSERT_THAT(done, SizeIs(1)) << to_string(refused);
  EXPECT_TRUE(done[0].moved) << done[0].detail;
  ASSERT_THAT(held(b), SizeIs(1));
  EXPECT_EQ(held(b)[0].mid, 1u);
  EXPECT_GT(held(b)[0].lifetime, 3500);
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_EQ(seen->redirects[0].where.alt_server, "b.example");
  EXPECT_THAT(held(a), IsEmpty());
  // Nothing is left at one, nothing to be settled at the other.
  EXPECT_THAT(a.store->mitigations, IsEmpty());
  EXPECT_THAT(a.store->sessions, IsEmpty());
  EXPECT_THAT(b.store->sessions, IsEmpty());
  // The withdrawn mid stays withdrawn there.
  EXPECT_NE(put_at(b, "acme", "c1", 2, "192.0.2.2/32").code, created);
  // It refreshes there as if it had always been there.
  EXPECT_EQ(put_at(b, "acme", "c1", 1, "192.0.2.1/32").code, 0x44);
}

TEST_F(siblings_test, what_was_taken_over_survives_the_taker) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  ASSERT_THAT(hand_over(a, {"b", false, "", "c1"}), SizeIs(1));
  kill(b);
  start(b, "a");
  ASSERT_THAT(held(b), SizeIs(1));
  EXPECT_EQ(held(b)[0].mid, 1u);
}

TEST_F(siblings_test, what_is_not_the_customer_s_own_there_stays) {
  space_of_b = "198.51.100.0/24";
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  auto done = hand_over(a, {"b", false, "", "c1"});
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_FALSE(done[0].moved);
  EXPECT_THAT(done[0].detail, HasSubstr("not the customer's own"));
  EXPECT_THAT(held(a), SizeIs(1));
  EXPECT_THAT(held(b), IsEmpty());
  EXPECT_EQ(put_at(a, "acme", "c1", 2, "192.0.2.2/32").code, created);
}

TEST_F(siblings_test, what_is_not_in_force_there_stays) {
  b_is_mute = true;
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  session_at(a, 1, seen);
  auto done = hand_over(a, {"b", false, "", "c1"});
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_FALSE(done[0].moved);
  EXPECT_THAT(done[0].detail, HasSubstr("not in force there: edge"));
  EXPECT_THAT(seen->redirects, IsEmpty());
  EXPECT_THAT(held(a), SizeIs(1));
  EXPECT_THAT(b.store->mitigations, IsEmpty()) << "its copy is gone";
  EXPECT_THAT(b.store->sessions, IsEmpty());
}

TEST_F(siblings_test, a_sibling_that_is_down_takes_nobody) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  kill(b);
  auto done = hand_over(a, {"b", false, "", "c1"});
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_FALSE(done[0].moved);
  EXPECT_EQ(put_at(a, "acme", "c1", 2, "192.0.2.2/32").code, created);
}

TEST_F(siblings_test, the_giver_redirects_after_its_death_as_well) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  // It dies when the sibling has everything, before it can say a word.
  handover_record moved;
  moved.stage = sib::handover_stage::moved;
  moved.customer = "acme";
  moved.cuid = "c1";
  moved.sibling = "b";
  moved.identity = "acme.example";
  moved.changed = epoch_.at(now());
  kill(a);
  a.store->mitigations.clear();
  auto record = to_record(moved);
  a.store->sessions[{record.customer, record.identity}] = record;
  start(a, "b");
  advance(5s);
  session_at(a, 1, seen);
  ASSERT_THAT(seen->redirects, SizeIs(1));
  EXPECT_EQ(seen->redirects[0].where.alt_server, "b.example");
  EXPECT_THAT(a.store->sessions, IsEmpty()) << "b was told";
}

TEST_F(siblings_test, a_handover_that_was_interrupted_is_called_off) {
  start_both();
  put_at(b, "acme", "c1", 1, "192.0.2.1/32");
  handover_record offered;
  offered.stage = sib::handover_stage::offered;
  offered.customer = "acme";
  offered.cuid = "c1";
  offered.sibling = "a";
  offered.identity = "acme.example";
  kill(b);
  auto record = to_record(offered);
  b.store->sessions[{record.customer, record.identity}] = record;
  start(b, "a");
  advance(30s);
  EXPECT_THAT(b.store->sessions, IsEmpty());
  EXPECT_THAT(held(b), SizeIs(1));
  EXPECT_EQ(put_at(b, "acme", "c1", 2, "192.0.2.2/32").code, created);
}

TEST_F(siblings_test, a_drain_takes_all_and_sends_newcomers_after_them) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  put_at(a, "globex", "c2", 1, "192.0.2.2/32");
  auto done = hand_over(a, {"b", true, "", ""});
  ASSERT_THAT(done, SizeIs(2)) << to_string(refused);
  EXPECT_TRUE(done[0].moved && done[1].moved);
  EXPECT_THAT(held(a), IsEmpty());
  EXPECT_THAT(held(b), SizeIs(2));
  auto view = ask<node_view>(a.handle, atom::node_v);
  ASSERT_TRUE(view);
  EXPECT_THAT(view->redirect, HasSubstr("b.example"));
}

TEST_F(siblings_test, who_was_handed_over_is_served_here_if_the_other_is_gone) {
  start_both();
  put_at(a, "acme", "c1", 1, "192.0.2.1/32");
  session_at(a, 1, seen);
  ASSERT_THAT(hand_over(a, {"b", false, "", "c1"}), SizeIs(1));
  kill(b);
  advance(1s);
  ASSERT_THAT(seen->redirects, SizeIs(2));
  EXPECT_FALSE(seen->redirects[1].active);
  EXPECT_EQ(put_at(a, "acme", "c1", 1, "192.0.2.1/32").code, created);
}

TEST_F(siblings_test, a_handover_to_nobody_is_refused_with_the_remedy) {
  start_both();
  EXPECT_THAT(hand_over(a, {"c", false, "", "c1"}, 1s), IsEmpty());
  EXPECT_EQ(refused.where, "to");
  EXPECT_THAT(hand_over(a, {"b", false, "", "nobody"}, 1s), IsEmpty());
  EXPECT_EQ(refused.code, ec::not_found);
}

} // namespace
} // namespace tocsin::actors
