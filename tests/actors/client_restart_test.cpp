#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

class client_restart_test : public single_client_fixture {};

TEST_F(client_restart_test, after_a_restart_everything_acknowledged_is_back) {
  put(1, wanted("192.0.2.1/32", 1000));
  put(2, wanted("192.0.2.2/32", 1000));
  remove(2);
  auto stored = store->all();
  // The node comes back 400 s later.
  site = std::make_shared<test::fake_site>();
  advance(400s);
  auto setup_clock = clock();
  start();
  (void)setup_clock;
  for (auto& record : stored.mitigations)
    record.expires -= 400; // as the wall clock has gone on
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_THAT(site->rules, SizeIs(1));
  auto found = entries(get());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].mid, 1u);
  EXPECT_EQ(found[0].lifetime, 600);
  EXPECT_EQ(put(2, wanted("192.0.2.2/32")).code, 0x80) << "stays withdrawn";
}

TEST_F(client_restart_test, after_a_restart_names_are_resolved_at_once) {
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  put(1, x);
  auto stored = store->all();
  site = std::make_shared<test::fake_site>();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  advance(1s);
  EXPECT_THAT(site->rules, SizeIs(1));
}

TEST_F(client_restart_test, after_a_restart_nothing_unauthorised_is_enforced) {
  put(1, wanted());
  auto stored = store->all();
  auto changed = *customer;
  changed.prefixes = {prefix_of("203.0.113.0/24")};
  customer = std::make_shared<const sig::customer>(changed);
  site = std::make_shared<test::fake_site>();
  start();
  ASSERT_TRUE(ask<ack>(uut, atom::restore_v, stored));
  EXPECT_TRUE(site->journal.empty());
  EXPECT_TRUE(store->mitigations.empty());
  EXPECT_EQ(store->audit.back().action, "drop");
}

TEST_F(client_restart_test, a_failing_mitigator_leaves_the_status_true) {
  site->works = false;
  put(1, wanted());
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::in_progress);
  site->works = true;
  advance(5s);
  EXPECT_EQ(entries(get(1)).at(0).state, sig::status::mitigated)
      << "enforcement is tried again";
}

TEST_F(client_restart_test, the_operator_can_end_a_mitigation_at_once) {
  put(1, wanted());
  auto view = ask<mitigation_view>(uut, atom::revoke_v, std::uint32_t{1},
                                   std::string{"by hand"});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->status, sig::status::withdrawn);
  EXPECT_TRUE(site->rules.empty());
  EXPECT_TRUE(store->mitigations.empty());
}

} // namespace

} // namespace tocsin::actors
