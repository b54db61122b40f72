#include "transports/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tocsin::transports {

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using strings = std::vector<std::string>;

/// Records what the callbacks say, and waits for it.
class child_process_test : public testing::Test {
protected:
  child_process::callbacks recorder() {
    return {[this](std::string x) { note([&] { lines.push_back(x); }); },
            [this](std::string x) { note([&] { logs.push_back(x); }); },
            [this](int x) { note([&] { status = x; }); }};
  }
  std::unique_ptr<child_process> shell(std::string script,
                                       child_process::options with = {}) {
    with.argv = {"sh", "-c", std::move(script)};
    auto child = child_process::spawn(with, recorder());
    EXPECT_TRUE(child);
    return std::move(*child);
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 20s, condition);
  }
  bool wait_exit() {
    return wait([this] { return status.has_value(); });
  }
  bool wait_line() {
    return wait([this] { return !lines.empty(); });
  }

  std::mutex mutex;
  std::condition_variable changed;
  strings lines, logs;
  std::optional<int> status;

private:
  template <class F>
  void note(F f) {
    std::lock_guard guard{mutex};
    f();
    changed.notify_all();
  }
};

} // namespace

TEST_F(child_process_test, lines_go_both_ways_and_the_end_comes_last) {
  auto uut = shell("read a; echo \"got $a\"; echo oops >&2; printf rest >&2; "
                   "exit 3");
  EXPECT_TRUE(uut->write_line("hello"));
  ASSERT_TRUE(wait_exit());
  EXPECT_THAT(lines, ElementsAre("got hello"));
  EXPECT_THAT(logs, ElementsAre("oops", "rest"));
  EXPECT_EQ(child_process::describe(*status), "exit status 3");
  EXPECT_EQ(uut->write_line("late").error().code, ec::closed);
}

TEST_F(child_process_test, a_program_that_does_not_exist_is_told_at_once) {
  child_process::options with;
  with.argv = {"/nonexistent/program"};
  EXPECT_EQ(child_process::spawn(with, recorder()).error().code, ec::not_found);
  with.argv = {"/etc/passwd"};
  EXPECT_EQ(child_process::spawn(with, recorder()).error().code,
            ec::unauthorized);
  with.argv = {};
  EXPECT_FALSE(child_process::spawn(with, recorder()));
  EXPECT_FALSE(status);
}

TEST_F(child_process_test, the_environment_is_extended) {
  child_process::options with;
  with.env = {"TOCSIN_X=1 2"};
  auto uut = shell("echo \"$TOCSIN_X|$PATH\"", with);
  ASSERT_TRUE(wait_exit());
  EXPECT_EQ(lines.at(0), std::string{"1 2|"} + getenv("PATH"));
}

