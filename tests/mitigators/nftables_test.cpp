// What is this driver's own: its table among others, its rights, its options.
#include "tests/mitigators/driver.hpp"
#include "tests/mitigators/network.hpp"
#include "tests/unit/mitigators/make.hpp"

#include <gmock/gmock.h>

#include <sys/wait.h>

namespace tocsin::test {

namespace {

using namespace mitigators;
using testing::HasSubstr;
using testing::Not;

class nftables_driver : public testing::Test {
protected:
  nftables_driver() { enter_fresh_network(); }
  int run(std::vector<std::string> argv) {
    driver uut{std::move(argv)};
    auto status = uut.wait_exit();
    log = uut.log();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string log;
};

constexpr auto foreign = R"(nft -f - <<E
table inet filter {
  counter m_a { packets 7 bytes 70; }
  chain m_a { ip daddr 192.0.2.1 counter name m_a drop
  }
  chain prerouting { type filter hook prerouting priority -300; }
}
table ip tocsin { chain m_a { }
}
E)";

} // namespace

TEST_F(nftables_driver, leaves_the_tables_of_others_alone) {
  shell(foreign);
  auto before = shell("nft -a list ruleset");
  driver uut{{TOCSIN_DRIVER}};
  uut.start({make_rule("a", {"192.0.2.1"}), make_rule("b", {"192.0.2.1"})});
  EXPECT_NE(shell("nft -a list ruleset"), before);
  EXPECT_TRUE(uut.withdraw({"a"}).failures.empty());
  EXPECT_TRUE(uut.install({make_rule("a", {"2001:db8::1"})}).failures.empty());
  EXPECT_TRUE(uut.sync({}).failures.empty());
  uut.close_input();
  uut.wait_exit();
  EXPECT_EQ(run({TOCSIN_DRIVER, "--cleanup"}), 0);
  EXPECT_EQ(shell("nft -a list ruleset"), before);
}

TEST_F(nftables_driver, leaves_nothing_of_a_withdrawn_rule) {
  driver uut{{TOCSIN_DRIVER}};
  uut.start();
  auto empty = shell("nft list ruleset");
  auto a = limited(make_rule("a", {"192.0.2.0/24", "2001:db8::1"}), 10);
  auto b = make_rule("b", {"192.0.2.0/24", "198.51.100.0/25"});
  uut.install({a, b});
  a.rate = 11;
  uut.install({a, make_rule("b", {"192.0.2.0/24"})});
  uut.withdraw({"a"});
  uut.withdraw({"b"});
  EXPECT_EQ(shell("nft list ruleset"), empty);
}

TEST_F(nftables_driver, replaces_whatever_it_finds_in_its_table) {
  shell("nft 'add table inet tocsin; add chain inet tocsin m_x; "
        "add chain inet tocsin prerouting "
        "{ type filter hook forward priority 5; }'");
  driver uut{{TOCSIN_DRIVER}};
  uut.start({make_rule("a", {"192.0.2.1"})});
  auto listing = shell("nft list ruleset");
  EXPECT_THAT(listing, Not(HasSubstr("m_x")));
  EXPECT_THAT(listing, HasSubstr("hook prerouting"));
}

TEST_F(nftables_driver, notices_that_its_table_was_deleted) {
  driver uut{{TOCSIN_DRIVER}};
  uut.start({make_rule("a", {"192.0.2.1"})});
  shell("nft delete table inet tocsin");
  EXPECT_EQ(uut.install({make_rule("b", {"192.0.2.2"})}).failures.size(), 1u);
  while (uut.next<to_node::status>().health != to_node::health::degraded)
    continue;
  EXPECT_TRUE(uut.sync({make_rule("a", {"192.0.2.1"})}).failures.empty());
  EXPECT_THAT(shell("nft list ruleset"), HasSubstr("m_a"));
}

TEST_F(nftables_driver, refuses_more_rules_than_allowed) {
  driver uut{{TOCSIN_DRIVER, "--max-rules", "2"}};
  uut.start({make_rule("a", {"192.0.2.1"})});
  auto answer = uut.install(
      {make_rule("b", {"192.0.2.2"}), make_rule("c", {"192.0.2.3"})});
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].id, "c");
  EXPECT_EQ(answer.failures[0].code, ec::too_large);
  EXPECT_EQ(uut.next<to_node::status>().health, to_node::health::overloaded);
  EXPECT_TRUE(
      uut.sync({make_rule("b", {"192.0.2.2"}), make_rule("c", {"192.0.2.3"})})
          .failures.empty());
}

TEST_F(nftables_driver, tells_when_it_lacks_its_capability) {
  EXPECT_EQ(run({"setpriv", "--bounding-set", "-net_admin", "--inh-caps",
                 "-net_admin", TOCSIN_DRIVER}),
            1);
  EXPECT_THAT(log, HasSubstr("needs CAP_NET_ADMIN"));
}

// ARCH-209, ARCH-227
TEST_F(nftables_driver, keeps_no_other_capability) {
  driver uut{{TOCSIN_DRIVER}};
  uut.start();
  auto pid = std::to_string(uut.pid());
  auto status = shell("grep -E 'Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/" + pid
                      + "/status | cut -f2 | tr '\\n' ' '");
  EXPECT_EQ(status, "0000000000001000 0000000000001000 0000000000000000 1 ");
}

TEST_F(nftables_driver, refuses_unusable_arguments) {
  EXPECT_EQ(run({TOCSIN_DRIVER, "--hook", "output"}), 2);
  EXPECT_EQ(run({TOCSIN_DRIVER, "--hook", "input", "--hook", "prerouting"}), 2);
  EXPECT_EQ(run({TOCSIN_DRIVER, "--table", "a b"}), 2);
}

} // namespace tocsin::test
