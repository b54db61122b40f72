#include "storage/store.hpp"

#include "storage/options.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/storage/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace tocsin::storage {
namespace {

using test::client;
using test::commit;
using test::event;
using test::mitigation;
using testing::ElementsAre;
using testing::IsEmpty;

enum class kind { memory, sqlite };

/// What every store has to do, whatever it is made of.
class store_test : public testing::TestWithParam<kind> {
protected:
  void SetUp() override { uut = make({}); }

  std::unique_ptr<store> make(const store_options& options) {
    if (GetParam() == kind::memory)
      return make_memory_store(options);
    auto path = (directory.path() / std::to_string(++opened)).string();
    auto made = open_sqlite(path, options);
    EXPECT_TRUE(made) << to_string(made.error());
    return made ? std::move(*made) : nullptr;
  }

  std::vector<mitigation_record> mitigations() {
    auto all = uut->load();
    EXPECT_TRUE(all);
    return all ? all->mitigations : std::vector<mitigation_record>{};
  }

  std::vector<client_record> clients() {
    auto all = uut->load();
    EXPECT_TRUE(all);
    return all ? all->clients : std::vector<client_record>{};
  }

  tocsin::test::temporary_directory directory;
  int opened = 0;
  std::unique_ptr<store> uut;
};

TEST_P(store_test, is_empty_at_first) {
  EXPECT_THAT(mitigations(), IsEmpty());
  EXPECT_THAT(clients(), IsEmpty());
  EXPECT_THAT(*uut->audit(10), IsEmpty());
}

TEST_P(store_test, gives_back_what_was_put) {
  ASSERT_TRUE(
      commit(*uut, {put_mitigation{mitigation(7)}, put_client{client("cuid")},
                    append_audit{event(1)}}));
  EXPECT_THAT(mitigations(), ElementsAre(mitigation(7)));
  EXPECT_THAT(clients(), ElementsAre(client("cuid")));
  EXPECT_THAT(*uut->audit(10), ElementsAre(event(1)));
}

TEST_P(store_test, keeps_the_newest_configuration_of_a_peer) {
  session_record first{"acme", "a.example", 7, {0xA1}, 100};
  session_record other{"acme", "b.example", 1, {}, 50};
  ASSERT_TRUE(commit(*uut, {put_session{first}, put_session{other}}));
  first.sid = 8;
  first.body = {};
  ASSERT_TRUE(commit(*uut, {put_session{first}}));
  auto all = uut->load();
  ASSERT_TRUE(all);
  EXPECT_THAT(all->sessions, ElementsAre(first, other));
}

TEST_P(store_test, forgets_the_configuration_of_a_peer) {
  session_record first{"acme", "a.example", 7, {0xA1}, 100};
  session_record other{"acme", "b.example", 1, {}, 50};
  ASSERT_TRUE(commit(*uut, {put_session{first}, put_session{other}}));
  ASSERT_TRUE(commit(*uut, {erase_session{"acme", "a.example"},
                            erase_session{"acme", "nobody"}}));
  auto all = uut->load();
  ASSERT_TRUE(all);
  EXPECT_THAT(all->sessions, ElementsAre(other));
}

TEST_P(store_test, keeps_extreme_values) {
  mitigation_record x;
  x.key = {"", std::string("\0\xff", 2), 0xffffffff};
  x.lifetime = -1;
  x.expires = std::numeric_limits<std::int64_t>::max();
  x.start = std::numeric_limits<std::int64_t>::min();
  x.status = 255;
  x.flags = 255;
  x.created = std::numeric_limits<std::int64_t>::max();
  client_record y{"", "", "", 0xffffffff, false, -1};
  ASSERT_TRUE(commit(*uut, {put_mitigation{x}, put_client{y}}));
  EXPECT_THAT(mitigations(), ElementsAre(x));
  EXPECT_THAT(clients(), ElementsAre(y));
  x.body.assign(100'000, 0x5a);
  ASSERT_TRUE(commit(*uut, {put_mitigation{x}}));
  EXPECT_THAT(mitigations(), ElementsAre(x));
}

TEST_P(store_test, replaces_the_record_of_a_key) {
  auto changed = mitigation(7);
  changed.status = 5;
  changed.body.clear();
  ASSERT_TRUE(commit(
      *uut, {put_mitigation{mitigation(7)}, put_client{client("cuid", 1)}}));
  ASSERT_TRUE(
      commit(*uut, {put_mitigation{changed}, put_client{client("cuid", 2)}}));
  EXPECT_THAT(mitigations(), ElementsAre(changed));
  EXPECT_THAT(clients(), ElementsAre(client("cuid", 2)));
}

TEST_P(store_test, a_key_is_customer_and_cuid_and_mid) {
  auto a = mitigation(1), b = mitigation(1), c = mitigation(1);
  b.key.customer = "umbrella";
  c.key.cuid = "other";
  ASSERT_TRUE(commit(*uut, {put_mitigation{a}, put_mitigation{b},
                            put_mitigation{c}, put_mitigation{mitigation(2)}}));
  ASSERT_TRUE(commit(*uut, {erase_mitigation{a.key}}));
  EXPECT_THAT(mitigations(), ElementsAre(c, b, mitigation(2)));
}

TEST_P(store_test, erases_and_ignores_what_is_not_there) {
  ASSERT_TRUE(commit(*uut, {put_mitigation{mitigation(1)},
                            put_mitigation{mitigation(2)},
                            put_client{client("a")}, put_client{client("b")}}));
  ASSERT_TRUE(commit(
      *uut, {erase_mitigation{mitigation(1).key}, erase_client{"acme", "a"}}));
  EXPECT_TRUE(commit(
      *uut, {erase_mitigation{mitigation(1).key}, erase_client{"acme", "a"}}));
  EXPECT_THAT(mitigations(), ElementsAre(mitigation(2)));
  EXPECT_THAT(clients(), ElementsAre(client("b")));
}

// Neither needs the other: an acknowledged request outlives its client record.
TEST_P(store_test, mitigations_and_clients_are_independent) {
  ASSERT_TRUE(commit(
      *uut, {put_mitigation{mitigation(1)}, put_client{client("cuid")}}));
  ASSERT_TRUE(commit(*uut, {erase_client{"acme", "cuid"}}));
  EXPECT_THAT(mitigations(), ElementsAre(mitigation(1)));
}

TEST_P(store_test, loads_mitigations_in_the_order_of_acceptance) {
  auto first = mitigation(9), second = mitigation(3), third = mitigation(5);
  first.created = 1;
  second.created = 2;
  third.created = 2;
  ASSERT_TRUE(commit(*uut, {put_mitigation{third}, put_mitigation{second},
                            put_mitigation{first}}));
  EXPECT_THAT(mitigations(), ElementsAre(first, second, third));
}

TEST_P(store_test, applies_a_group_in_order) {
  std::vector<transaction> group;
  for (std::uint32_t i = 0; i < 100; ++i)
    group.push_back({put_client{client("cuid", i)}, append_audit{event(1)}});
  group.push_back({put_client{client("gone")}});
  group.push_back({erase_client{"acme", "gone"}});
  group.push_back({});
  ASSERT_TRUE(uut->commit(group));
  ASSERT_TRUE(uut->commit({}));
  EXPECT_THAT(clients(), ElementsAre(client("cuid", 99)));
}

TEST_P(store_test, tells_the_newest_audit_events_first) {
  for (int i = 1; i <= 5; ++i)
    ASSERT_TRUE(commit(*uut, {append_audit{event(i)}}));
  EXPECT_THAT(*uut->audit(2), ElementsAre(event(5), event(4)));
  EXPECT_EQ(uut->audit(std::numeric_limits<std::size_t>::max())->size(), 5u);
  EXPECT_THAT(*uut->audit(0), IsEmpty());
}

TEST_P(store_test, keeps_a_bounded_audit_trail) {
  uut = make({.max_audit = 3, .max_pages = 0});
  for (int i = 1; i <= 10; ++i)
    ASSERT_TRUE(
        commit(*uut, {append_audit{event(i)}, append_audit{event(-i)}}));
  EXPECT_THAT(*uut->audit(10), ElementsAre(event(-10), event(10), event(-9)));
}

INSTANTIATE_TEST_SUITE_P(every, store_test,
                         testing::Values(kind::memory, kind::sqlite),
                         [](const auto& x) {
                           return std::string{
                               x.param == kind::memory ? "memory" : "sqlite"};
                         });

} // namespace
} // namespace tocsin::storage
