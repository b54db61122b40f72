#include "protocol/signal/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr instant t0{time_point{1h}, 1'700'000'000};

instant after(seconds delay) {
  return {t0.mono + delay, t0.wall + delay.count()};
}

/// "enforce 1": the actions of a step, and reports as their status code.
std::string text(const lifecycle_step& step) {
  struct name {
    std::string operator()(act::enforce) const { return "enforce"; }
    std::string operator()(act::withdraw_enforcement) const { return "stop"; }
    std::string operator()(act::remove) const { return "remove"; }
    std::string operator()(act::notify x) const {
      return std::to_string(static_cast<int>(x.what));
    }
  };
  std::string out = step.possible ? "" : "impossible";
  for (const auto& x : step.actions)
    out += (out.empty() ? "" : " ") + std::visit(name{}, x);
  return out;
}

using events = std::vector<lifecycle_event>;

/// A machine after some events, all at t0.
mitigation_lifecycle after_events(const events& history,
                                  lifecycle_settings settings = {}) {
  mitigation_lifecycle out{settings};
  for (const auto& x : history)
    EXPECT_TRUE(out.on(x, t0).possible);
  return out;
}

const life::accepted immediate{true, 3600};
const life::accepted preconfigured{false, 3600};
const life::enforcement_confirmed confirmed;
const life::enforcement_failed failed;
const life::capability_exceeded exceeded;
const life::attack_stopped stopped;
const life::attack_resumed resumed;
const life::client_withdraw client_withdraw;
const life::re_requested re_requested{1800};
const life::lifetime_expired expired;
const life::server_withdraw by_policy{withdrawal::policy};
const life::server_withdraw by_overlap{withdrawal::overlap};
const life::server_withdraw superseded{withdrawal::superseded};
const life::signal_lost signal_lost;
const life::status_reported reported;

struct start_state {
  const char* name;
  events history;
};

struct row {
  lifecycle_event event;
  /// Actions and next status per state, in the order of `states`.
  std::vector<const char*> expected;
};

const std::vector<start_state> states{
    {"starting", {immediate}},
    {"mitigating", {immediate, confirmed}},
    {"stopped", {immediate, confirmed, stopped}},
    {"over", {immediate, exceeded}},
    {"terminating", {immediate, confirmed, client_withdraw}},
    {"withdrawn", {preconfigured, signal_lost, by_overlap}},
    {"armed", {preconfigured}},
    {"gone", {immediate, expired}},
};

// The table of lifecycle.hpp, SIG-173, SIG-134, SIG-208, SIG-211.
TEST(lifecycle, follows_its_table) {
  const std::vector<row> table{
      {confirmed, {"2 =2", "=2", "=3", "2 =2", "=5", "=7", "=8", "=6"}},
      {failed, {"=1", "1 =1", "=3", "1 =1", "=5", "=7", "=8", "=6"}},
      {exceeded, {"4 =4", "4 =4", "=3", "=4", "=5", "=7", "=8", "=6"}},
      {stopped, {"=1", "3 =3", "=3", "3 =3", "=5", "=7", "=8", "=6"}},
      {resumed, {"=1", "=2", "2 =2", "=4", "=5", "=7", "=8", "=6"}},
      {client_withdraw,
       {"5 =5", "5 =5", "5 =5", "5 =5", "=5", "6 remove =6", "6 remove =6",
        "impossible =6"}},
      {re_requested,
       {"=1", "=2", "=3", "=4", "2 =2", "=7", "=8", "impossible =6"}},
      {expired,
       {"stop 6 remove =6", "stop 6 remove =6", "stop 6 remove =6",
        "stop 6 remove =6", "stop 6 remove =6", "6 remove =6", "6 remove =6",
        "=6"}},
      {by_policy,
       {"stop 7 remove =7", "stop 7 remove =7", "stop 7 remove =7",
        "stop 7 remove =7", "stop 7 remove =7", "7 remove =7", "7 remove =7",
        "=6"}},
      {by_overlap,
       {"stop 7 remove =7", "stop 7 remove =7", "stop 7 remove =7",
        "stop 7 remove =7", "stop 7 remove =7", "=7", "=8", "=6"}},
      {superseded,
       {"stop remove =7", "stop remove =7", "stop remove =7", "stop remove =7",
        "stop remove =7", "remove =7", "remove =7", "=6"}},
      {signal_lost, {"=1", "=2", "=3", "=4", "=5", "=7", "enforce 1 =1", "=6"}},
      {reported, {"=1", "=2", "=3", "=4", "=5", "=7", "=8", "=6"}},
      {immediate,
       {"impossible =1", "impossible =2", "impossible =3", "impossible =4",
        "impossible =5", "impossible =7", "impossible =8", "impossible =6"}},
      {life::restored{},
       {"impossible =1", "impossible =2", "impossible =3", "impossible =4",
        "impossible =5", "impossible =7", "impossible =8", "impossible =6"}},
  };
  for (const auto& [event, expected] : table) {
    ASSERT_EQ(expected.size(), states.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      auto uut = after_events(states[i].history);
      auto seen = text(uut.on(event, t0));
      seen += (seen.empty() ? "=" : " =")
              + std::to_string(static_cast<int>(uut.status()));
      EXPECT_EQ(seen, expected[i])
          << states[i].name << ", event " << event.index();
    }
  }
}

