#include "protocol/signal/response.hpp"
#include "protocol/utf8.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

mitigation full_entry() {
  mitigation x;
  x.mid = 7;
  x.what.aliases = {"web"};
  x.lifetime = 100;
  x.trigger_mitigation = true;
  x.start = 1700000000;
  x.state = status::in_progress;
  x.dropped = counters{1, 2, 3, 4};
  return x;
}

mitigation listed(mitigation x, content_filter filter = content_filter::all) {
  return std::get<mitigation_scope>(mitigation_list({std::move(x)}, filter))
      .scope.at(0);
}

} // namespace

// SIG-367, SIG-368, SIG-365, SIG-370, SIG-373, SIG-374, SIG-375, SIG-377,
// SIG-379, SIG-116
TEST(response, has_one_code_for_each_failure) {
  struct {
    ec code;
    std::string_view shown;
  } rows[]{{ec::none, "5.00"},         {ec::truncated, "4.00"},
           {ec::malformed, "4.00"},    {ec::out_of_range, "4.00"},
           {ec::missing, "4.00"},      {ec::unknown, "4.00"},
           {ec::unsupported, "4.15"},  {ec::conflict, "4.09"},
           {ec::not_found, "4.04"},    {ec::unauthorized, "4.01"},
           {ec::too_large, "4.13"},    {ec::unavailable, "5.03"},
           {ec::timeout, "5.03"},      {ec::closed, "5.03"},
           {ec::unacceptable, "4.22"}, {ec::io, "5.00"},
           {ec::internal, "5.00"}};
  EXPECT_EQ(std::size(rows), static_cast<std::size_t>(ec::internal) + 1);
  for (const auto& row : rows)
    EXPECT_EQ(to_string(code_of(row.code)), row.shown)
        << tocsin::to_string(row.code);
  EXPECT_EQ(to_string(response_code::created), "2.01");
  EXPECT_EQ(to_string(response_code::unprocessable), "4.22");
  EXPECT_EQ(to_string(response_code::hop_limit_reached), "5.08");
}

// SIG-017, SIG-379, ARCH-069
TEST(response, explains_itself_in_one_short_line) {
  EXPECT_EQ(diagnostic({ec::missing, "lifetime", "is mandatory"}),
            "lifetime: is mandatory (missing)");
  auto text = diagnostic({ec::malformed, "a\nb", std::string(300, 'x')});
  EXPECT_EQ(text.size(), max_diagnostic);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  std::string umlauts;
  for (int i = 0; i < 150; ++i)
    umlauts += "\xC3\xA4";
  text = diagnostic({ec::malformed, "x", umlauts});
  EXPECT_LE(text.size(), max_diagnostic);
  EXPECT_GE(text.size(), max_diagnostic - 1);
  EXPECT_TRUE(is_clean_text(text));
  EXPECT_EQ(diagnostic({ec::malformed, "x", "\xFF"}), "malformed");
}

// SIG-118, SIG-093
TEST(response, grants_with_mid_and_lifetime_only) {
  mitigation x;
  x.mid = 123;
  x.lifetime = 3600;
  EXPECT_TRUE(accepted(123, 3600) == body{mitigation_scope{{x}}});
}

// SIG-140
TEST(response, tells_of_a_collision_without_status_scope_and_timer) {
  conflict_information why;
  why.cause = conflict_cause::cuid_collision;
  mitigation x;
  x.conflict = why;
  EXPECT_TRUE(cuid_collision() == body{mitigation_scope{{x}}});
}

// SIG-153
TEST(response, filters_what_a_client_asks_for) {
  auto all = listed(full_entry());
  EXPECT_EQ(all, full_entry());
  auto config = listed(full_entry(), content_filter::configuration);
  EXPECT_EQ(config.what, full_entry().what);
  EXPECT_EQ(config.trigger_mitigation, true);
  EXPECT_FALSE(config.state || config.start || config.dropped);
  auto live = listed(full_entry(), content_filter::non_configuration);
  EXPECT_EQ(live.what, target{});
  EXPECT_FALSE(live.trigger_mitigation);
  EXPECT_EQ(live.state, status::in_progress);
  EXPECT_EQ(live.dropped, full_entry().dropped);
  for (const auto& x : {config, live}) {
    EXPECT_EQ(x.mid, 7u);
    EXPECT_EQ(x.lifetime, 100);
  }
}

// SIG-313
TEST(response, never_reports_the_attack_status) {
  auto x = full_entry();
  x.attack = attack_status::under_attack;
  EXPECT_FALSE(listed(x).attack);
}

// SIG-169
TEST(response, has_no_start_for_a_mitigation_that_waits_for_signal_loss) {
  auto x = full_entry();
  x.state = status::signal_loss;
  EXPECT_FALSE(listed(x).start);
}

} // namespace tocsin::protocol::signal
