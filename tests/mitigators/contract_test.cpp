// What every driver has to do (docs/driver-protocol.md).
#include "tests/mitigators/driver.hpp"
#include "tests/mitigators/subject.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <csignal>

#include <sys/wait.h>

namespace tocsin::test {

namespace {

using namespace mitigators;
using ids = std::set<std::string>;

rule rule_a() {
  return make_rule("a", {"192.0.2.0/24", "2001:db8:a::/48"});
}
rule rule_b() {
  return limited(make_rule("b", {"198.51.100.7"}), 1000);
}
rule rule_c() {
  auto x = make_rule("c", {"2001:db8:c::1"});
  x.ports = {{80, 80}, {8000, 8999}};
  x.protocols = {6, 17};
  x.accept = {{{net("2001:db8:d::/48"), net("203.0.113.0/24")}, {}, {}},
              {{}, {{443, 443}}, {6}}};
  x.customer = "customer";
  x.cuid = "cuid";
  x.mid = 3;
  return x;
}

filter_set set_f() {
  auto accept = make_entry("1", {"192.0.2.0/24", "2001:db8:a::/48"});
  accept.what = filter_action::accept;
  accept.match.l4 = protocol::data::udp_match{{}, {{{53, 53}, false}}, {}};
  auto rate = make_entry("2", {"192.0.2.7"});
  rate.what = filter_action::rate;
  rate.rate = 100'000;
  rate.match.ip.emplace().fragment =
      protocol::data::bits_match{true, true, protocol::data::fragment::isf};
  auto drop = make_entry("3", {"192.0.2.0/24"});
  drop.match.l4 = protocol::data::tcp_match{
      {}, {}, protocol::data::bits_match{false, false, 0x102}};
  return make_filters("f", {accept, rate, drop});
}

class driver_contract : public testing::Test {
protected:
  driver& start(std::vector<rule> rules = {},
                std::vector<filter_set> filters = {}) {
    uut = std::make_unique<driver>(program->argv());
    uut->start(std::move(rules), std::move(filters));
    return *uut;
  }
  /// Drivers may be without filters.
  bool filters() {
    driver other{program->argv()};
    other.send(to_driver::hello{});
    return other.next<to_node::hello>().filters;
  }
  void restart_after_kill() {
    uut->signal(SIGKILL);
    uut->wait_exit();
    uut.reset();
  }

