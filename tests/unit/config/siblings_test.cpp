#include "roles/config/explain.hpp"
#include "roles/config/graph.hpp"
#include "roles/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tocsin::roles {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* server = R"([node]
name = "a"

[server]
certificate = "a.pem"
key = "a-key.pem"
ca = "ca.pem"

[[server.mitigator]]
name = "edge"
driver = "exec"
arguments = ["--hook", "/bin/true"]

[[server.customer]]
name = "acme"
identities = ["client.example"]
prefixes = ["192.0.2.0/24"]

)";

loaded with(const std::string& siblings) {
  return parse(server + siblings, "/etc/tocsin/tocsin.toml");
}

constexpr const char* peer_b = R"(
[[siblings.peer]]
name = "b"
address = "127.0.0.1:4651"
alt_server = "b.example"
addresses = ["192.0.2.2"]
)";

std::string one_peer(const std::string& head) {
  return "[siblings]\n" + head + peer_b;
}

TEST(siblings, are_off_by_default) {
  auto x = with("");
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_FALSE(x.value.siblings);
  EXPECT_THAT(explain(x.value), Not(HasSubstr("ibling")));
}

TEST(siblings, are_read_and_explained) {
  auto x = with(one_peer("listen = \"127.0.0.1\"\nredirect_time = \"1h\"\n"));
  EXPECT_THAT(x.report(), IsEmpty());
  ASSERT_TRUE(x.value.siblings);
  EXPECT_EQ(x.value.siblings->listen, (endpoint{"127.0.0.1", 4650}));
  ASSERT_EQ(x.value.siblings->peers.size(), 1u);
  EXPECT_THAT(explain(x.value),
              AllOf(HasSubstr("joined with sibling b at 127.0.0.1:4651"),
                    HasSubstr("go to b.example for 1h")));
  EXPECT_THAT(draw(x.value), HasSubstr("b <-> 127.0.0.1:4651"));
  EXPECT_THAT(draw_dot(x.value),
              HasSubstr("\"a\" -> \"sibling b\" [dir=both]"));
}

TEST(siblings, beyond_loopback_are_refused_with_the_reason_and_the_remedy) {
  auto x = with(one_peer("listen = \"192.0.2.1\"\n"));
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(),
              AllOf(HasSubstr("tocsin.toml:20:"),
                    HasSubstr("leaves this machine"),
                    HasSubstr("neither encrypted nor authenticated"),
                    HasSubstr("'protected = true'"), HasSubstr("tunnel")));
  EXPECT_THAT(
      with(one_peer("listen = \"192.0.2.1\"\nprotected = true\n")).report(),
      IsEmpty());
}

TEST(siblings, elsewhere_are_refused_as_well) {
  std::string text = "[siblings]\nlisten = \"[::1]:4650\"\n";
  text += "[[siblings.peer]]\nname = \"b\"\naddress = \"[2001:db8::2]\"\n";
  EXPECT_THAT(with(text).report(),
              HasSubstr("the address of sibling 'b' leaves this machine"));
}

TEST(siblings, listen_on_no_wildcard_even_if_it_is_called_protected) {
  for (const auto* any : {"0.0.0.0", "[::]:4650"})
    EXPECT_THAT(with(one_peer("listen = \"" + std::string{any}
                              + "\"\nprotected = true\n"))
                    .report(),
                HasSubstr("every network at once"))
        << any;
}

TEST(siblings, differ_from_this_node_and_from_each_other) {
  auto listen = std::string{"listen = \"127.0.0.1\"\n"};
  EXPECT_THAT(with(one_peer(listen) + peer_b).report(),
              AllOf(HasSubstr("duplicate sibling 'b'"),
                    HasSubstr("duplicate address")));
  EXPECT_THAT(
      with("[siblings]\n" + listen
           + "[[siblings.peer]]\nname = \"a\"\n"
             "address = \"127.0.0.1\"\n")
          .report(),
      AllOf(HasSubstr("is this node itself"), HasSubstr("is this node's own")));
}

TEST(siblings, are_servers) {
  auto x =
      parse("[node]\nname = \"a\"\n" + one_peer("listen = \"127.0.0.1\"\n"),
            "/etc/tocsin/tocsin.toml");
  EXPECT_THAT(x.report(), HasSubstr("only DOTS servers have siblings"));
}

TEST(siblings, without_a_peer_are_warned_about) {
  auto x = with("[siblings]\nlisten = \"127.0.0.1\"\n");
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("nobody is joined with"));
}

TEST(siblings, have_addresses_of_a_server_that_has_a_name) {
  auto x = with("[siblings]\nlisten = \"127.0.0.1\"\n[[siblings.peer]]\n"
                "name = \"b\"\naddress = \"127.0.0.2\"\n"
                "addresses = [\"192.0.2.0/24\"]\n");
  EXPECT_THAT(x.report(), AllOf(HasSubstr("is a prefix, not an address"),
                                HasSubstr("no meaning without 'alt_server'")));
}

} // namespace
} // namespace tocsin::roles
