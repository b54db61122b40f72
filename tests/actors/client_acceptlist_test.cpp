// Accept-lists that are in the way of a mitigation, and filters that a client
// switches during an attack (RFC 9133, Section 4).
#include "tests/actors/filters_fixture.hpp"

namespace tocsin::actors {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class client_acceptlist : public filters_fixture {
protected:
  void attack() {
    add_filter("immediate", "friends", R"("forwarding":"accept")");
    put(7, wanted());
    observe(7);
    advance(default_status_interval + std::chrono::seconds{1});
  }

  /// So many packets in all were let through by the only accept-list.
  void let_through(std::uint64_t packets) {
    const auto& set = site->filters.begin()->second;
    tell(edge, {{set.id, set.entries[0].id, packets, packets * 100}});
  }

  /// So many in all were dropped by the mitigation.
  void drop(std::uint64_t packets) {
    const auto& [id, rule] = *site->rules.begin();
    self->send(caf::actor_cast<mitigation_actor>(site->owners.at(id)),
               atom::counters_v, id, packets, packets * 100);
    sched.run();
  }

  void look_again() { advance(default_status_interval); }

  void report(sig::attack_status what) {
    auto x = wanted();
    x.attack = what;
    auto r = request(dots_request::method::put, 7);
    r.body = body(x);
    r.if_match = true;
    EXPECT_EQ(send(r).code, static_cast<std::uint8_t>(code::changed));
  }

  bool in_conflict() {
    auto found = seen_of(7).conflict;
    return found && found->cause == sig::conflict_cause::acceptlist;
  }
};

// FILT-055, FILT-056, ARCH-035
TEST_F(client_acceptlist, that_lets_the_attack_pass_is_told_with_its_name) {
  attack();
  let_through(50'000);
  look_again();
  auto told = last_told();
  ASSERT_TRUE(told.conflict);
  EXPECT_EQ(told.conflict->cause, sig::conflict_cause::acceptlist);
  ASSERT_TRUE(told.conflict->scope);
  EXPECT_EQ(told.conflict->scope->acls, (std::vector<sig::conflict_scope::acl>{
                                            {"friends", "ipv4-acl-type"}}));
  EXPECT_EQ(told.state, sig::status::mitigated);
  EXPECT_TRUE(in_conflict());
  look_again();
  EXPECT_FALSE(in_conflict()) << "nothing came any more";
  EXPECT_FALSE(last_told().conflict);
}

// FILT-055
TEST_F(client_acceptlist, beside_a_mitigation_that_works_is_no_conflict) {
  attack();
  drop(1'000'000);
  let_through(50'000);
  look_again();
  EXPECT_FALSE(in_conflict());
  let_through(100'000); // the attack is over, and good ones come
  look_again();
  EXPECT_FALSE(in_conflict());
  drop(1'010'000);
  let_through(150'000);
  look_again();
  EXPECT_TRUE(in_conflict()) << "most of what comes passes";
}

// FILT-055: the client knows better than any counter.
TEST_F(client_acceptlist, is_one_when_the_client_says_it_is_attacked_still) {
  attack();
  drop(1'000'000);
  report(sig::attack_status::under_attack);
  let_through(50'000);
  look_again();
  EXPECT_TRUE(in_conflict());
  drop(2'000'000);
  report(sig::attack_status::successfully_mitigated);
  let_through(100'000);
  look_again();
  EXPECT_FALSE(in_conflict());
}

TEST_F(client_acceptlist, that_lets_a_trickle_pass_is_no_conflict) {
  attack();
  let_through(protocol::data::least_accepted - 1);
  look_again();
  EXPECT_FALSE(in_conflict());
}

TEST_F(client_acceptlist, to_other_targets_or_with_a_rate_is_no_conflict) {
  add_filter("immediate", "slow",
             R"("forwarding":"accept","rate-limit":"1000.00")");
  put(7, wanted());
  advance(default_status_interval);
  let_through(50'000);
  look_again();
  EXPECT_FALSE(in_conflict());
  auto away = wanted("2001:db8::1/128");
  put(8, away);
  look_again();
  EXPECT_FALSE(seen_of(8).conflict);
}

// FILT-058, FILT-059
TEST_F(client_acceptlist, is_switched_off_by_the_client_in_reaction) {
  attack();
  let_through(50'000);
  look_again();
  ASSERT_TRUE(in_conflict());
  EXPECT_EQ(put_with(8, {{"friends", activation::deactivate}}), code::changed);
  EXPECT_FALSE(in_force("friends"));
  look_again();
  EXPECT_FALSE(seen_of(8).conflict);
  EXPECT_EQ(seen_of(8).state, sig::status::mitigated);
}

// FILT-060
TEST_F(client_acceptlist, set_up_before_is_switched_on_during_the_attack) {
  add_filter("deactivate", "friends", R"("forwarding":"accept")");
  put(7, wanted());
  EXPECT_THAT(site->filters, IsEmpty());
  EXPECT_EQ(put_with(8, {{"friends", activation::immediate}}), code::changed);
  EXPECT_TRUE(in_force("friends"));
}

// FILT-061
TEST_F(client_acceptlist, and_rate_limits_help_a_mitigator_at_its_limits) {
  add_filter("deactivate", "slow",
             R"("forwarding":"accept","rate-limit":"1000.00")");
  put(7, wanted());
  const auto& id = site->rules.begin()->first;
  self->send(caf::actor_cast<mitigation_actor>(site->owners.at(id)),
             atom::report_v,
             enforcement_report{"edge", id, enforcement_report::state::failed,
                                true, "full"});
  sched.run();
  ASSERT_EQ(seen_of(7).state, sig::status::exceeded_capability);
  EXPECT_EQ(put_with(8, {{"slow", activation::immediate}}), code::changed);
  ASSERT_EQ(entries_in_force(), 1u);
  EXPECT_EQ(site->filters.begin()->second.entries[0].what,
            mitigators::filter_action::rate);
  EXPECT_EQ(seen_of(8).state, sig::status::mitigated);
  EXPECT_EQ(put_with(9, {{"slow", activation::deactivate}}), code::changed);
  EXPECT_EQ(entries_in_force(), 0u);
}

} // namespace
} // namespace tocsin::actors
