#include "roles/config/data_channel.hpp"
#include "roles/config/explain.hpp"
#include "roles/config/load.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/config/base_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::roles {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

loaded parsed(std::string_view text) {
  return parse(text, "/etc/tocsin/test.toml");
}

/// A client with one upstream; `data` is its data section, `alias` the rest of
/// an alias "web".
std::string text_of(const std::string& data, const std::string& alias = {},
                    const std::string& upstream = {}) {
  return "[client]\ncertificate = \"a.pem\"\nkey = \"b.pem\"\nca = \"c.pem\"\n"
         "[[client.upstream]]\nname = \"provider\"\n"
         + (upstream.empty() ? "server = \"dots.provider.example\"\n"
                             : upstream)
         + "[client.upstream.data]\n" + data
         + (alias.empty() ? "" : "[[client.alias]]\nname = \"web\"\n" + alias);
}

const data_channel_config& data_of(const loaded& x) {
  return *x.value.client->upstreams[0].data;
}

// DATA-004, DATA-021, REST-005
TEST(data_channel, an_empty_section_is_enough) {
  auto x = parsed(text_of(""));
  EXPECT_THAT(x.report(), IsEmpty());
  const auto& data = data_of(x);
  EXPECT_TRUE(data.enabled);
  EXPECT_EQ(data.host, "dots.provider.example");
  EXPECT_EQ(data.port, 443u);
  EXPECT_EQ(data.server_name, "dots.provider.example");
  EXPECT_EQ(data.root, "");
  EXPECT_FALSE(data.mitigate_by_name);
}

TEST(data_channel, without_the_section_there_is_none) {
  auto text = text_of("");
  text.erase(text.find("[client.upstream.data]"));
  EXPECT_FALSE(parsed(text).value.client->upstreams[0].data);
}

TEST(data_channel, everything_is_as_written) {
  auto x = parsed(base_text);
  const auto& data = data_of(x);
  EXPECT_EQ(data.host, "data.provider.example");
  EXPECT_EQ(data.port, 8443u);
  EXPECT_EQ(data.server_name, "restconf.provider.example");
  EXPECT_EQ(data.root, "/top/restconf");
  EXPECT_EQ(data.filters, "/etc/tocsin/filters.json");
  EXPECT_TRUE(data.mitigate_by_name);
  EXPECT_TRUE(x.value.client->aliases[0].publish);
}

// ARCH-016
TEST(data_channel, the_name_in_the_certificate_follows_the_host) {
  auto name = [](const std::string& data, const std::string& upstream = {}) {
    return data_of(parsed(text_of(data, "", upstream))).server_name;
  };
  EXPECT_EQ(name("host = \"data.example\"\n"), "data.example");
  EXPECT_EQ(name("host = \"192.0.2.1\"\n"), "dots.provider.example");
  EXPECT_EQ(name("", "server = \"192.0.2.1\"\nserver_name = \"a.example\"\n"),
            "a.example");
}

TEST(data_channel, mistakes_are_told_with_a_remedy) {
  auto report = [](const std::string& data, const std::string& upstream = {}) {
    return parsed(text_of(data, "", upstream)).report();
  };
  EXPECT_THAT(report("host = \"data.example:443\"\n"),
              HasSubstr("9:8: error: 'data.example:443' is no name or address; "
                        "the port is an option of its own"));
  EXPECT_THAT(report("root = \"restconf/\"\n"),
              HasSubstr("9:8: error: 'restconf/' is no root of RESTCONF"));
  EXPECT_THAT(report("", "server = \"default-router\"\n"
                         "server_name = \"r.example\"\n"),
              HasSubstr("key 'host' is missing in [client.upstream.data]"));
  EXPECT_THAT(report("port = 0\n"), HasSubstr("out of range"));
  EXPECT_THAT(report("hots = \"x\"\n"), HasSubstr("did you mean 'host'?"));
}

TEST(data_channel, an_alias_is_published_as_it_looks_outside) {
  auto x = parsed(text_of("", "prefixes = [\"10.0.0.5\"]\npublish = true\n",
                          "server = \"dots.provider.example\"\n"
                          "[[client.upstream.translation]]\n"
                          "internal = \"10.0.0.0/24\"\n"
                          "external = \"198.51.100.0/24\"\n"));
  EXPECT_THAT(x.report(), IsEmpty());
  auto all = wanted_of(*x.value.client, x.value.client->upstreams[0]);
  ASSERT_TRUE(all) << to_string(all.error());
  ASSERT_EQ(all->size(), 1u);
  EXPECT_THAT(protocol::data::put_body(all->front()),
              HasSubstr("\"198.51.100.5/32\""));
}

