#include "mitigators/exec/backend.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mitigators::exec {

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class hook_test : public testing::Test {
protected:
  hook_outcome run(std::string_view script, hook_call call = {}) {
    return run_hooks(write(script), {call}, limits).at(0);
  }
  std::string write(std::string_view script) {
    return directory.write("hook", "#!/bin/sh\n" + std::string{script}, 0700);
  }
  test::temporary_directory directory;
  hook_limits limits;
};

} // namespace

TEST_F(hook_test, exit_status_zero_is_success) {
  EXPECT_TRUE(run("exit 0").good);
  auto bad = run("echo words; echo more >&2; exit 3");
  EXPECT_FALSE(bad.good);
  EXPECT_EQ(bad.problem, "exit status 3");
  EXPECT_EQ(bad.output, "words\nmore\n");
}

TEST_F(hook_test, a_late_hook_is_killed_with_its_children) {
  limits.timeout = 100ms;
  auto begin = std::chrono::steady_clock::now();
  auto late = run("sleep 60 & sleep 60");
  EXPECT_FALSE(late.good);
  EXPECT_THAT(late.problem, HasSubstr("100 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(hook_test, endless_output_is_cut) {
  limits.timeout = 200ms;
  EXPECT_EQ(run("yes").output.size(), limits.max_output);
}

TEST_F(hook_test, variables_and_input_reach_the_hook_and_nothing_old_does) {
  setenv("TOCSIN_STALE", "x", 1);
  auto outcome = run("cat; echo \"$TOCSIN_A|$TOCSIN_STALE\"",
                     {{"TOCSIN_A=$(id) b"}, "input\n"});
  unsetenv("TOCSIN_STALE");
  EXPECT_EQ(outcome.output, "input\n$(id) b|\n");
}

TEST_F(hook_test, a_large_input_may_stay_unread) {
  EXPECT_TRUE(run("exit 0", {{}, std::string(4'000'000, 'x')}).good);
}

TEST_F(hook_test, a_program_that_cannot_run_fails_each_call) {
  auto outcomes = run_hooks("/nonexistent/hook", {{}, {}}, limits);
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_THAT(outcomes[1].problem, HasSubstr("No such file"));
}

TEST_F(hook_test, no_more_hooks_than_allowed_run_at_a_time) {
  limits.concurrency = 3;
  auto path = write("mkdir -p run.$$; ls -d run.* | wc -l; sleep 0.02; "
                    "rmdir run.$$");
  auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  auto outcomes =
      run_hooks(path, std::vector<hook_call>(12, hook_call{}), limits);
  std::filesystem::current_path(before);
  for (const auto& x : outcomes) {
    EXPECT_TRUE(x.good) << x.problem;
    EXPECT_LE(std::atoi(x.output.c_str()), 3);
  }
}

TEST(hook_variables, tell_all_of_a_rule) {
  auto x =
      test::limited(test::make_rule("a", {"10.0.0.0/8", "2001:db8::1"}), 9);
  x.ports = {{80, 80}, {1000, 2000}};
  x.protocols = {6, 17};
  x.customer = "a\nb\x7f";
  x.cuid = "c";
  x.mid = 7;
  x.accept = {{{test::net("192.0.2.0/24"), test::net("::1")}, {{1, 2}}, {6}}};
  EXPECT_THAT(
      hook_variables("install", x),
      ElementsAre("TOCSIN_ACTION=install", "TOCSIN_KIND=rule", "TOCSIN_ID=a",
                  "TOCSIN_TREATMENT=rate_limit", "TOCSIN_RATE=9",
                  "TOCSIN_PREFIXES=10.0.0.0/8 2001:db8::1/128",
                  "TOCSIN_PORTS=80 1000-2000", "TOCSIN_PROTOCOLS=6 17",
                  "TOCSIN_ACCEPT=sources=192.0.2.0/24,::1/128 "
                  "ports=1-2 protocols=6",
                  "TOCSIN_CUSTOMER=a?b?", "TOCSIN_CUID=c", "TOCSIN_MID=7"));
}

TEST(hook_variables, tell_whose_filters_they_are) {
  auto x = test::make_filters("f", {test::make_entry("1", {"::/0"})});
  x.customer = "a\nb";
  EXPECT_THAT(hook_variables("withdraw", x),
              ElementsAre("TOCSIN_ACTION=withdraw", "TOCSIN_KIND=filters",
                          "TOCSIN_ID=f", "TOCSIN_CUSTOMER=a?b",
                          "TOCSIN_CUID=cuid"));
}

TEST(counter_lines, others_are_passed_over) {
  auto totals =
      parse_counter_lines("a 1 2\nnoise\nb 3\nc -1 x\nf/1 6 7\nd 4 5\n");
  EXPECT_THAT(totals.rules,
              ElementsAre(rule_counters{"a", 1, 2}, rule_counters{"d", 4, 5}));
  EXPECT_THAT(totals.filters, ElementsAre(entry_counters{"f", "1", 6, 7}));
}

TEST(counter_lines, a_word_on_the_attack_may_end_one) {
  auto totals =
      parse_counter_lines("a 1 2 stopped\nb 3 4 ongoing\nc 5 6 asleep\n");
  EXPECT_THAT(totals.rules,
              ElementsAre(rule_counters{"a", 1, 2, attack::stopped},
                          rule_counters{"b", 3, 4, attack::ongoing},
                          rule_counters{"c", 5, 6}));
}

TEST(state_file, remembers_what_is_in_force_and_what_is_uncertain) {
  test::temporary_directory directory;
  auto path = (directory.path() / "state").string();
  EXPECT_TRUE(read_state(path)->empty());
  auto filters = test::make_filters("f", {test::make_entry("1", {"::/0"})});
  rule_states states{{"a", {test::make_rule("a", {"::/0"}), false}},
                     {"b", {test::make_rule("b", {"::1"}), true}},
                     {"f", {filters, false}},
                     {"g", {filters, true}}};
  std::get<filter_set>(states["g"].what).id = "g";
  ASSERT_TRUE(write_state(path, states));
  EXPECT_EQ(*read_state(path), states);
  directory.write("state", "garbage\n");
  EXPECT_FALSE(read_state(path));
  EXPECT_FALSE(write_state("/nonexistent/state", states));
}

} // namespace tocsin::mitigators::exec