TEST_F(child_process_test, a_program_that_does_not_read_fills_only_its_queue) {
  child_process::options with;
  with.max_queue = 1'000'000;
  auto uut = shell("echo up; sleep 60", with);
  ASSERT_TRUE(wait_line());
  result<void> outcome;
  for (int i = 0; i < 100 && outcome; ++i)
    outcome = uut->write_line(std::string(100'000, 'x'));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ec::too_large);
  uut->terminate(0ms);
  EXPECT_TRUE(wait_exit());
}

TEST_F(child_process_test, megabytes_arrive_whole) {
  auto uut = shell("wc -c");
  for (int i = 0; i < 32; ++i)
    EXPECT_TRUE(uut->write_line(std::string(99'999, 'x')));
  uut->terminate(20s); // what is queued goes out first
  ASSERT_TRUE(wait_exit());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("3200000")));
  EXPECT_EQ(*status, 0);
}

TEST_F(child_process_test, overlong_lines_are_left_out) {
  child_process::options with;
  with.max_line = 100;
  auto uut =
      shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo ok", with);
  ASSERT_TRUE(wait_exit());
  EXPECT_THAT(lines, ElementsAre("ok"));
  EXPECT_THAT(logs, ElementsAre(HasSubstr("too long")));
}

TEST_F(child_process_test, termination_escalates_to_a_kill) {
  auto uut = shell("trap '' TERM; echo up; while :; do sleep 60; done");
  ASSERT_TRUE(wait_line());
  uut->terminate(100ms);
  ASSERT_TRUE(wait_exit());
  EXPECT_EQ(child_process::describe(*status), "killed by signal 9 (Killed)");
}

TEST_F(child_process_test, a_program_that_heeds_its_input_ends_by_itself) {
  auto uut = shell("cat; exit 7");
  uut->terminate(20s);
  ASSERT_TRUE(wait_exit());
  EXPECT_EQ(child_process::describe(*status), "exit status 7");
}

TEST_F(child_process_test, destruction_ends_the_process_and_leaves_no_zombie) {
  auto uut = shell("echo up; sleep 60");
  ASSERT_TRUE(wait_line());
  auto pid = uut->pid();
  ASSERT_GT(pid, 0);
  uut.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(child_process_test, the_program_starts_in_a_clean_state) {
  auto leak = dup(STDERR_FILENO); // not close-on-exec
  signal(SIGPIPE, SIG_IGN);
  // Builtins where they will do: while the shell starts a program, it blocks
  // signals and may hold the descriptors of a pipeline.
  auto uut = shell("ls /proc/$$/fd; "
                   "while read -r x; do case $x in Sig*) echo \"$x\"; esac; "
                   "done < /proc/$$/status; "
                   "read -r pid name state parent group rest < /proc/$$/stat; "
                   "echo group $((group - $$))");
  ASSERT_TRUE(wait_exit());
  signal(SIGPIPE, SIG_DFL);
  close(leak);
  ASSERT_GT(lines.size(), 4u);
  EXPECT_EQ(lines[3].find("Sig"), 0u)
      << "a descriptor " << lines[3] << " was inherited";
  EXPECT_THAT(lines, Contains("SigBlk:\t0000000000000000"));
  EXPECT_THAT(lines, Contains("SigIgn:\t0000000000000000"));
  EXPECT_THAT(lines, Contains("group 0"));
}

TEST_F(child_process_test, a_grandchild_with_the_pipes_does_not_delay_the_end) {
  auto uut = shell("sleep 60 & echo $!; exit 0");
  ASSERT_TRUE(wait_exit());
  kill(std::stoi(lines.at(0)), SIGKILL);
}

TEST_F(child_process_test, the_program_dies_with_the_node) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  auto node = fork();
  ASSERT_GE(node, 0);
  if (node == 0) { // a node that will be killed -9
    child_process::options with;
    // It ignores the end of its input; only the signal can end it.
    with.argv = {"sleep", "60"};
    auto child = child_process::spawn(with, {});
    auto pid = child ? (*child)->pid() : -1;
    [[maybe_unused]] auto n = write(fds[1], &pid, sizeof pid);
    pause();
    _exit(0);
  }
  pid_t pid = -1;
  ASSERT_EQ(read(fds[0], &pid, sizeof pid), ssize_t{sizeof pid});
  ASSERT_GT(pid, 0);
  kill(node, SIGKILL);
  waitpid(node, nullptr, 0);
  auto running = [&] { // an orphan's zombie may stay for a while
    std::string line(512, '\0');
    auto path = "/proc/" + std::to_string(pid) + "/stat";
    auto fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    auto n = fd < 0 ? 0 : read(fd, line.data(), line.size());
    close(fd);
    line.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return n > 0 && line.find(") Z") == std::string::npos;
  };
  auto deadline = std::chrono::steady_clock::now() + 20s;
  while (running() && std::chrono::steady_clock::now() < deadline)
    usleep(1000);
  EXPECT_FALSE(running());
  close(fds[0]);
  close(fds[1]);
}

} // namespace tocsin::transports
