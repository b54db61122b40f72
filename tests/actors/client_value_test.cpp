// MITIGATIONs that are taken by some mitigators and not by others, because of
// what their targets are worth (RFC 8903, Section 3.3).
#include "actors/mitigation.hpp"
#include "tests/actors/single_client_fixture.hpp"

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using progress = enforcement_report::state;

/// "blackhole" for what is cheap, "scrub" for what is not, "transit" to help
/// with the latter. What www.example.com stands for is an asset.
class client_value_test : public single_client_fixture {
protected:
  client_value_test() { begin(false); }

  void begin(bool approval) {
    auto who = *customer;
    who.approval = approval;
    who.value = 10;
    who.assets = {{{prefix_of("192.0.2.80/32")}, 90}};
    customer = std::make_shared<const sig::customer>(who);
    auto setup = std::make_shared<client_setup>();
    setup->who = customer;
    setup->cuid = "cuid-1";
    setup->usage = usage = std::make_shared<account>(customer->limits);
    setup->keeper = spawn(test::fake_keeper, store);
    setup->registry = spawn(registry, sig::conflict_rules{});
    setup->resolver = spawn(test::fake_resolver, names);
    scrub = spawn(test::fake_mitigator, sites[1]);
    setup->mitigators.entries = {
        entry_of("blackhole", spawn(test::fake_mitigator, sites[0]), {0, 49}),
        entry_of("scrub", scrub, {50, 100}),
        entry_of("transit", spawn(test::fake_mitigator, sites[2]), {50, 100},
                 sig::escalation_settings{.when_overloaded = true})};
    setup->clock = clock();
    uut = spawn(client, setup);
  }

  static mitigator_table::entry
  entry_of(const char* name, const mitigator_actor& handle,
           sig::value_bounds takes,
           std::optional<sig::escalation_settings> when = {}) {
    return {name,  caf::actor_cast<caf::actor>(handle),
            1,     std::move(when),
            false, takes};
  }

  enforcement_view at(const std::string& mitigator) {
    auto x = ask<mitigation_view>(uut, atom::status_v, std::uint32_t{7});
    EXPECT_TRUE(x);
    if (x)
      for (const auto& y : x->enforcement)
        if (y.mitigator == mitigator)
          return y;
    return {};
  }

  std::vector<std::shared_ptr<test::fake_site>> sites{
      std::make_shared<test::fake_site>(), std::make_shared<test::fake_site>(),
      std::make_shared<test::fake_site>()};
  mitigator_actor scrub;
};

} // namespace

// USE-054, USE-056
TEST_F(client_value_test, a_target_goes_to_those_who_take_what_it_is_worth) {
  put(7, wanted("192.0.2.1/32"));
  EXPECT_THAT(sites[0]->journal, SizeIs(1));
  EXPECT_THAT(sites[1]->journal, IsEmpty());
  EXPECT_NE(at("blackhole").state, "resting");
  EXPECT_EQ(at("scrub").state, "resting");
  EXPECT_THAT(at("scrub").detail, HasSubstr("for targets of other value"));
}

TEST_F(client_value_test, a_valuable_one_goes_to_the_others) {
  put(7, wanted("192.0.2.80/32"));
  EXPECT_THAT(sites[0]->journal, IsEmpty());
  EXPECT_THAT(sites[1]->journal, SizeIs(1));
  EXPECT_NE(at("scrub").state, "resting");
}

TEST_F(client_value_test, a_target_that_holds_an_asset_is_worth_as_much) {
  put(7, wanted("192.0.2.0/24"));
  EXPECT_THAT(sites[0]->journal, IsEmpty());
  EXPECT_NE(at("scrub").state, "resting");
}

TEST_F(client_value_test, help_is_called_for_what_it_takes_alone) {
  put(7, wanted("192.0.2.80/32"));
  auto owner =
      caf::actor_cast<mitigation_actor>(sites[1]->owners.begin()->second);
  auto rule = sites[1]->owners.begin()->first;
  caf::send_as(
      scrub, owner, atom::report_v,
      enforcement_report{"scrub", rule, progress::failed, true, "", false});
  sched.run();
  EXPECT_THAT(sites[2]->journal, SizeIs(1));
  EXPECT_THAT(sites[0]->journal, IsEmpty());
}

TEST_F(client_value_test, another_address_of_a_name_may_be_worth_more) {
  (*names)["www.example.com"] = {prefix_of("192.0.2.1/32")};
  sig::mitigation x;
  x.what.fqdns = {"www.example.com"};
  x.lifetime = 3600;
  put(7, x);
  EXPECT_NE(at("blackhole").state, "resting");
  (*names)["www.example.com"] = {prefix_of("192.0.2.80/32")};
  advance(name_refresh + 1s);
  EXPECT_EQ(at("blackhole").state, "resting");
  EXPECT_THAT(sites[0]->journal, SizeIs(2)) << "installed, and withdrawn";
  EXPECT_THAT(sites[0]->journal.back(), HasSubstr("withdraw"));
  EXPECT_NE(at("scrub").state, "resting");
}

TEST_F(client_value_test, an_administrator_may_choose_anybody) {
  begin(true);
  put(7, wanted("192.0.2.1/32"));
  operator_order order{operator_order::kind::approve, {"scrub"}, "operator"};
  EXPECT_TRUE(
      ask<mitigation_view>(uut, atom::decide_v, std::uint32_t{7}, order));
  EXPECT_NE(at("scrub").state, "resting");
}

} // namespace tocsin::actors