TEST(lifecycle, nothing_is_possible_before_the_request_was_accepted) {
  for (const lifecycle_event& event :
       events{confirmed, failed, exceeded, stopped, resumed, client_withdraw,
              re_requested, expired, by_policy, signal_lost, reported}) {
    mitigation_lifecycle uut;
    EXPECT_EQ(text(uut.on(event, t0)), "impossible") << event.index();
    EXPECT_EQ(text(uut.on(immediate, t0)), "enforce 1");
  }
}

// SIG-096, SIG-122
TEST(lifecycle, an_immediate_request_is_enforced_a_preconfigured_one_waits) {
  mitigation_lifecycle now, later;
  EXPECT_EQ(text(now.on(immediate, t0)), "enforce 1");
  EXPECT_TRUE(now.enforced());
  EXPECT_EQ(text(later.on(preconfigured, t0)), "8");
  EXPECT_FALSE(later.enforced());
  EXPECT_FALSE(later.immediate());
}

// SIG-168, SIG-169
TEST(lifecycle, mitigation_start_is_there_while_active_and_never_with_8) {
  auto uut = after_events({preconfigured});
  EXPECT_EQ(uut.start(), std::nullopt);
  uut.on(signal_lost, after(7s));
  EXPECT_EQ(uut.start(), t0.wall + 7);
  uut.on(confirmed, after(9s));
  EXPECT_EQ(uut.start(), t0.wall + 7);
  uut.on(by_overlap, after(10s));
  for (int i = 0; i < final_reports; ++i)
    uut.on(reported, after(11s));
  EXPECT_EQ(uut.status(), status::signal_loss);
  EXPECT_EQ(uut.start(), std::nullopt);
  EXPECT_EQ(after_events({immediate}).start(), t0.wall);
}

// SIG-094
TEST(lifecycle, a_lifetime_without_refresh_ends_the_mitigation_at_once) {
  auto uut = after_events({immediate, confirmed});
  EXPECT_EQ(uut.next_deadline(), after(3600s).mono);
  EXPECT_EQ(text(uut.on_time(after(3599s))), "");
  EXPECT_EQ(text(uut.on_time(after(3600s))), "stop 6 remove");
  EXPECT_TRUE(uut.finished());
  EXPECT_EQ(uut.next_deadline(), std::nullopt);
  EXPECT_EQ(text(uut.on_time(after(9999s))), "");
}

// SIG-094
TEST(lifecycle, an_armed_request_expires_too) {
  auto uut = after_events({preconfigured});
  EXPECT_EQ(text(uut.on_time(after(3600s))), "6 remove");
}

// SIG-093, SIG-170
TEST(lifecycle, remaining_lifetime_counts_down) {
  auto uut = after_events({immediate});
  EXPECT_EQ(uut.remaining(t0.mono), 3600);
  EXPECT_EQ(uut.remaining(after(1s).mono), 3599);
  EXPECT_EQ(uut.remaining(after(9999s).mono), 0);
  EXPECT_EQ(uut.expires(after(100s)), t0.wall + 3600);
}

// SIG-090, ARCH-054
TEST(lifecycle, an_indefinite_lifetime_has_no_deadline) {
  auto uut = after_events({life::accepted{true, -1}});
  EXPECT_EQ(uut.next_deadline(), std::nullopt);
  EXPECT_EQ(uut.remaining(after(9999s).mono), -1);
  EXPECT_EQ(uut.expires(t0), -1);
}

