#include "storage/store.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/storage/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// The data channel's state, in every kind of store.
namespace tocsin::storage {
namespace {

using namespace protocol::data;
using test::commit;
using testing::ElementsAre;
using testing::IsEmpty;

enum class kind { memory, sqlite };

registration_record registration(std::string cuid, std::uint64_t version = 1) {
  return {std::move(cuid), "sha256:aa", "cdid",
          version,         version + 1, version + 2};
}

entry_record entry(std::string cuid, entry_kind what, std::string name,
                   std::int64_t place = 0) {
  return {std::move(cuid), what, std::move(name), R"({"name":"x"})",
          place,           9,    1'800'000'000};
}

class data_test : public testing::TestWithParam<kind> {
protected:
  data_test() {
    if (GetParam() == kind::memory) {
      uut = make_memory_store();
    } else {
      auto made = open_sqlite(path());
      EXPECT_TRUE(made) << to_string(made.error());
      uut = std::move(*made);
    }
  }

  std::string path() const { return (directory.path() / "db").string(); }

  void edit(std::vector<data_change> changes, std::string customer = "acme") {
    transaction all;
    for (auto& x : changes)
      all.push_back(edit_data{customer, std::move(x)});
    ASSERT_TRUE(commit(*uut, std::move(all)));
  }

  std::vector<data_snapshot> data() {
    auto all = uut->load();
    EXPECT_TRUE(all);
    return all ? all->data : std::vector<data_snapshot>{};
  }

  tocsin::test::temporary_directory directory;
  std::unique_ptr<store> uut;
};

// REST-043
TEST_P(data_test, gives_back_what_was_put_by_customer) {
  EXPECT_THAT(data(), IsEmpty());
  edit({put_registration{registration("a")},
        put_entry{entry("a", entry_kind::acl, "web")}});
  edit({put_registration{registration("b")}}, "umbrella");
  EXPECT_THAT(data(),
              ElementsAre(data_snapshot{"acme",
                                        {registration("a")},
                                        {entry("a", entry_kind::acl, "web")}},
                          data_snapshot{"umbrella", {registration("b")}, {}}));
}

TEST_P(data_test, replaces_by_name_and_kind) {
  edit({put_entry{entry("a", entry_kind::alias, "web")},
        put_entry{entry("a", entry_kind::acl, "web")}});
  auto changed = entry("a", entry_kind::acl, "web");
  changed.text = "{}";
  changed.version = 10;
  edit({put_entry{changed}});
  EXPECT_THAT(
      data(),
      ElementsAre(data_snapshot{
          "acme", {}, {entry("a", entry_kind::alias, "web"), changed}}));
}

// DATA-055
TEST_P(data_test, entries_come_in_the_order_of_their_places) {
  edit({put_entry{entry("a", entry_kind::acl, "second", 20)},
        put_entry{entry("a", entry_kind::acl, "third", 30)},
        put_entry{entry("a", entry_kind::acl, "first", -10)}});
  ASSERT_EQ(data().size(), 1u);
  EXPECT_THAT(data()[0].entries,
              ElementsAre(entry("a", entry_kind::acl, "first", -10),
                          entry("a", entry_kind::acl, "second", 20),
                          entry("a", entry_kind::acl, "third", 30)));
}

TEST_P(data_test, erases_one_entry) {
  edit({put_entry{entry("a", entry_kind::acl, "web")},
        put_entry{entry("a", entry_kind::alias, "web")},
        put_entry{entry("b", entry_kind::acl, "web")}});
  edit({erase_entry{"a", entry_kind::acl, "web"},
        erase_entry{"c", entry_kind::acl, "never there"}});
  EXPECT_THAT(data(),
              ElementsAre(data_snapshot{"acme",
                                        {},
                                        {entry("a", entry_kind::alias, "web"),
                                         entry("b", entry_kind::acl, "web")}}));
}

// DATA-141
TEST_P(data_test, a_client_goes_with_all_that_is_its_own) {
  edit({put_registration{registration("a")},
        put_registration{registration("b")},
        put_entry{entry("a", entry_kind::acl, "web")},
        put_entry{entry("b", entry_kind::acl, "web")}});
  edit({put_registration{registration("a")}}, "umbrella");
  edit({erase_registration{"a"}});
  EXPECT_THAT(data(),
              ElementsAre(data_snapshot{"acme",
                                        {registration("b")},
                                        {entry("b", entry_kind::acl, "web")}},
                          data_snapshot{"umbrella", {registration("a")}, {}}));
}

INSTANTIATE_TEST_SUITE_P(stores, data_test,
                         testing::Values(kind::memory, kind::sqlite),
                         [](const auto& x) {
                           return x.param == kind::memory ? "memory" : "sqlite";
                         });

// REST-043
TEST(data_file_test, survives_in_a_file) {
  tocsin::test::temporary_directory directory;
  auto path = (directory.path() / "db").string();
  std::vector<data_snapshot> want{
      {"acme",
       {registration("a")},
       {entry("a", entry_kind::acl, "quote ' and \xC3\xA9")}}};
  {
    auto first = open_sqlite(path);
    ASSERT_TRUE(first);
    ASSERT_TRUE(commit(
        **first, {edit_data{"acme", put_registration{want[0].registrations[0]}},
                  edit_data{"acme", put_entry{want[0].entries[0]}}}));
  }
  auto again = open_sqlite(path);
  ASSERT_TRUE(again);
  auto all = (*again)->load();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->data, want);
}

} // namespace
} // namespace tocsin::storage
