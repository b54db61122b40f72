#include "storage/worker.hpp"

#include "tests/unit/storage/records.hpp"

#include <condition_variable>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

namespace tocsin::storage {
namespace {

using test::event;
using testing::ElementsAre;

/// What the test and the fake store share; outlives the worker.
struct script {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;                ///< commits wait until it is
  int entered = 0;                 ///< commits begun
  std::vector<std::size_t> groups; ///< their sizes
  std::vector<int> applied;
  ec failure_code = ec::none; ///< of a group with a negative number

  void set_open(bool value) {
    std::lock_guard lock{mutex};
    open = value;
    changed.notify_all();
  }
  void wait_entered(int n) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return entered >= n; });
  }
};

/// Transactions are audit events with a number in `when`.
class fake_store : public store {
public:
  explicit fake_store(script& s) : script_{s} {}

  result<void> commit(std::span<const transaction> group) override {
    std::unique_lock lock{script_.mutex};
    ++script_.entered;
    script_.groups.push_back(group.size());
    script_.changed.notify_all();
    script_.changed.wait(lock, [&] { return script_.open; });
    std::vector<int> numbers;
    for (const auto& x : group) {
      auto n = std::get<append_audit>(x.at(0)).event.when;
      if (n < 0)
        return fail(script_.failure_code, "fake");
      numbers.push_back(static_cast<int>(n));
    }
    script_.applied.insert(script_.applied.end(), numbers.begin(),
                           numbers.end());
    return {};
  }

  result<snapshot> load() override { return snapshot{}; }

  result<std::vector<audit_event>> audit(std::size_t) override {
    std::vector<audit_event> out;
    for (auto n : script_.applied)
      out.push_back(event(n));
    return out;
  }

private:
  script& script_;
};

class worker_test : public testing::Test {
protected:
  std::unique_ptr<worker> make(worker::limits bounds = {}) {
    return std::make_unique<worker>(std::make_unique<fake_store>(plan), bounds);
  }

  void submit(worker& uut, int n) {
    uut.submit({append_audit{event(n)}}, [this, n](const result<void>& x) {
      answers.emplace_back(n, x ? ec::none : x.error().code);
    });
  }

  script plan;
  std::vector<std::pair<int, ec>> answers; ///< written by one thread
};

TEST_F(worker_test, answers_in_order_when_durable) {
  auto uut = make();
  for (int i = 0; i < 1000; ++i)
    submit(*uut, i);
  uut.reset();
  ASSERT_EQ(answers.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(answers[i], std::pair(i, ec::none));
    EXPECT_EQ(plan.applied[i], i);
  }
}

TEST_F(worker_test, what_arrives_during_a_commit_shares_the_next_one) {
  auto uut = make();
  plan.set_open(false);
  submit(*uut, 0);
  plan.wait_entered(1);
  for (int i = 1; i <= 100; ++i)
    submit(*uut, i);
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.groups, ElementsAre(1, 100));
}

TEST_F(worker_test, a_group_has_a_limit) {
  auto uut = make({.max_group = 40, .max_queue = 1000});
  plan.set_open(false);
  submit(*uut, 0);
  plan.wait_entered(1);
  for (int i = 1; i <= 100; ++i)
    submit(*uut, i);
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.groups, ElementsAre(1, 40, 40, 20));
}

TEST_F(worker_test, a_full_queue_refuses_at_once_and_does_not_block) {
  auto uut = make({.max_group = 10, .max_queue = 3});
  plan.set_open(false);
  submit(*uut, 0);
  plan.wait_entered(1);
  for (int i = 1; i <= 3; ++i)
    submit(*uut, i);
  auto refused = ec::none;
  uut->submit({append_audit{event(4)}}, [&](const result<void>& x) {
    refused = x ? ec::none : x.error().code;
  });
  EXPECT_EQ(refused, ec::unavailable); // already, on this thread
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.applied, ElementsAre(0, 1, 2, 3));
}

TEST_F(worker_test, bad_data_fails_alone) {
  plan.failure_code = ec::malformed;
  auto uut = make();
  plan.set_open(false);
  submit(*uut, 0);
  plan.wait_entered(1);
  for (auto n : {1, -2, 3})
    submit(*uut, n);
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.applied, ElementsAre(0, 1, 3));
  EXPECT_THAT(answers,
              ElementsAre(std::pair(0, ec::none), std::pair(1, ec::none),
                          std::pair(-2, ec::malformed),
                          std::pair(3, ec::none)));
}

TEST_F(worker_test, a_bad_disk_fails_the_group_once) {
  plan.failure_code = ec::io;
  auto uut = make();
  plan.set_open(false);
  submit(*uut, 0);
  plan.wait_entered(1);
  for (auto n : {1, -2, 3})
    submit(*uut, n);
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.groups, ElementsAre(1, 3));
  EXPECT_THAT(answers,
              ElementsAre(std::pair(0, ec::none), std::pair(1, ec::io),
                          std::pair(-2, ec::io), std::pair(3, ec::io)));
}

TEST_F(worker_test, a_query_sees_what_was_submitted_before_it) {
  auto uut = make();
  plan.set_open(false);
  std::size_t early = 99, late = 99;
  submit(*uut, 0);
  submit(*uut, 1);
  uut->query([&](store& x) { early = x.audit(9)->size(); });
  submit(*uut, 2);
  uut->query([&](store& x) { late = x.audit(9)->size(); });
  plan.set_open(true);
  uut.reset();
  EXPECT_EQ(early, 2u);
  EXPECT_EQ(late, 3u);
}

TEST_F(worker_test, runs_callbacks_and_queries_on_one_thread_of_its_own) {
  std::thread::id of_answer, of_query;
  auto uut = make();
  uut->submit({append_audit{event(1)}}, [&](const result<void>&) {
    of_answer = std::this_thread::get_id();
  });
  uut->query([&](store&) { of_query = std::this_thread::get_id(); });
  uut.reset();
  EXPECT_EQ(of_answer, of_query);
  EXPECT_NE(of_answer, std::this_thread::get_id());
}

TEST_F(worker_test, an_answer_may_submit_more_even_during_the_end) {
  auto uut = make();
  auto* raw = uut.get();
  plan.set_open(false);
  raw->submit({append_audit{event(1)}},
              [&, raw](const result<void>&) { submit(*raw, 2); });
  plan.set_open(true);
  uut.reset();
  EXPECT_THAT(plan.applied, ElementsAre(1, 2));
}

TEST_F(worker_test, needs_no_callback_and_ends_when_idle) {
  make();
  auto uut = make({.max_group = 0, .max_queue = 1});
  uut->submit({append_audit{event(1)}}, nullptr);
  uut.reset();
  EXPECT_THAT(plan.applied, ElementsAre(1));
}

TEST_F(worker_test, takes_work_from_many_threads) {
  auto uut = make();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        uut->submit({append_audit{event(i)}}, [&](const result<void>& x) {
          good += static_cast<bool>(x);
        });
    });
  for (auto& x : threads)
    x.join();
  uut.reset();
  EXPECT_EQ(good, 2000);
  EXPECT_EQ(plan.applied.size(), 2000u);
}

} // namespace
} // namespace tocsin::storage
