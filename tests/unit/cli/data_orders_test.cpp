#include "roles/cli/data.hpp"
#include "roles/cli/data_show.hpp"
#include "tests/unit/cli/fake_node.hpp"

#include <fstream>

namespace tocsin::roles::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using data_test = fake_node;

const std::string alias_list =
    R"({"upstream":"provider","cuid":"c","state":"in step: 1 of 1 entries )"
    R"(are there","managed":{"web":"operator"},"refused":{"dns":"not yours"},)"
    R"("data":{"ietf-dots-data-channel:aliases":{"alias":[{"name":"web",)"
    R"("target-prefix":["203.0.113.80/32"],"target-port-range":[)"
    R"({"lower-port":443}],"target-protocol":[6],"pending-lifetime":10080},)"
    R"({"name":"theirs","target-fqdn":["a.example"]}]}}})";

const std::string filter_list =
    R"({"upstream":"provider","cuid":"c","state":"in step","managed":{"ntp":)"
    R"("configuration"},"refused":{},"data":{"ietf-dots-data-channel:acls":)"
    R"({"acl":[{"name":"ntp","type":"ipv4-acl-type","activation-type":)"
    R"("immediate","pending-lifetime":4320,"aces":{"ace":[{"name":"e",)"
    R"("matches":{"ipv4":{"source-ipv4-network":"198.51.100.0/24",)"
    R"("destination-ipv4-network":"203.0.113.0/24"},"udp":)"
    R"({"source-port-range-or-operator":{"operator":"eq","port":123}}},)"
    R"("actions":{"forwarding":"accept","rate-limit":"1000.0"},"statistics":)"
    R"({"matched-packets":"1500","matched-octets":"2000000"}}]}}]}}})";

const std::string puts =
    R"({"upstream":"provider","created":["web"],"replaced":[]})";

TEST_F(data_test, aliases_are_listed) {
  on("GET /v1/data/aliases?wait=60", 200, alias_list);
  EXPECT_EQ(run({"alias", "list"}), exit_code::ok) << err.str();
  EXPECT_EQ(out.str(),
            "ALIAS   STANDS FOR                      KEPT FOR  FROM\n"
            "web     203.0.113.80/32, tcp, port 443  7 d       operator\n"
            "theirs  a.example                       -         others\n"
            "refused  dns: not yours\n"
            "provider: in step: 1 of 1 entries are there\n");
}

TEST_F(data_test, filters_are_listed_with_what_they_matched) {
  on("GET /v1/data/filters?wait=60&upstream=provider", 200, filter_list);
  EXPECT_EQ(run({"filter", "list", "--upstream", "provider"}), exit_code::ok)
      << err.str();
  EXPECT_THAT(out.str(), HasSubstr("ntp     always    1        1.50 k packets, "
                                   "2.00 MB  3 d       configuration\n"));
}

TEST_F(data_test, a_filter_is_shown_entry_by_entry) {
  on("GET /v1/data/filters/ntp?wait=60", 200, filter_list);
  EXPECT_EQ(run({"filter", "show", "ntp"}), exit_code::ok) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("ntp: in force always, kept for 3 d, from "
                                   "configuration\n"));
  EXPECT_THAT(out.str(),
              HasSubstr("from 198.51.100.0/24, to 203.0.113.0/24, udp, from "
                        "port 123  accept 1.00 kB/s"));
}

TEST_F(data_test, json_is_passed_on) {
  on("GET /v1/data/aliases?wait=60", 200, alias_list);
  EXPECT_EQ(run({"alias", "list", "--json"}), exit_code::ok);
  EXPECT_EQ(out.str(), alias_list + "\n");
}

TEST_F(data_test, an_alias_is_created) {
  on("PUT /v1/data/aliases/web?wait=60", 201, puts);
  EXPECT_EQ(run({"alias", "create", "web", "203.0.113.80", "--protocol", "tcp",
                 "--port", "443"}),
            exit_code::ok)
      << err.str();
  EXPECT_THAT(
      asked(),
      ElementsAre("PUT /v1/data/aliases/web?wait=60 "
                  R"({"ietf-dots-data-channel:aliases":{"alias":[)"
                  R"({"name":"web","target-prefix":["203.0.113.80/32"],)"
                  R"("target-port-range":[{"lower-port":443}],)"
                  R"("target-protocol":[6]}]}})"));
  EXPECT_THAT(out.str(), HasSubstr("alias web is set up at provider\n"
                                   "  use     tocsin mitigate --alias web"));
}

TEST_F(data_test, an_alias_of_nothing_is_not_sent) {
  EXPECT_EQ(run({"alias", "create", "web", "--port", "443"}), exit_code::usage);
  EXPECT_THAT(err.str(), HasSubstr("stands for nothing"));
  EXPECT_EQ(run({"alias", "create", "web", "127.0.0.1"}), exit_code::usage);
  EXPECT_THAT(err.str(), HasSubstr("aliases/alias[name='web']/target-prefix"));
  EXPECT_THAT(asked(), ElementsAre());
}

TEST_F(data_test, a_filter_is_created) {
  on("PUT /v1/data/filters/ntp?wait=60", 201, puts);
  EXPECT_EQ(run({"filter", "create", "ntp", "--protocol", "udp", "--from-port",
                 "123", "--to", "203.0.113.0/24", "--when", "always"}),
            exit_code::ok)
      << err.str();
  EXPECT_THAT(
      asked().front(),
      HasSubstr(
          R"("type":"ipv4-acl-type","activation-type":"immediate","aces":)"
          R"({"ace":[{"name":"1","matches":{"ipv4":)"
          R"({"destination-ipv4-network":"203.0.113.0/24","protocol":17},)"
          R"("udp":{"source-port-range-or-operator":{"operator":"eq",)"
          R"("port":123}}},"actions":{"forwarding":"drop"}}]}})"));
}