// MULTI-053
TEST(data_channel, an_alias_is_kept_here_unless_it_is_published) {
  auto x = parsed(text_of("", "prefixes = [\"198.51.100.5\"]\n"));
  auto all = wanted_of(*x.value.client, x.value.client->upstreams[0]);
  EXPECT_TRUE(all->empty());
}

// MULTI-052
TEST(data_channel, an_alias_of_another_link_is_not_published) {
  auto found = [](const std::string& own) {
    auto x = parsed(text_of(
        "", "prefixes = [\"198.51.100.5\"]\npublish = true\n",
        "server = \"dots.provider.example\"\nprefixes = [\"" + own + "\"]\n"));
    return wanted_of(*x.value.client, x.value.client->upstreams[0])->size();
  };
  EXPECT_EQ(found("192.0.2.0/24"), 0u);
  EXPECT_EQ(found("198.51.100.0/24"), 1u);
}

TEST(data_channel, an_alias_that_is_several_outside_is_not_published) {
  auto x = parsed(
      text_of("", "prefixes = [\"10.0.0.5\", \"10.0.0.6\"]\npublish = true\n",
              "server = \"dots.provider.example\"\n"
              "[[client.upstream.translation]]\n"
              "internal = \"10.0.0.5\"\nexternal = \"198.51.100.1\"\n"
              "external_ports = \"1000-1999\"\n"
              "[[client.upstream.translation]]\n"
              "internal = \"10.0.0.6\"\nexternal = \"198.51.100.2\"\n"
              "external_ports = \"2000-2999\"\n"));
  EXPECT_FALSE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("alias 'web' cannot be published at "
                                    "'provider'; outside it is several"));
}

TEST(data_channel, publishing_needs_a_data_channel) {
  auto text = text_of("", "prefixes = [\"198.51.100.5\"]\npublish = true\n");
  text.erase(text.find("[client.upstream.data]\n"), 23);
  auto x = parsed(text);
  EXPECT_TRUE(x.good());
  EXPECT_THAT(x.report(), HasSubstr("yet no upstream has a data channel"));
}

/// The filters of the file, judged before the node starts.
class filter_file : public ::testing::Test {
protected:
  std::string report(const std::string& json) {
    directory.write("filters.json", json);
    auto file =
        directory.write("test.toml", text_of("filters = \"filters.json\"\n"));
    return read(file).report();
  }

  test::temporary_directory directory;
};

TEST_F(filter_file, good_ones_are_taken) {
  EXPECT_THAT(
      report(R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a"}]}})"),
      Not(HasSubstr("filters")));
  auto all = read_filters(directory.path() / "filters.json");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1u);
}

TEST_F(filter_file, what_is_wrong_is_told_with_its_path) {
  EXPECT_THAT(
      report(R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a","aces":)"
             R"({"ace":[{"name":"e","matches":{"udp":{"length":70000}},)"
             R"("actions":{"forwarding":"drop"}}]}}]}})"),
      HasSubstr("acls/acl[name='a']/aces/ace[name='e']/matches/udp/length: "));
  EXPECT_THAT(report("{"), HasSubstr("9:11: error: 'filters' "));
  EXPECT_THAT(report(R"({"ietf-dots-data-channel:aliases":{"alias":[)"
                     R"({"name":"w","target-fqdn":["a.example"]}]}})"),
              HasSubstr("only filters belong there"));
}

TEST_F(filter_file, it_has_to_be_there) {
  auto file =
      directory.write("test.toml", text_of("filters = \"none.json\"\n"));
  EXPECT_THAT(read(file).report(), HasSubstr("9:11: error: 'filters' "));
}

TEST(data_channel, explain_says_what_it_sets_up) {
  auto text = explain(parsed(base_text).value);
  EXPECT_THAT(text, HasSubstr("data channel at data.provider.example:8443, "
                              "which must be restconf.provider.example; sets "
                              "up 1 alias and the filters in "
                              "/etc/tocsin/filters.json\n"));
  auto off = explain(parsed(text_of("enabled = false\n")).value);
  EXPECT_THAT(off, HasSubstr("the data channel is not used"));
}

} // namespace
} // namespace tocsin::roles
