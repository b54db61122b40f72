#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_test : public single_client_fixture {};

// SIG-118, SIG-122, SIG-093, ARCH-026, ARCH-061, ARCH-071, ARCH-176: targets
// and a lifetime suffice.
TEST_F(client_test, a_new_request_is_created_and_enforced) {
  auto answer = put(123, wanted());
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_TRUE(answer.cbor);
  EXPECT_EQ(answer.payload, (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA2, 0x05,
                                   0x18, 0x7B, 0x0E, 0x19, 0x0E, 0x10}));
  ASSERT_THAT(site->rules, SizeIs(1));
  const auto& rule = site->rules.begin()->second;
  EXPECT_EQ(rule.prefixes, std::vector{prefix_of("192.0.2.1/32")});
  EXPECT_EQ(rule.customer, "acme");
  EXPECT_EQ(rule.mid, 123u);
}

TEST_F(client_test, an_answer_means_that_the_request_is_durable) {
  put(1, wanted());
  ASSERT_THAT(store->mitigations, SizeIs(1));
  EXPECT_EQ(store->mitigations.begin()->first.mid, 1u);
  EXPECT_EQ(store->clients.begin()->second.last_mid, 1u);
}

TEST_F(client_test, what_cannot_be_stored_is_refused_and_not_enforced) {
  store->broken = true;
  auto answer = put(1, wanted());
  EXPECT_EQ(answer.code, 0xA3);
  EXPECT_TRUE(answer.max_age);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(usage->mitigations(), 0u);
  store->broken = false;
  EXPECT_EQ(put(1, wanted()).code, 0x41) << "the same mid may try again";
}

// SIG-148, SIG-095
TEST_F(client_test, the_same_request_again_refreshes_it) {
  put(1, wanted("192.0.2.1/32", 100));
  advance(90s);
  auto answer = put(1, wanted("192.0.2.1/32", 200));
  EXPECT_EQ(answer.code, 0x44);
  EXPECT_EQ(entries(answer).at(0).lifetime, 200);
  advance(150s);
  EXPECT_EQ(get(1).code, 0x45);
  advance(60s);
  EXPECT_EQ(get(1).code, 0x84);
}

// SIG-149, ARCH-072
TEST_F(client_test, another_scope_under_the_same_mid_is_refused) {
  put(1, wanted());
  auto answer = put(1, wanted("192.0.2.2/32"));
  EXPECT_EQ(answer.code, 0x80);
  EXPECT_FALSE(answer.cbor);
  EXPECT_THAT(text(answer), HasSubstr("higher mid"));
  EXPECT_EQ(entries(get(1)).at(0).what.prefixes,
            std::vector{prefix_of("192.0.2.1/32")});
}

// SIG-124, SIG-126, SIG-146
TEST_F(client_test, a_larger_mid_replaces_what_it_overlaps) {
  put(1, wanted("192.0.2.0/25"));
  auto first = site->rules.begin()->first;
  EXPECT_EQ(put(2, wanted("192.0.2.1/32")).code, 0x41);
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_FALSE(site->rules.contains(first));
  EXPECT_FALSE(store->mitigations.contains({"acme", "cuid-1", 1}));
  // No gap: the new rule was installed before the old one was withdrawn.
  ASSERT_THAT(site->journal, SizeIs(3));
  EXPECT_THAT(site->journal[1], HasSubstr("install"));
  EXPECT_EQ(site->journal[2], "withdraw " + first);
}

// SIG-127, SIG-128, SIG-129
TEST_F(client_test, a_smaller_mid_that_overlaps_is_a_conflict) {
  put(124, wanted());
  auto answer = put(123, wanted("192.0.2.0/24"));
  EXPECT_EQ(answer.code, 0x89);
  EXPECT_EQ(answer.payload,
            (bytes{0xA1, 0x01, 0xA1, 0x02, 0x81, 0xA1, 0x11, 0xA2, 0x13, 0x01,
                   0x15, 0xA1, 0x05, 0x18, 0x7C}));
  EXPECT_EQ(get(123).code, 0x84);
  EXPECT_EQ(get(124).code, 0x45);
  EXPECT_EQ(put(100, wanted("192.0.2.200/32")).code, 0x41)
      << "a smaller mid without overlap is fine";
}

// SIG-125
TEST_F(client_test, other_ports_do_not_prevent_an_overlap) {
  auto x = wanted();
  x.what.ports = {{80, 80}};
  put(5, x);
  x.what.ports = {{443, 443}};
  EXPECT_EQ(put(4, x).code, 0x89);
}