// DATA-063
TEST_F(data_test, a_rate_is_octets_per_second) {
  data_options x;
  x.name = "slow";
  x.from = {"2001:db8::/32", "2001:db9::/32"};
  x.action = "125000";
  auto body = read_filter_order(x);
  ASSERT_TRUE(body) << to_string(body.error());
  EXPECT_THAT(*body,
              HasSubstr(R"("forwarding":"accept","rate-limit":"125000")"));
  EXPECT_THAT(*body, HasSubstr(R"("name":"2")")) << "an entry a source";
}

TEST_F(data_test, orders_that_make_no_sense_are_explained) {
  auto wrong = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"filter", "create", "f"});
    EXPECT_EQ(run(words), exit_code::usage);
    return err.str();
  };
  EXPECT_THAT(wrong({"--from", "198.51.100.0/24", "--to", "2001:db8::/32"}),
              HasSubstr("another address family"));
  EXPECT_THAT(wrong({"--to-port", "80"}), HasSubstr("add --protocol"));
  EXPECT_THAT(wrong({"--protocol", "gre"}), HasSubstr("add --from or --to"));
  EXPECT_THAT(wrong({"--action", "reject"}), HasSubstr("octets per second"));
  EXPECT_THAT(wrong({"--when", "always"}), HasSubstr("destination"));
  EXPECT_THAT(asked(), ElementsAre());
}

TEST_F(data_test, an_entry_is_deleted) {
  on("DELETE /v1/data/filters/a%2Fb?wait=60", 200,
     R"({"upstream":"provider","removed":"a/b"})");
  EXPECT_EQ(run({"filter", "delete", "a/b"}), exit_code::ok) << err.str();
  EXPECT_EQ(out.str(), "filter a/b is gone from provider\n");
}

TEST_F(data_test, what_the_server_says_reaches_the_operator) {
  on("PUT /v1/data/aliases/web?wait=60", 403,
     to_json(fail(ec::unauthorized, "aliases/alias[name='web']/target-prefix",
                  "the server answers 403 (access-denied): not yours")));
  EXPECT_EQ(run({"alias", "create", "web", "198.51.100.1"}), exit_code::failed);
  EXPECT_THAT(err.str(), HasSubstr("alias[name='web']/target-prefix: the "
                                   "server answers 403"));
}

TEST_F(data_test, filters_are_exported_and_imported_again) {
  on("GET /v1/data/filters?wait=60", 200, filter_list);
  auto file = (directory.path() / "filters.json").string();
  EXPECT_EQ(run({"filter", "export", file}), exit_code::ok) << err.str();
  std::ifstream in{file};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_THAT(text, HasSubstr("{\n  \"ietf-dots-data-channel:acls\": {\n"));
  EXPECT_THAT(text, Not(HasSubstr("pending-lifetime")));
  EXPECT_THAT(text, Not(HasSubstr("statistics")));
  EXPECT_EQ(run({"filter", "export", file}), exit_code::usage)
      << "it is there already";
  on("POST /v1/data/filters?wait=60", 201,
     R"({"upstream":"provider","created":["ntp"],"replaced":[]})");
  EXPECT_EQ(run({"filter", "import", file}), exit_code::ok) << err.str();
  EXPECT_EQ(out.str(), "1 filters set up, 0 replaced at provider\n");
}

TEST_F(data_test, a_file_is_checked_before_it_is_sent) {
  auto file =
      directory.write("bad.json", R"({"ietf-dots-data-channel:acls":{"acl":[)"
                                  R"({"name":"a","type":"eth-acl-type"}]}})");
  EXPECT_EQ(run({"filter", "import", file.string()}), exit_code::usage);
  EXPECT_THAT(err.str(), HasSubstr("bad.json: acls/acl[name='a']/type: "));
  EXPECT_EQ(run({"filter", "import", "/nowhere"}), exit_code::usage);
  EXPECT_THAT(asked(), ElementsAre());
}

TEST_F(data_test, capabilities_are_shown) {
  on("GET /v1/data/capabilities?wait=60", 200,
     R"({"upstream":"provider","capabilities":{"address-family":["ipv4"],)"
     R"("rate-limit":true,"transport-protocols":[6,17],"ipv4":)"
     R"({"dscp":false,"length":true}}})");
  EXPECT_EQ(run({"capabilities"}), exit_code::ok) << err.str();
  EXPECT_EQ(out.str(), "FILTERS AT provider  CAN DO    CANNOT DO\n"
                       "address-family       ipv4      -\n"
                       "rate-limit           yes       -\n"
                       "transport-protocols  tcp, udp  -\n"
                       "ipv4                 length    dscp\n");
}

TEST_F(data_test, an_answer_of_another_version_is_no_crash) {
  on("GET /v1/data/aliases?wait=60", 200, R"({"data":7})");
  EXPECT_EQ(run({"alias", "list"}), exit_code::failed);
  EXPECT_THAT(err.str(), HasSubstr("another version"));
}

TEST_F(data_test, help_teaches) {
  EXPECT_EQ(run({"filter", "create", "--help"}, false), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("tocsin filter create ntp --protocol udp "
                                   "--from-port 123"));
}

} // namespace
} // namespace tocsin::roles::cli