// SIG-095, SIG-148
TEST(lifecycle, a_refresh_sets_the_new_lifetime_and_nothing_else) {
  auto uut = after_events({immediate, confirmed});
  EXPECT_EQ(text(uut.on(life::re_requested{600}, after(3000s))), "");
  EXPECT_EQ(uut.status(), status::mitigated);
  EXPECT_EQ(uut.remaining(after(3000s).mono), 600);
  EXPECT_EQ(uut.start(), t0.wall);
  uut.on(life::re_requested{-1}, after(3001s));
  EXPECT_EQ(uut.remaining(after(3001s).mono), -1);
}

// SIG-210, SIG-211, SIG-213, SIG-215
TEST(lifecycle, a_withdrawn_mitigation_goes_on_for_120_seconds) {
  auto uut = after_events({immediate, confirmed});
  EXPECT_EQ(text(uut.on(client_withdraw, after(10s))), "5");
  EXPECT_TRUE(uut.enforced());
  EXPECT_EQ(uut.next_deadline(), after(130s).mono);
  EXPECT_EQ(uut.remaining(after(10s).mono), 120);
  EXPECT_EQ(text(uut.on_time(after(129s))), "");
  EXPECT_EQ(text(uut.on_time(after(130s))), "stop 6 remove");
  EXPECT_EQ(uut.status(), status::terminated);
}

TEST(lifecycle, a_repeated_withdrawal_does_not_prolong_the_period) {
  auto uut = after_events({immediate, confirmed, client_withdraw});
  EXPECT_EQ(text(uut.on(client_withdraw, after(100s))), "");
  EXPECT_EQ(uut.next_deadline(), after(120s).mono);
}

TEST(lifecycle, the_period_replaces_what_was_left_of_the_lifetime) {
  auto uut = after_events({life::accepted{true, 10}, client_withdraw});
  EXPECT_EQ(text(uut.on_time(after(10s))), "");
  EXPECT_EQ(text(uut.on_time(after(120s))), "stop 6 remove");
}

// SIG-214
TEST(lifecycle, the_period_doubles_with_each_re_request_up_to_300_seconds) {
  auto uut = after_events({immediate, confirmed});
  auto now = 0s;
  for (auto period : {120s, 240s, 300s, 300s, 300s}) {
    EXPECT_EQ(uut.terminating_period(), period);
    uut.on(client_withdraw, after(now));
    EXPECT_EQ(uut.next_deadline(), after(now + period).mono);
    now += 60s;
    EXPECT_EQ(text(uut.on(re_requested, after(now))), "2");
    EXPECT_EQ(uut.remaining(after(now).mono), 1800);
    EXPECT_EQ(uut.start(), t0.wall);
  }
}

// SIG-212
TEST(lifecycle, the_period_is_a_setting_and_zero_means_at_once) {
  lifecycle_settings settings;
  settings.terminating = 0s;
  auto uut = after_events({immediate, confirmed}, settings);
  EXPECT_EQ(text(uut.on(client_withdraw, t0)), "stop 6 remove");
  settings.terminating = 400s;
  EXPECT_EQ(after_events({immediate}, settings).terminating_period(), 400s);
  settings.terminating = 50s;
  EXPECT_EQ(after_events({immediate}, settings).terminating_period(), 50s);
}

TEST(lifecycle, a_re_request_before_confirmation_enforces_again) {
  auto uut = after_events({immediate, failed, client_withdraw});
  EXPECT_EQ(uut.next_deadline(), after(120s).mono);
  EXPECT_EQ(text(uut.on(re_requested, after(10s))), "enforce 1");
}

TEST(lifecycle, transient_failures_are_retried_with_growing_pauses) {
  auto uut = after_events({immediate});
  auto now = 0s;
  for (auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    uut.on(failed, after(now));
    uut.on(failed, after(now)); // a second mitigator, the same pause
    EXPECT_EQ(uut.next_deadline(), after(now + pause).mono);
    now += pause;
    EXPECT_EQ(text(uut.on_time(after(now - 1s))), "");
    EXPECT_EQ(text(uut.on_time(after(now))), "enforce");
  }
  EXPECT_EQ(text(uut.on(confirmed, after(now))), "2");
  EXPECT_EQ(text(uut.on(failed, after(now))), "1");
  EXPECT_EQ(uut.next_deadline(), after(now + 1s).mono);
}

TEST(lifecycle, a_retry_dies_with_its_mitigation) {
  auto uut = after_events({immediate, failed, by_policy});
  EXPECT_EQ(uut.next_deadline(), std::nullopt);
  EXPECT_EQ(text(uut.on_time(after(1s))), "");
}

