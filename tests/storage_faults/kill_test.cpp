#include "storage/options.hpp"
#include "storage/worker.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tocsin::storage {
namespace {

using namespace std::chrono_literals;

/// How many transactions the child keeps under way: groups form.
constexpr std::uint32_t outstanding = 16;

/// Transaction `n`: three records which must share their fate, and the end of
/// an older one, so that pages are freed and used again.
transaction numbered(std::uint32_t n) {
  mitigation_record x;
  x.key = {"acme", "cuid", n};
  x.body.assign(50 + n % 700, static_cast<std::uint8_t>(n));
  x.created = n;
  client_record y{"acme", "cuid-" + std::to_string(n), "", n, true, 0};
  audit_event z{n, "acme", "mitigate", std::to_string(n), "2.01"};
  client_record last{"acme", "last", "", n, true, 0};
  transaction out{put_mitigation{x}, put_client{y}, put_client{last},
                  append_audit{z}};
  if (n % 3 == 0 && n > 300)
    out.push_back(erase_client{"acme", "cuid-" + std::to_string(n - 300)});
  return out;
}

/// The victim: commits 1, 2, 3 … and writes each number to the pipe as soon as
/// it is acknowledged, until it is killed.
[[noreturn]] void commit_for_ever(const std::string& path, int report) {
  auto opened = open_sqlite(path);
  if (!opened)
    ::_exit(3);
  worker writer{std::move(*opened)};
  std::uint32_t next = 1;
  std::function<void()> submit = [&] {
    auto n = next++;
    writer.submit(numbered(n), [&, n](const result<void>& done) {
      if (!done || ::write(report, &n, sizeof n) != sizeof n)
        ::_exit(4);
      submit();
    });
  };
  // On the writer's thread, as all later calls: `next` has one user.
  writer.query([&](store&) {
    for (std::uint32_t i = 0; i < outstanding; ++i)
      submit();
  });
  for (;;)
    ::pause();
}

/// Runs the victim for `life` and gives the numbers it acknowledged.
std::vector<std::uint32_t> acknowledged(const std::string& path,
                                        std::chrono::microseconds life) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(path, ends[1]);
  }
  ::close(ends[1]);
  std::vector<std::uint32_t> out;
  auto read_one = [&] {
    std::uint32_t n = 0;
    if (::read(ends[0], &n, sizeof n) != sizeof n)
      return false;
    out.push_back(n);
    return true;
  };
  // The clock starts late in some rounds, so that kills hit the opening of the
  // database and steady work alike.
  if (life > 2ms)
    read_one();
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  while (read_one()) {
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  return out;
}

/// Every transaction is there as a whole, from the first to some number that is
/// not below the last acknowledged one.
void check(const std::string& path, std::uint32_t last_acknowledged) {
  auto opened = open_sqlite(path);
  ASSERT_TRUE(opened) << to_string(opened.error());
  auto all = (*opened)->load();
  ASSERT_TRUE(all) << to_string(all.error());
  auto found = static_cast<std::uint32_t>(all->mitigations.size());
  EXPECT_GE(found, last_acknowledged);
  for (std::uint32_t i = 0; i < found; ++i)
    ASSERT_EQ(all->mitigations[i],
              std::get<put_mitigation>(numbered(i + 1)[0]).record);
  std::set<std::string> clients;
  for (const auto& x : all->clients) {
    clients.insert(x.cuid);
    if (x.cuid == "last") {
      EXPECT_EQ(x.last_mid, found);
    }
  }
  for (std::uint32_t n = 1; n <= found; ++n) {
    bool erased = (n + 300) % 3 == 0 && n + 300 <= found;
    EXPECT_EQ(clients.contains("cuid-" + std::to_string(n)), !erased) << n;
  }
  auto trail = (*opened)->audit(1'000'000);
  ASSERT_TRUE(trail);
  EXPECT_EQ(trail->size(), found);
}

TEST(kill_9, loses_no_acknowledged_transaction) {
  constexpr int rounds = 32;
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  std::size_t total = 0;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    tocsin::test::temporary_directory directory;
    auto path = (directory.path() / "state.db").string();
    // A few rounds die while the database is being made.
    auto most = round % 8 == 0 ? 2000u : 80'000u;
    std::chrono::microseconds life{random() % most};
    auto seen = acknowledged(path, life);
    for (std::size_t i = 0; i < seen.size(); ++i)
      ASSERT_EQ(seen[i], i + 1); // answers keep their order
    total += seen.size();
    check(path, static_cast<std::uint32_t>(seen.size()));
  }
  EXPECT_GT(total, std::size_t{rounds}) << "the victims did nothing";
}

} // namespace
} // namespace tocsin::storage