// SIG-164, SIG-165, SIG-017
TEST_F(client_test, nothing_to_show_is_not_found) {
  EXPECT_EQ(get().code, 0x84);
  EXPECT_EQ(get(7).code, 0x84);
  EXPECT_FALSE(text(get(7)).empty());
}

// SIG-167, SIG-170, SIG-169, ARCH-063, ARCH-065
TEST_F(client_test, a_list_tells_targets_lifetime_and_status_of_each) {
  put(1, wanted("192.0.2.1/32"));
  put(2, wanted("192.0.2.2/32"));
  advance(10s);
  auto found = entries(get());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].mid, 1u);
  EXPECT_EQ(found[1].mid, 2u);
  EXPECT_EQ(found[0].lifetime, 3590);
  EXPECT_EQ(found[0].state, sig::status::mitigated);
  EXPECT_EQ(found[0].start, 1'700'000'000u);
}

// SIG-171, SIG-172, ARCH-073, ARCH-074
TEST_F(client_test, counters_of_the_mitigator_reach_the_client) {
  put(1, wanted());
  advance(10s);
  auto rule = site->rules.begin()->first;
  self->send(caf::actor_cast<mitigation_actor>(site->owners[rule]),
             atom::counters_v, rule, std::uint64_t{1000}, std::uint64_t{64000});
  sched.run();
  auto dropped = entries(get(1)).at(0).dropped;
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->pkts_dropped, 1000u);
  EXPECT_EQ(dropped->bytes_dropped, 64000u);
  EXPECT_EQ(dropped->pps_dropped, 100u);
  EXPECT_EQ(dropped->bps_dropped, 6400u);
}

// SIG-208, SIG-209, SIG-210, SIG-211, SIG-213, SIG-215, USE-021, ARCH-146
TEST_F(client_test, a_withdrawn_mitigation_terminates_after_its_period) {
  put(1, wanted());
  auto answer = remove(1);
  EXPECT_EQ(answer.code, 0x42);
  EXPECT_TRUE(answer.payload.empty());
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::client_withdrawn);
  EXPECT_THAT(site->rules, SizeIs(1));
  EXPECT_EQ(remove(1).code, 0x42);
  advance(119s);
  EXPECT_THAT(site->rules, SizeIs(1));
  advance(2s);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_EQ(usage->mitigations(), 0u);
}

// SIG-209
TEST_F(client_test, withdrawing_what_never_was_is_confirmed) {
  EXPECT_EQ(remove(99).code, 0x42);
}

// A datagram with a request may be overtaken by the one that withdraws it.
TEST_F(client_test, a_request_after_its_withdrawal_is_not_granted) {
  EXPECT_EQ(remove(1).code, 0x42);
  EXPECT_EQ(put(1, wanted()).code, 0x80);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(put(2, wanted()).code, 0x41) << "another one is";
  advance(late_copy);
  EXPECT_EQ(put(3, wanted()).code, 0x41);
}

TEST_F(client_test, what_is_remembered_of_unknown_withdrawals_is_bounded) {
  for (std::uint32_t mid = 1; mid <= max_unseen_withdrawals + 1; ++mid)
    EXPECT_EQ(remove(mid).code, 0x42);
  EXPECT_EQ(put(1, wanted()).code, 0x41) << "forgotten";
  EXPECT_EQ(put(max_unseen_withdrawals + 1, wanted()).code, 0x80);
}

TEST_F(client_test, a_late_copy_of_a_request_does_not_undo_its_withdrawal) {
  put(1, wanted());
  remove(1);
  EXPECT_EQ(put(1, wanted()).code, 0x80);
  advance(125s);
  EXPECT_EQ(put(1, wanted()).code, 0x80);
  EXPECT_TRUE(site->rules.empty());
}

// SIG-094, ARCH-030
TEST_F(client_test, an_expired_request_is_removed_everywhere) {
  put(1, wanted("192.0.2.1/32", 60));
  advance(59s);
  EXPECT_THAT(site->rules, SizeIs(1));
  advance(2s);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_EQ(get(1).code, 0x84);
  EXPECT_TRUE(store->mitigations.empty());
}

// SIG-091, SIG-093, ARCH-054
TEST_F(client_test, an_endless_lifetime_is_capped_by_policy) {
  auto answer = put(1, wanted("192.0.2.1/32", -1));
  EXPECT_EQ(answer.code, 0x41);
  EXPECT_EQ(entries(answer).at(0).lifetime, 86400);
}

} // namespace

} // namespace tocsin::actors