  std::unique_ptr<subject> program = make_subject();
  std::unique_ptr<driver> uut;
};

} // namespace

TEST_F(driver_contract, hello_is_answered_with_name_and_capabilities) {
  driver other{program->argv()};
  other.send(to_driver::hello{});
  auto hello = other.next<to_node::hello>();
  EXPECT_EQ(hello.version, protocol_version);
  EXPECT_FALSE(hello.driver.empty());
  EXPECT_TRUE(hello.drop || hello.rate_limit);
  EXPECT_TRUE(hello.ipv4 || hello.ipv6);
  EXPECT_EQ(other.next<to_node::status>().health, to_node::health::ok);
}

TEST_F(driver_contract, another_version_is_refused_and_nothing_is_touched) {
  start({rule_a()});
  uut->close_input();
  uut->wait_exit();
  driver other{program->argv()};
  other.send(to_driver::hello{protocol_version + 1, "", ""});
  EXPECT_EQ(other.next<to_node::error>().code, ec::unsupported);
  auto status = other.wait_exit();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(program->in_force(), ids{"a"});
}

TEST_F(driver_contract, the_first_order_is_a_sync) {
  driver other{program->argv()};
  other.send(to_driver::sync{1, {rule_a()}});
  EXPECT_EQ(other.next<to_node::error>().seq, 1u);
  other.send(to_driver::hello{});
  other.send(to_driver::install{2, {rule_a()}});
  EXPECT_EQ(other.next<to_node::error>().seq, 2u);
  other.send(to_driver::sync{3, {}});
  EXPECT_EQ(other.next<to_node::done>().seq, 3u);
  EXPECT_EQ(program->in_force(), ids{});
}

// ARCH-071
TEST_F(driver_contract, rules_are_installed_and_withdrawn) {
  start();
  EXPECT_TRUE(uut->install({rule_a(), rule_b()}).failures.empty());
  EXPECT_TRUE(uut->install({rule_c()}).failures.empty());
  EXPECT_EQ(program->in_force(), (ids{"a", "b", "c"}));
  EXPECT_TRUE(uut->withdraw({"a", "c"}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{"b"});
  EXPECT_TRUE(uut->withdraw({"b"}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, repeating_an_order_changes_nothing) {
  start({rule_a()});
  auto form = program->form("a");
  EXPECT_TRUE(uut->install({rule_a()}).failures.empty());
  EXPECT_TRUE(uut->sync({rule_a()}).failures.empty());
  EXPECT_EQ(program->form("a"), form);
  EXPECT_TRUE(uut->withdraw({"a"}).failures.empty());
  EXPECT_TRUE(uut->withdraw({"a", "never-was"}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, a_rule_of_a_known_id_is_replaced) {
  start({rule_a(), rule_b()});
  auto form = program->form("a");
  auto changed = rule_a();
  changed.protocols = {17};
  EXPECT_TRUE(uut->install({changed}).failures.empty());
  EXPECT_EQ(program->in_force(), (ids{"a", "b"}));
  EXPECT_NE(program->form("a"), form);
}

TEST_F(driver_contract, a_sync_leaves_exactly_its_rules_in_force) {
  start({rule_a(), rule_b()});
  auto form = program->form("b");
  EXPECT_TRUE(uut->sync({rule_b(), rule_c()}).failures.empty());
  EXPECT_EQ(program->in_force(), (ids{"b", "c"}));
  EXPECT_EQ(program->form("b"), form);
  EXPECT_TRUE(uut->sync({}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, a_divided_order_is_one_order) {
  start();
  uut->send(to_driver::sync{8, {rule_a()}, true, 0});
  uut->send(to_driver::sync{8, {rule_b()}, true, 1});
  uut->send(to_driver::sync{8, {rule_c()}, false, 2});
  EXPECT_EQ(uut->next<to_node::done>().seq, 8u);
  EXPECT_EQ(program->in_force(), (ids{"a", "b", "c"}));
  uut->send(to_driver::sync{9, {}, false, 1}); // its first line is missing
  EXPECT_EQ(uut->next<to_node::error>().seq, 9u);
  EXPECT_EQ(program->in_force(), (ids{"a", "b", "c"}));
}

TEST_F(driver_contract, nonsense_is_answered_and_does_no_harm) {
  start({rule_a()});
  for (auto line :
       {"", "x", "{", "[1,2]", "{\"type\":7}", "{\"type\":\"install\"}",
        "{\"type\":\"sync\",\"seq\":1,\"rules\":[{\"id\":\"a\"}]}"}) {
    uut->send_line(line);
    EXPECT_NE(uut->next<to_node::error>().code, ec::none) << line;
  }
  uut->send_line(R"({"type":"later","seq":77})");
  auto error = uut->next<to_node::error>();
  EXPECT_EQ(error.code, ec::unknown);
  EXPECT_EQ(error.seq, 77u);
  uut->send_line(std::string(max_line_octets + 2, 'x'));
  EXPECT_EQ(uut->next<to_node::error>().code, ec::too_large);
  uut->send_line(R"({"type":"withdraw","seq":78,"ids":[],"later":[{}]})");
  EXPECT_EQ(uut->next<to_node::done>().seq, 78u);
  EXPECT_EQ(program->in_force(), ids{"a"});
}

TEST_F(driver_contract, rules_outlive_a_killed_driver_and_are_reconciled) {
  start({rule_a(), rule_b()});
  restart_after_kill();
  EXPECT_EQ(program->in_force(), (ids{"a", "b"}));
  start({rule_b(), rule_c()});
  EXPECT_EQ(program->in_force(), (ids{"b", "c"}));
  EXPECT_TRUE(uut->withdraw({"b", "c"}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, the_end_of_input_and_bye_leave_the_rules_in_force) {
  start({rule_a()});
  uut->close_input();
  EXPECT_EQ(uut->wait_exit(), 0);
  EXPECT_EQ(program->in_force(), ids{"a"});
  start({rule_a()}).send(to_driver::bye{});
  EXPECT_EQ(uut->wait_exit(), 0);
  EXPECT_EQ(program->in_force(), ids{"a"});
}

TEST_F(driver_contract, a_signal_ends_the_driver_in_order) {
  start({rule_a()}).signal(SIGTERM);
  EXPECT_EQ(uut->wait_exit(), 0);
  EXPECT_EQ(program->in_force(), ids{"a"});
}

TEST_F(driver_contract, cleanup_on_exit_leaves_nothing_in_force) {
  auto argv = program->argv();
  for (auto& x : program->cleanup_arguments())
    argv.push_back(x);
  driver other{argv};
  other.start({rule_a(), rule_b()});
  other.close_input();
  EXPECT_EQ(other.wait_exit(), 0);
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, a_thousand_rules_are_one_order) {
  std::vector<rule> rules;
  for (int i = 0; i < 1000; ++i)
    rules.push_back(make_rule("r" + std::to_string(i),
                              {std::string{"10.0."} + std::to_string(i / 256)
                               + "." + std::to_string(i % 256)}));
  start();
  EXPECT_TRUE(uut->install(rules).failures.empty());
  EXPECT_EQ(program->in_force().size(), 1000u);
  EXPECT_TRUE(uut->sync({}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{});
}

TEST_F(driver_contract, filters_are_served_or_fail_by_themselves) {
  auto able = filters();
  start();
  auto done = uut->install({rule_a()}, {set_f()});
  EXPECT_EQ(done.failures.empty(), able);
  if (!able) {
    ASSERT_EQ(done.failures.size(), 1u);
    EXPECT_EQ(done.failures[0].id, "f");
    EXPECT_EQ(done.failures[0].code, ec::unsupported);
  }
  EXPECT_EQ(program->in_force(), (able ? ids{"a", "f"} : ids{"a"}));
  EXPECT_TRUE(uut->withdraw({"f"}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{"a"});
}

TEST_F(driver_contract, a_filter_set_is_left_alone_or_replaced_as_a_whole) {
  if (!filters())
    GTEST_SKIP() << "without filters";
  start({}, {set_f()});
  auto form = program->form("f");
  EXPECT_TRUE(uut->install({}, {set_f()}).failures.empty());
  EXPECT_TRUE(uut->sync({}, {set_f()}).failures.empty());
  EXPECT_EQ(program->form("f"), form);
  auto changed = set_f();
  std::swap(changed.entries[0], changed.entries[2]);
  EXPECT_TRUE(uut->install({}, {changed}).failures.empty());
  EXPECT_NE(program->form("f"), form) << "the order of entries matters";
  EXPECT_EQ(program->in_force(), ids{"f"});
}

TEST_F(driver_contract, filter_sets_are_reconciled_after_a_kill) {
  if (!filters())
    GTEST_SKIP() << "without filters";
  auto g = set_f();
  g.id = "g";
  start({rule_a()}, {set_f(), g});
  restart_after_kill();
  EXPECT_EQ(program->in_force(), (ids{"a", "f", "g"}));
  start({}, {g});
  EXPECT_EQ(program->in_force(), ids{"g"});
  EXPECT_TRUE(uut->sync({rule_a()}).failures.empty());
  EXPECT_EQ(program->in_force(), ids{"a"}) << "a sync without sets has none";
}

TEST_F(driver_contract, a_set_that_is_not_understood_changes_nothing) {
  start({rule_a()});
  uut->send_line(
      R"({"type":"sync","seq":8,"rules":[],"filters":[{"id":"f","entries":[]}]})");
  EXPECT_EQ(uut->next<to_node::error>().seq, 8u);
  auto line = encode(set_f());
  line.replace(line.find("\"flags\""), 7, "\"later\"");
  uut->send_line(R"({"type":"sync","seq":9,"rules":[],"filters":[)" + line
                 + "]}");
  EXPECT_EQ(uut->next<to_node::error>().seq, 9u)
      << "a match must not become wider than it was meant";
  EXPECT_EQ(program->in_force(), ids{"a"});
}

} // namespace tocsin::test
