#include "storage/migrations.hpp"
#include "storage/options.hpp"
#include "storage/store.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/storage/records.hpp"

#include <atomic>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<int> syncs{0};

} // namespace

// In place of the C library's, for SQLite too.
extern "C" int fdatasync(int fd) {
  ++syncs;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace tocsin::storage {
namespace {

using test::client;
using test::commit;
using test::event;
using test::mitigation;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class sqlite_test : public testing::Test {
protected:
  std::string path() const { return (directory.path() / "state.db").string(); }

  std::unique_ptr<store> open(const store_options& options = {}) {
    auto made = open_sqlite(path(), options);
    EXPECT_TRUE(made) << to_string(made.error());
    return made ? std::move(*made) : nullptr;
  }

  /// Why it cannot be opened.
  std::string refusal() {
    auto made = open_sqlite(path());
    if (made)
      return "it was opened";
    EXPECT_EQ(made.error().code, ec::io);
    EXPECT_THAT(made.error().where, HasSubstr("state.db"));
    return made.error().detail;
  }

  void execute(const std::string& sql) {
    SQLite::Database db{path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    db.exec(sql);
  }

  int number(const std::string& query) {
    SQLite::Database db{path(), SQLite::OPEN_READONLY};
    return db.execAndGet(query).getInt();
  }

  tocsin::test::temporary_directory directory;
};

mode_t mode_of(const std::string& file) {
  struct stat about = {};
  EXPECT_EQ(::stat(file.c_str(), &about), 0) << file;
  return about.st_mode & 0777;
}

TEST_F(sqlite_test, everything_is_there_after_reopening) {
  {
    auto uut = open();
    ASSERT_TRUE(
        commit(*uut, {put_mitigation{mitigation(1)}, put_client{client("cuid")},
                      append_audit{event(1)}}));
  }
  auto uut = open();
  EXPECT_THAT(uut->load()->mitigations, ElementsAre(mitigation(1)));
  EXPECT_THAT(uut->load()->clients, ElementsAre(client("cuid")));
  EXPECT_THAT(*uut->audit(9), ElementsAre(event(1)));
}

TEST_F(sqlite_test, a_group_of_transactions_is_one_sync_of_the_log) {
  auto uut = open();
  ASSERT_TRUE(commit(*uut, {put_mitigation{mitigation(1)}}));
  std::vector<transaction> group;
  for (std::uint32_t i = 0; i < 50; ++i)
    group.push_back({put_mitigation{mitigation(i)}, append_audit{event(1)}});
  syncs = 0;
  ASSERT_TRUE(uut->commit(group));
  EXPECT_EQ(syncs, 1);
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(commit(*uut, {put_mitigation{mitigation(1)}}));
  EXPECT_EQ(syncs, 11);
}

// ARCH-205, ARCH-222
TEST_F(sqlite_test, files_are_for_their_owner_only) {
  auto old = ::umask(0);
  {
    auto uut = open();
    ASSERT_TRUE(commit(*uut, {put_client{client("cuid")}}));
    for (auto* suffix : {"", "-wal", "-shm"})
      EXPECT_EQ(mode_of(path() + suffix), 0600u) << suffix;
  }
  ::umask(old);
  // One that an operator restored with wider rights is narrowed.
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  directory.write("state.db-wal", "", 0644);
  auto uut = open();
  EXPECT_EQ(mode_of(path()), 0600u);
  EXPECT_EQ(mode_of(path() + "-wal"), 0600u);
}

TEST_F(sqlite_test, uses_a_write_ahead_log) {
  open();
  SQLite::Database db{path(), SQLite::OPEN_READONLY};
  EXPECT_EQ(db.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST_F(sqlite_test, migrations_are_numbered_without_gaps_and_recorded) {
  int expected = 0;
  for (const auto& x : migrations())
    EXPECT_EQ(x.version, ++expected) << x.name;
  open();
  EXPECT_EQ(number("PRAGMA user_version"), expected);
  open(); // runs none of them again
  EXPECT_EQ(number("PRAGMA user_version"), expected);
}

TEST_F(sqlite_test, a_database_of_a_newer_version_is_refused_and_unchanged) {
  open();
  execute("PRAGMA user_version = 4711");
  auto why = refusal();
  EXPECT_THAT(why, HasSubstr("newer tocsin"));
  EXPECT_THAT(why, HasSubstr("4711"));
  EXPECT_EQ(number("PRAGMA user_version"), 4711);
}

TEST_F(sqlite_test, the_database_of_another_program_is_refused_and_unchanged) {
  execute("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_THAT(refusal(), HasSubstr("another program"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_EQ(number("PRAGMA user_version"), 0);
}

TEST_F(sqlite_test, a_file_that_is_no_database_is_refused_and_unchanged) {
  std::string text(5000, 'x');
  directory.write("state.db", text);
  EXPECT_THAT(refusal(), HasSubstr("is damaged"));
  std::ifstream file{path()};
  std::string now{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(now, text);
}

TEST_F(sqlite_test, a_damaged_database_is_refused) {
  {
    auto uut = open();
    std::vector<transaction> group;
    for (std::uint32_t i = 0; i < 2000; ++i)
      group.push_back({put_mitigation{mitigation(i)}, append_audit{event(1)}});
    ASSERT_TRUE(uut->commit(group));
  }
  {
    std::fstream file{path(), std::ios::in | std::ios::out | std::ios::binary};
    for (int page = 1; page < 20; ++page) {
      file.seekp(page * 4096);
      file << std::string(200, '\xee');
    }
  }
  EXPECT_THAT(refusal(), HasSubstr("is damaged"));
}

TEST_F(sqlite_test, a_truncated_database_is_refused) {
  {
    auto uut = open();
    std::vector<transaction> group;
    for (std::uint32_t i = 0; i < 2000; ++i)
      group.push_back({put_mitigation{mitigation(i)}});
    ASSERT_TRUE(uut->commit(group));
  }
  ASSERT_EQ(::truncate(path().c_str(), 5 * 4096), 0);
  EXPECT_THAT(refusal(), HasSubstr("is damaged"));
}

TEST_F(sqlite_test, a_path_that_cannot_be_used_is_refused_with_advice) {
  auto refused = [](const std::string& path) {
    auto made = open_sqlite(path);
    return made ? "opened" : made.error().detail;
  };
  EXPECT_THAT(refused((directory.path() / "no" / "state.db").string()),
              HasSubstr("directory must exist"));
  EXPECT_THAT(refused(directory.path().string()),
              HasSubstr("cannot be opened"));
  EXPECT_THAT(refused(""), HasSubstr("no path"));
  ASSERT_EQ(::symlink("/dev/null", path().c_str()), 0);
  EXPECT_THAT(refused(path()), HasSubstr("not be a link"));
}

// Disk full: the database may not grow any more.
TEST_F(sqlite_test, a_commit_that_fails_applies_nothing) {
  auto uut = open({.max_audit = 100, .max_pages = 20});
  ASSERT_TRUE(commit(
      *uut, {put_mitigation{mitigation(1)}, put_client{client("cuid", 1)}}));
  std::vector<transaction> group;
  group.push_back({put_client{client("cuid", 2)}});
  group.push_back({erase_mitigation{mitigation(1).key}});
  auto large = mitigation(2);
  large.body.assign(200'000, 1);
  group.push_back({append_audit{event(1)}, put_mitigation{large}});
  auto outcome = uut->commit(group);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ec::io);
  EXPECT_THAT(outcome.error().detail, HasSubstr("no space left"));
  auto check = [&] {
    EXPECT_THAT(uut->load()->mitigations, ElementsAre(mitigation(1)));
    EXPECT_THAT(uut->load()->clients, ElementsAre(client("cuid", 1)));
    EXPECT_THAT(*uut->audit(9), IsEmpty());
  };
  check();
  uut.reset();
  uut = open();
  check();
  // Space was made: it works again.
  EXPECT_TRUE(uut->commit(group));
}

TEST_F(sqlite_test, goes_on_after_a_failed_commit) {
  auto uut = open({.max_audit = 100, .max_pages = 20});
  auto large = mitigation(2);
  large.body.assign(200'000, 1);
  ASSERT_FALSE(commit(*uut, {put_mitigation{large}}));
  ASSERT_TRUE(commit(*uut, {put_mitigation{mitigation(3)}}));
  EXPECT_THAT(uut->load()->mitigations, ElementsAre(mitigation(3)));
}

TEST_F(sqlite_test, the_file_does_not_grow_with_the_number_of_commits) {
  auto uut = open({.max_audit = 50, .max_pages = 40});
  for (int i = 0; i < 3000; i += 100) {
    std::vector<transaction> group;
    for (int j = i; j < i + 100; ++j)
      group.push_back(
          {put_mitigation{mitigation(static_cast<std::uint32_t>(j))},
           append_audit{event(j)}});
    ASSERT_TRUE(uut->commit(group));
    group.clear();
    for (int j = i; j < i + 100; ++j)
      group.push_back(
          {erase_mitigation{mitigation(static_cast<std::uint32_t>(j)).key}});
    ASSERT_TRUE(uut->commit(group));
  }
}

} // namespace
} // namespace tocsin::storage
