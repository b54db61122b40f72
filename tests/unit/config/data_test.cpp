#include "roles/config/data_terms.hpp"
#include "roles/config/explain.hpp"
#include "roles/config/load.hpp"
#include "tests/unit/config/base_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::roles {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view server = R"([server]
certificate = "a.pem"
key = "b.pem"
ca = "c.pem"
)";

constexpr std::string_view rest = R"(
[[server.customer]]
name = "one"
identities = ["one.example"]
prefixes = ["198.51.100.0/24"]
[[server.mitigator]]
name = "edge"
driver = "nftables"
)";

loaded with_data(std::string_view options, std::string_view tail = rest) {
  return parse(std::string{server} + "[server.data]\n" + std::string{options}
                   + std::string{tail},
               "/etc/tocsin/test.toml");
}

// DATA-004, ARCH-023
TEST(data_channel, there_is_none_unless_it_is_wanted) {
  auto x = parse(std::string{server} + std::string{rest}, "/etc/x.toml");
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_FALSE(x.value.server->data);
  EXPECT_THAT(explain(x.value), Not(HasSubstr("data channel")));
}

// DATA-004
TEST(data_channel, listens_on_the_port_of_https) {
  auto x = with_data("listen = [\"0.0.0.0\", \"[::]:8443\"]");
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_THAT(x.value.server->data->listen,
              ElementsAre(endpoint{"0.0.0.0", 443}, endpoint{"::", 8443}));
}

TEST(data_channel, is_as_written) {
  auto x = parse(base_text, "/etc/tocsin/test.toml");
  ASSERT_TRUE(x.value.server->data);
  const auto& data = *x.value.server->data;
  EXPECT_THAT(data.listen, ElementsAre(endpoint{"192.0.2.1", 443},
                                       endpoint{"2001:db8::1", 8443}));
  EXPECT_EQ(data.root, "/dots/restconf");
  auto settings = settings_of(data);
  EXPECT_EQ(settings.lifetime, std::chrono::hours{24 * 30});
  EXPECT_EQ(settings.conflicts, protocol::data::conflict_policy::allow);
  EXPECT_FALSE(settings.acls.allow_immediate);
  EXPECT_FALSE(settings.acls.immediate_needs_destination);
  EXPECT_FALSE(settings.direct_configuration);
  EXPECT_EQ(settings.quotas,
            (protocol::data::data_quotas{3, 11, 12, 13, 21, 22, 23, 4096}));
  auto http = http_limits_of(data);
  EXPECT_EQ(http.message.body, 65536u);
  EXPECT_EQ(http.idle, seconds{120});
  EXPECT_EQ(data.max_connections, 7u);
  EXPECT_EQ(data.requests_per_minute, 600u);
  EXPECT_EQ(data.request_burst, 40u);
  EXPECT_EQ(x.value.server->mitigators[0].stage, 2u);
  EXPECT_EQ(x.value.server->mitigators[1].stage, 1u);
}

TEST(data_channel, has_the_defaults_of_its_parts) {
  auto x = with_data("listen = [\"0.0.0.0\"]");
  auto settings = settings_of(*x.value.server->data);
  EXPECT_EQ(settings, protocol::data::datastore_settings{});
  auto http = http_limits_of(*x.value.server->data);
  transports::http_exchange_limits usual;
  EXPECT_EQ(http.message.body, usual.message.body);
  EXPECT_EQ(http.idle, usual.idle);
}

TEST(data_channel, is_explained) {
  auto text = explain(with_data("listen = [\"0.0.0.0\"]").value);
  EXPECT_THAT(text, HasSubstr("data channel on 0.0.0.0:443, /restconf, 1 "
                              "customer\n"));
  EXPECT_THAT(text, HasSubstr("aliases, and filters, also outside of "
                              "mitigations"));
  EXPECT_THAT(text, HasSubstr("entries live 7d unless refreshed"));
  text = explain(
      with_data("listen = [\"0.0.0.0\"]\nallow_immediate = false\n").value);
  EXPECT_THAT(text, HasSubstr("during mitigations only"));
  text = explain(
      with_data("listen = [\"0.0.0.0\"]\ndirect_configuration = true\n").value);
  EXPECT_THAT(text, HasSubstr("answers 503"));
}

TEST(data_channel, of_a_driver_without_filters_is_for_aliases) {
  std::string hook{rest};
  hook.replace(hook.find("\"nftables\""), 10,
               "\"exec\"\narguments = [\"--hook=/bin/true\"]");
  auto x = with_data("listen = [\"0.0.0.0\"]", hook);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(),
              HasSubstr("mitigator 'edge' takes no filters, so that "
                        "those of customer 'one' are refused"));
  EXPECT_THAT(explain(x.value), HasSubstr("aliases only"));
  hook.insert(hook.find("\"--hook"), "\"--filters\", ");
  x = with_data("listen = [\"0.0.0.0\"]", hook);
  EXPECT_THAT(x.report(), IsEmpty());
  EXPECT_EQ(abilities_of(*x.value.server, x.value.server->customers[0]),
            protocol::data::all_abilities);
}

TEST(data_channel, warns_where_entries_cannot_have_all_prefixes) {
  std::string many{rest};
  std::string list;
  for (int i = 0; i < 60; ++i)
    list += "\"10.0." + std::to_string(i) + ".0/24\", ";
  many.insert(many.find("\"198.51.100.0/24\""), list);
  auto x = with_data("listen = [\"0.0.0.0\"]", many);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("819 filter entries without a destination, "
                                    "not 1000"));
}

// REST-006
TEST(data_channel, needs_a_certificate) {
  auto x = parse("[server]\npsk = \"keys\"\n[server.data]\nlisten = "
                 "[\"0.0.0.0\"]\n"
                     + std::string{rest},
                 "/etc/tocsin/test.toml");
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("the data channel needs a certificate"));
}

} // namespace
} // namespace tocsin::roles
