#include "roles/cli/filters.hpp"

#include "tests/unit/cli/fake_node.hpp"

namespace tocsin::roles::cli {
namespace {

using protocol::signal::activation;
using protocol::signal::filter_control;
using testing::HasSubstr;

using filters = fake_node;

const std::string list = "GET /v1/mitigations";
const std::string target =
    "PUT /v1/mitigations/7?peer=provider&cuid=cu&wait=60";

} // namespace

TEST_F(filters, are_named_with_what_becomes_of_them) {
  struct {
    std::string_view text;
    filter_control meant;
  } rows[]{
      {"a=immediate", {"a", activation::immediate}},
      {"a=when-mitigating", {"a", activation::activate_when_mitigating}},
      {"a=activate-when-mitigating",
       {"a", activation::activate_when_mitigating}},
      {"a=off", {"a", activation::deactivate}},
      {"a=deactivate", {"a", activation::deactivate}},
      {"a=b=off", {"a=b", activation::deactivate}},
  };
  for (const auto& row : rows) {
    auto x = parse_filter(row.text);
    ASSERT_TRUE(x) << row.text;
    EXPECT_EQ(*x, row.meant) << row.text;
  }
  for (std::string_view bad : {"a", "a=", "=off", "a=on", ""})
    EXPECT_EQ(parse_filter(bad).error().code, ec::malformed) << bad;
  EXPECT_EQ(say_filters({{"a", activation::deactivate}, {"b\n", {}}}),
            "a off, b  when-mitigating");
}

// FILT-026
TEST_F(filters, of_a_running_mitigation_are_switched) {
  on(list, 200, to_json(std::vector{view("active")}));
  auto done = view("active");
  done.mid = 8;
  done.filters = {{"friends", activation::deactivate}};
  on(target, 201, to_json(done));
  EXPECT_EQ(run({"control", "7", "friends=off"}), exit_code::ok);
  EXPECT_EQ(asked().back(), target
                                + R"( {"acl-list":[{"acl-name":"friends",)"
                                  R"("activation-type":"deactivate"}]})");
  EXPECT_THAT(out.str(), HasSubstr("mitigation 8 at provider: in progress\n"));
  EXPECT_THAT(out.str(), HasSubstr("  filters   friends off\n"));
  EXPECT_EQ(run({"control", "7", "friends=perhaps"}), exit_code::usage);
  EXPECT_EQ(run({"control", "7"}), exit_code::usage);
}

// FILT-020
TEST_F(filters, are_not_switched_while_idle_and_the_reason_is_told) {
  on(list, 200, to_json(std::vector{view("active")}));
  on(target, 409,
     to_json(fail(ec::conflict, "acl-list", "use the data channel")));
  EXPECT_EQ(run({"control", "7", "friends=off"}), exit_code::failed);
  EXPECT_THAT(err.str(), HasSubstr("use the data channel"));
}

// FILT-050
TEST_F(filters, that_could_not_be_switched_yet_are_told_of) {
  on(list, 200, to_json(std::vector{view("active")}));
  auto waiting = view("requested");
  waiting.mid = 8;
  waiting.note = "5.03 the server could not switch 'friends'";
  on(target, 202, to_json(waiting));
  EXPECT_EQ(run({"control", "7", "friends=off"}), exit_code::timeout);
  EXPECT_THAT(err.str(), HasSubstr("could not switch 'friends'"));
}

// FILT-022
TEST_F(filters, of_a_new_mitigation_go_with_its_order) {
  on("POST /v1/mitigations?wait=1", 201, to_json(view("active")));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--filter", "friends=off",
                 "--filter", "slow=immediate"}),
            exit_code::ok);
  EXPECT_THAT(asked().back(),
              HasSubstr(R"("acl-list":[{"acl-name":"friends",)"
                        R"("activation-type":"deactivate"},{"acl-name":"slow",)"
                        R"("activation-type":"immediate"}])"));
  EXPECT_EQ(run({"mitigate", "203.0.113.7", "--filter", "friends"}),
            exit_code::usage);
}

// FILT-053, FILT-055, FILT-058
TEST_F(filters, in_the_way_are_shown_with_what_to_do) {
  auto x = view("active");
  x.conflict =
      protocol::signal::acceptlist_conflict({{"friends", "ipv4-acl-type"}});
  x.switched = {{"slow", activation::immediate}};
  on(list, 200, to_json(std::vector{x}));
  on("GET /v1/mitigations/7?peer=provider&cuid=cu", 200, to_json(x));
  EXPECT_EQ(run({"status", "7"}), exit_code::ok);
  EXPECT_THAT(out.str(), HasSubstr("conflict    conflict-with-acceptlist: the "
                                   "attack passes friends\n"));
  EXPECT_THAT(out.str(),
              HasSubstr("to close it: tocsin control 7 friends=off\n"));
  EXPECT_THAT(out.str(), HasSubstr("switched    slow immediate, by others"));
}

} // namespace tocsin::roles::cli
