#include "tests/unit/cli/fake_node.hpp"

namespace tocsin::roles::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

using data_command = fake_node;

actors::data_client_details client() {
  actors::data_client_details x;
  x.client = {"shop", "cu", "agent.example", 1, 2, 3, {{"edge", "active", ""}}};
  auto& alias = x.aliases.emplace_back();
  alias.name = "web";
  alias.left_s = 604800;
  alias.what.prefixes = {*protocol::signal::prefix::parse("192.0.2.80")};
  auto& acl = x.acls.emplace_back();
  acl.name = "keep-out";
  acl.activation = "immediate";
  acl.in_force = true;
  acl.left_s = 3600;
  acl.entries = {{"one", "drop", 1234567, 7}, {"two", "accept", 0, 0}};
  x.acls.push_back({"spare\x1b", "deactivate", false, 60, "", {}});
  return x;
}

TEST_F(data_command, lists_clients_or_those_of_one_customer) {
  auto other = client().client;
  other.customer = "other";
  auto all = std::vector{client().client, other};
  on("GET /v1/data-clients", 200, to_json(all));
  EXPECT_EQ(run({"data"}), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("shop"));
  EXPECT_THAT(out.str(), HasSubstr("other"));
  out.str("");
  EXPECT_EQ(run({"data", "--customer", "shop"}), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("edge active"));
  EXPECT_THAT(out.str(), Not(HasSubstr("other")));
}

TEST_F(data_command, says_when_there_is_none) {
  on("GET /v1/data-clients", 200,
     to_json(std::vector<actors::data_client_view>{}));
  EXPECT_EQ(run({"data"}), exit_code::ok);
  EXPECT_EQ(out.str(), "no clients have registered on the data channel\n");
}

TEST_F(data_command, shows_all_of_one_client) {
  on("GET /v1/data-clients/c%2Fu?customer=shop", 200, to_json(client()));
  EXPECT_EQ(run({"data", "c/u", "--customer", "shop"}), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("client cu of shop, registered by "
                                   "agent.example\n"));
  EXPECT_THAT(out.str(), HasSubstr("web    7 d   192.0.2.80/32\n"));
  EXPECT_THAT(out.str(),
              HasSubstr("keep-out  immediate   yes       1 h    one    drop    "
                        "1,234,567  7\n"));
  EXPECT_THAT(out.str(), HasSubstr("spare?"));
}

} // namespace
} // namespace tocsin::roles::cli
