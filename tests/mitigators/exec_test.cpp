// What is this driver's own: failures, counters and restarts of hooks.
#include "tests/mitigators/driver.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include <sys/wait.h>

namespace tocsin::test {

namespace {

using namespace mitigators;
using testing::HasSubstr;

class exec_driver : public testing::Test {
protected:
  std::string hook(std::string_view body) {
    return directory.write("hook", "#!/bin/sh\n" + std::string{body}, 0700);
  }
  std::string calls() {
    std::ifstream file{directory.path() / "calls"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  std::string state() { return directory.path() / "state"; }

  temporary_directory directory;
};

constexpr auto recording = R"(cd "${0%/*}"
echo "$TOCSIN_ACTION $TOCSIN_ID $TOCSIN_PREFIXES" >> calls
test "$TOCSIN_ID" != bad || { echo "no route"; exit 4; }
)";

} // namespace

TEST_F(exec_driver, a_failing_hook_fails_its_rule_only) {
  driver uut{{TOCSIN_DRIVER, "--hook", hook(recording)}};
  uut.start();
  auto answer =
      uut.install({make_rule("bad", {"::1"}), make_rule("good", {"::2"})});
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].id, "bad");
  EXPECT_THAT(answer.failures[0].message, HasSubstr("exit status 4: no route"));
}

TEST_F(exec_driver, a_slow_hook_is_killed) {
  driver uut{{TOCSIN_DRIVER, "--hook", hook("sleep 60"), "--timeout", "100"}};
  uut.start();
  auto answer = uut.install({make_rule("a", {"::1"})});
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_THAT(answer.failures[0].message, HasSubstr("not done within 100 ms"));
}

TEST_F(exec_driver, after_a_restart_only_the_needed_hooks_run) {
  std::vector<std::string> argv{TOCSIN_DRIVER, "--hook", hook(recording),
                                "--state", state()};
  auto a = make_rule("a", {"192.0.2.0/24"}), b = make_rule("b", {"::1"});
  {
    driver uut{argv};
    uut.start({a, b});
    uut.signal(SIGKILL);
    uut.wait_exit();
  }
  driver uut{argv};
  uut.start({a});
  EXPECT_THAT(calls(), HasSubstr("withdraw b ::1/128\n"));
  auto text = calls();
  EXPECT_EQ(text.find("install a"), text.rfind("install a"));
}

TEST_F(exec_driver, counters_of_the_hook_are_reported) {
  driver uut{{TOCSIN_DRIVER, "--hook",
              hook("test $TOCSIN_ACTION != counters || "
                   "echo 'a 12 3400\nunknown 1 2'"),
              "--counters", "--counters-interval", "20"}};
  uut.start({make_rule("a", {"::1"})});
  EXPECT_EQ(uut.counted("a", 12), (rule_counters{"a", 12, 3400}));
}

TEST_F(exec_driver, a_hook_gets_filters_as_json_if_it_wants_them) {
  auto script = hook(R"(cd "${0%/*}"
echo "$TOCSIN_ACTION $TOCSIN_KIND $TOCSIN_ID" >> calls
cat >> calls
)");
  auto set = make_filters("f", {make_entry("1", {"192.0.2.1"})});
  {
    driver without{{TOCSIN_DRIVER, "--hook", script}};
    without.start();
    EXPECT_EQ(without.install({}, {set}).failures.size(), 1u);
    EXPECT_EQ(calls(), "");
  }
  driver uut{{TOCSIN_DRIVER, "--hook", script, "--filters"}};
  uut.start({}, {set});
  auto first = encode(set);
  EXPECT_EQ(calls(), "install filters f\n" + first + "\n");
  set.entries.push_back(make_entry("2", {"192.0.2.2"}));
  uut.install({}, {set});
  uut.withdraw({"f"});
  auto second = encode(set);
  EXPECT_EQ(calls(), "install filters f\n" + first + "\ninstall filters f\n"
                         + second + "\nwithdraw filters f\n" + second + "\n")
      << "a replacement leaves no gap";
}

TEST_F(exec_driver, counters_of_entries_are_reported) {
  driver uut{{TOCSIN_DRIVER, "--hook",
              hook("test $TOCSIN_ACTION != counters || "
                   "echo 'f/1 12 3400\nf/2 1 2\ng/1 1 2'"),
              "--counters", "--counters-interval", "20", "--filters"}};
  uut.start({}, {make_filters("f", {make_entry("1", {"::1"})})});
  EXPECT_EQ(uut.counted("f", "1", 12), (entry_counters{"f", "1", 12, 3400}));
}

TEST_F(exec_driver, the_hook_may_say_that_an_attack_has_stopped) {
  driver uut{{TOCSIN_DRIVER, "--hook",
              hook("test $TOCSIN_ACTION != counters || "
                   "echo 'a 12 3400 stopped'"),
              "--counters", "--counters-interval", "20"}};
  uut.start({make_rule("a", {"::1"})});
  EXPECT_EQ(uut.counted("a", 12),
            (rule_counters{"a", 12, 3400, mitigators::attack::stopped}));
}

TEST_F(exec_driver, a_hook_that_cannot_count_degrades_the_driver) {
  driver uut{{TOCSIN_DRIVER, "--hook",
              hook("test $TOCSIN_ACTION != counters || exit 1"), "--counters",
              "--counters-interval", "20"}};
  uut.start({make_rule("a", {"::1"})});
  auto bad = uut.next<to_node::status>();
  EXPECT_EQ(bad.health, to_node::health::degraded);
  EXPECT_THAT(bad.message, HasSubstr("counters hook failed"));
}

TEST_F(exec_driver, refuses_unusable_arguments) {
  auto exit_status = [](std::vector<std::string> argv) {
    driver uut{std::move(argv)};
    return WEXITSTATUS(uut.wait_exit());
  };
  EXPECT_EQ(exit_status({TOCSIN_DRIVER}), 2);
  EXPECT_EQ(exit_status({TOCSIN_DRIVER, "--hook", "/nonexistent"}), 2);
  auto plain = directory.write("plain", "", 0600).string();
  EXPECT_EQ(exit_status({TOCSIN_DRIVER, "--hook", plain}), 1);
  directory.write("state", "garbage\n");
  EXPECT_EQ(exit_status(
                {TOCSIN_DRIVER, "--hook", hook("exit 0"), "--state", state()}),
            1);
}

} // namespace tocsin::test
