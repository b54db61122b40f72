#include "actors/keeper.hpp"

#include <caf/all.hpp>
#include <gtest/gtest.h>

namespace tocsin::actors {

namespace {

using namespace std::chrono_literals;

/// With CAF's own scheduler: the writer's thread sends to the KEEPER, which
/// the scheduler for tests is not made for.
class keeper_test : public ::testing::Test {
protected:
  struct failing_store : storage::store {
    result<void> commit(std::span<const storage::transaction>) override {
      return fail(ec::io, "store", "the disk is full");
    }
    result<storage::snapshot> load() override {
      return fail(ec::io, "store", "cannot be read");
    }
    result<std::vector<storage::audit_event>> audit(std::size_t) override {
      return fail(ec::io, "store", "cannot be read");
    }
  };

  ~keeper_test() override { self->send_exit(uut, caf::exit_reason::kill); }

  void start(std::unique_ptr<storage::store> store) {
    uut = sys.spawn(keeper, std::make_shared<std::unique_ptr<storage::store>>(
                                std::move(store)));
  }

  template <class T, class... Ts>
  result<T> ask(const Ts&... xs) {
    result<T> answer = fail(ec::timeout, "test", "no answer");
    self->request(uut, 30s, xs...)
        .receive([&](T& x) { answer = std::move(x); },
                 [&](const caf::error& why) { answer = to_failure(why); });
    return answer;
  }

  static storage::transaction client(const std::string& cuid) {
    storage::put_client x;
    x.record.customer = "acme";
    x.record.cuid = cuid;
    return {x};
  }

  system_config cfg;
  caf::actor_system sys{cfg};
  caf::scoped_actor self{sys};
  keeper_actor uut;
};

TEST_F(keeper_test, what_is_acknowledged_can_be_loaded) {
  start(storage::make_memory_store());
  for (auto cuid : {"a", "b", "c"}) {
    auto kept = ask<ack>(atom::commit_v, client(cuid));
    EXPECT_TRUE(kept) << to_string(kept.error());
  }
  auto all = ask<storage::snapshot>(atom::load_v);
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_EQ(all->clients.size(), 3u);
}

TEST_F(keeper_test, events_are_read_after_what_was_asked_before) {
  start(storage::make_memory_store());
  storage::append_audit x;
  x.event.action = "mitigate";
  self->send(uut, atom::commit_v, storage::transaction{x});
  auto events =
      ask<std::vector<storage::audit_event>>(atom::audit_v, std::uint64_t{10});
  ASSERT_TRUE(events) << to_string(events.error());
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ((*events)[0].action, "mitigate");
}

TEST_F(keeper_test, a_failing_disk_is_told) {
  start(std::make_unique<failing_store>());
  EXPECT_EQ(ask<ack>(atom::commit_v, client("a")).error().code, ec::io);
  EXPECT_EQ(ask<storage::snapshot>(atom::load_v).error().code, ec::io);
  using events = std::vector<storage::audit_event>;
  EXPECT_EQ(ask<events>(atom::audit_v, std::uint64_t{10}).error().code, ec::io);
}

} // namespace

} // namespace tocsin::actors
