#include "protocol/signal/redirect.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0{1h};
const redirected_signal to_b{"b.example", {"192.0.2.2"}};

struct row {
  const char* id;
  redirect_moment moment;
  node_load load;
  std::optional<redirect_reason> reason;
  std::uint32_t max_age;
};
class redirect_rules : public testing::TestWithParam<row> {};

// SIG-273, SIG-274, SIG-275, SIG-276, ARCH-125, ARCH-126, ARCH-127, ARCH-128
TEST_P(redirect_rules, say_who_is_sent_away) {
  redirect_settings settings;
  settings.alternate = alternate_server{to_b, 1800};
  settings.max_sessions = 2;
  auto got = redirect_policy::make(settings)->decide(GetParam().moment,
                                                     GetParam().load);
  ASSERT_EQ(got.has_value(), GetParam().reason.has_value());
  if (got) {
    EXPECT_EQ(*got, (redirect{to_b, GetParam().max_age, *GetParam().reason}));
  }
}

constexpr auto session = redirect_moment::session_start;
constexpr auto fresh = redirect_moment::new_mitigation;
constexpr auto other = redirect_moment::other;

INSTANTIATE_TEST_SUITE_P(
    rows, redirect_rules,
    testing::Values(
        row{"well", fresh, {false, 2, 1, 9, 10}, {}, 0},
        row{"maintenance",
            other,
            {true, 1, 1, 0, 0},
            redirect_reason::maintenance,
            1800},
        row{"sessions",
            session,
            {false, 3, 1, 0, 0},
            redirect_reason::session_limit,
            1800},
        row{"sessions_later", other, {false, 3, 1, 0, 0}, {}, 0},
        row{"mitigators",
            fresh,
            {false, 1, 0, 0, 0},
            redirect_reason::mitigators_out,
            1800},
        row{"mitigators_refresh", other, {false, 1, 0, 0, 0}, {}, 0},
        row{"full",
            fresh,
            {false, 1, 1, 10, 10},
            redirect_reason::capacity,
            0}),
    [](const auto& x) { return x.param.id; });

TEST(redirect_policy, refuses_an_alternate_that_is_no_server) {
  redirect_settings settings;
  settings.alternate = alternate_server{{"b.example", {"192.0.2.0/24"}}, 1};
  EXPECT_FALSE(redirect_policy::make(settings));
  EXPECT_FALSE(redirect_policy{}.decide(session, {true, 1, 1, 0, 0}));
}

bool follows(const redirect_reaction& x) {
  return std::holds_alternative<follow_redirect>(x);
}

// SIG-277, SIG-278, SIG-281
TEST(redirect_follower, falls_back_at_the_end_but_not_under_attack) {
  redirect_follower x;
  ASSERT_TRUE(follows(x.on_redirect(to_b, 60, "a.example", t0)));
  EXPECT_EQ(x.current()->addresses, to_b.alt_server_records);
  EXPECT_FALSE(x.on_time(t0 + 60s - 1ns));
  x.set_under_attack(true);
  EXPECT_FALSE(x.on_time(t0 + 90s));
  x.set_under_attack(false);
  EXPECT_TRUE(x.on_time(t0 + 90s));
  EXPECT_FALSE(x.current());
}

// SIG-275, SIG-276
TEST(redirect_follower, knows_redirects_for_once_and_for_good) {
  redirect_follower x;
  auto once = x.on_redirect(to_b, 0, "a.example", t0);
  ASSERT_TRUE(follows(once));
  EXPECT_TRUE(std::get<follow_redirect>(once).once);
  EXPECT_FALSE(x.current());
  EXPECT_TRUE(follows(x.on_redirect(to_b, redirect_for_good, "a.example", t0)));
  EXPECT_TRUE(x.current());
  EXPECT_FALSE(x.next_deadline());
}

// SIG-284, SIG-285
TEST(redirect_follower, ignores_a_way_back_within_five_minutes) {
  redirect_follower x;
  EXPECT_TRUE(follows(x.on_redirect(to_b, 60, "a.example", t0)));
  auto back = x.on_redirect({"A.example.", {}}, 60, "b.example", t0 + 1s);
  ASSERT_FALSE(follows(back));
  EXPECT_EQ(std::get<ignore_redirect>(back).why, ignore_redirect::cause::loop);
  EXPECT_FALSE(std::get<ignore_redirect>(back).alert.empty());
  EXPECT_TRUE(
      follows(x.on_redirect({"a.example", {}}, 60, "b.example", t0 + 5min)));
  x.contacted("192.0.2.2", t0 + 10min);
  EXPECT_FALSE(follows(x.on_redirect(to_b, 60, "c.example", t0 + 10min)));
}

TEST(redirect_follower, ignores_what_is_no_server) {
  redirect_follower x;
  EXPECT_FALSE(follows(x.on_redirect({"", {}}, 60, "a.example", t0)));
  EXPECT_FALSE(x.current());
}

} // namespace
} // namespace tocsin::protocol::signal