// SIG-174, SIG-189
TEST(lifecycle, status_3_of_a_preconfigured_one_is_reported_four_times) {
  auto uut = after_events({preconfigured, signal_lost, confirmed, stopped});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(text(uut.on(reported, t0)), "");
  EXPECT_EQ(text(uut.on(reported, t0)), "stop 8");
  EXPECT_EQ(text(uut.on(signal_lost, t0)), "enforce 1");
}

// SIG-174
TEST(lifecycle, status_3_of_an_immediate_one_stays) {
  auto uut = after_events({immediate, confirmed, stopped});
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(text(uut.on(reported, t0)), "");
  EXPECT_EQ(uut.status(), status::stopped);
}

// SIG-132, SIG-175
TEST(lifecycle, a_preconfigured_one_that_makes_way_reports_7_then_8) {
  auto uut = after_events({preconfigured, signal_lost, confirmed});
  EXPECT_EQ(text(uut.on(by_overlap, t0)), "stop 7");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(text(uut.on(reported, t0)), "");
  EXPECT_EQ(text(uut.on(reported, t0)), "8");
}

TEST(lifecycle, an_interrupted_run_of_reports_begins_anew) {
  auto uut = after_events({preconfigured, signal_lost, confirmed, stopped,
                           reported, reported, reported, resumed, stopped,
                           reported, reported, reported});
  EXPECT_EQ(uut.status(), status::stopped);
  EXPECT_EQ(text(uut.on(reported, t0)), "stop 8");
}

// SIG-216, SIG-217: nothing about a recovered channel is an event here.
TEST(lifecycle, a_mitigation_begun_by_channel_loss_ends_like_any_other) {
  auto uut = after_events({preconfigured, signal_lost, confirmed});
  EXPECT_EQ(text(uut.on(client_withdraw, t0)), "5");
  uut = after_events({preconfigured, signal_lost, confirmed});
  EXPECT_EQ(text(uut.on_time(after(3600s))), "stop 6 remove");
}

lifecycle_step restore(mitigation_lifecycle& uut, bool is_immediate, status was,
                       std::int64_t lifetime = 100) {
  return uut.on(life::restored{is_immediate, was, lifetime, 42}, t0);
}

TEST(lifecycle, a_restored_one_is_enforced_again_with_its_first_start) {
  for (auto was :
       {status::in_progress, status::mitigated, status::exceeded_capability}) {
    mitigation_lifecycle uut;
    EXPECT_EQ(text(restore(uut, true, was)), "enforce 1");
    EXPECT_EQ(uut.start(), 42);
    EXPECT_EQ(uut.remaining(t0.mono), 100);
    EXPECT_EQ(text(uut.on(confirmed, t0)), "2");
  }
  mitigation_lifecycle ended;
  EXPECT_EQ(text(restore(ended, true, status::stopped)), "enforce 3");
}

TEST(lifecycle, a_restored_one_keeps_terminating) {
  mitigation_lifecycle uut, endless;
  EXPECT_EQ(text(restore(uut, true, status::client_withdrawn)), "enforce 5");
  EXPECT_EQ(text(uut.on_time(after(100s))), "stop 6 remove");
  EXPECT_EQ(text(restore(endless, true, status::client_withdrawn, -1)),
            "enforce 5");
  EXPECT_EQ(endless.next_deadline(), after(120s).mono);
}

TEST(lifecycle, a_restored_one_that_is_over_is_removed) {
  for (auto was : {status::terminated, status::withdrawn}) {
    mitigation_lifecycle uut;
    EXPECT_EQ(text(restore(uut, true, was)), "6 remove");
  }
  mitigation_lifecycle uut;
  EXPECT_EQ(text(restore(uut, true, status::mitigated, 0)), "6 remove");
}

TEST(lifecycle, a_restored_preconfigured_one_is_armed_or_goes_on) {
  for (auto was : {status::signal_loss, status::withdrawn, status::stopped}) {
    mitigation_lifecycle uut;
    EXPECT_EQ(text(restore(uut, false, was)), "8");
    EXPECT_EQ(uut.start(), std::nullopt);
  }
  mitigation_lifecycle active;
  EXPECT_EQ(text(restore(active, false, status::mitigated)), "enforce 1");
}

} // namespace
} // namespace tocsin::protocol::signal
