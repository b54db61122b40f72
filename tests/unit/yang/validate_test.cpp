#include "protocol/yang/decode.hpp"
#include "protocol/yang/validate.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::yang {

namespace {

const auto& schema = test::toy::schema;

data_node tree(std::string_view item) {
  auto x = decoder{schema}.tree(
      R"({"toy:top":{"owner":[{"id":"o","items":{"item":[{"name":"i",)"
      + std::string{item} + "}]}}]}}");
  EXPECT_TRUE(x) << x.error().message;
  return *x;
}

std::string verdict(std::string_view item, const instance_path& at = {},
                    const semantic_rules* rules = nullptr) {
  auto bad = validate(tree(item), at, rules);
  return bad ? std::string{to_string(bad->tag)} + " " + bad->path : "good";
}

std::string part(std::string_view inside) {
  return R"("parts":{"part":[{"name":"p","action":"red",)" + std::string{inside}
         + "}]}";
}

constexpr std::string_view at_part =
    "/toy:top/owner[id='o']/items/item[name='i']/parts/part[name='p']";

// An item is not blue.
struct no_blue : semantic_rules {
  std::optional<error> check(const data_node& x,
                             const instance_path& at) const override {
    if (x.row->name == "item" && x.value("colour") == "blue")
      return error{error_tag::invalid_value, to_string(at), "blue"};
    return {};
  }
};

} // namespace

// REST-160
TEST(yang_validate, mandatory_leaf_is_missed) {
  EXPECT_EQ(verdict(R"("parts":{"part":[{"name":"p"}]})"),
            "missing-attribute " + std::string{at_part} + "/action");
  EXPECT_EQ(verdict(part(R"("rate":"1.0")")), "good");
}

TEST(yang_validate, container_with_presence_needs_its_leaves_only_if_present) {
  EXPECT_EQ(verdict(part(R"("match":{"mask":1})")), "good");
  EXPECT_EQ(verdict(part(R"("match":{})")),
            "missing-attribute " + std::string{at_part} + "/match/mask");
}

TEST(yang_validate, mandatory_leaf_of_a_case_is_missed_if_the_case_is_chosen) {
  EXPECT_EQ(verdict(part(R"("ports":{})")), "good");
  EXPECT_EQ(verdict(part(R"("ports":{"from":1})")),
            "missing-attribute " + std::string{at_part} + "/ports/to");
  EXPECT_EQ(verdict(part(R"("ports":{"operator":"red"})")),
            "missing-attribute " + std::string{at_part} + "/ports/port");
}

TEST(yang_validate, choice_and_number_are_judged_in_the_result_too) {
  auto x = tree(part(R"("ports":{"from":1,"to":2})"));
  instance_path at;
  auto node = &x;
  for (auto name : {"top", "owner", "items", "item", "parts", "part"}) {
    at = at.down(schema, *node->find(name));
    node = node->find(name);
  }
  node->find("ports")->set("port", "1");
  auto bad = validate(x, at, nullptr);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->tag, error_tag::bad_element);
  EXPECT_EQ(bad->path, std::string{at_part} + "/ports/port");
  node->find("ports")->erase(*find_row(*node->find("ports")->row, "port"));
  EXPECT_FALSE(validate(x, at, nullptr));

  auto& item = *x.find("top")->find("owner")->find("items")->find("item");
  const auto& prefix = *find_row(*item.row, "prefix");
  for (auto text : {"192.0.2.0/25", "192.0.2.0/26", "192.0.2.0/27"})
    item.append({.row = &prefix, .text = text});
  EXPECT_FALSE(validate(x, {}, nullptr));
  item.append({.row = &prefix, .text = "192.0.2.0/28"});
  EXPECT_EQ(validate(x, {}, nullptr)->tag, error_tag::resource_denied);
}

TEST(yang_validate, rules_are_asked_at_the_target_and_above) {
  no_blue rules;
  EXPECT_EQ(verdict(R"("colour":"red")", {}, &rules), "good");
  EXPECT_EQ(verdict(R"("colour":"blue")", {}, &rules),
            "invalid-value /toy:top/owner[id='o']/items/item[name='i']");
  auto x = tree(R"("colour":"blue")");
  instance_path at;
  auto node = &x;
  for (auto name : {"top", "owner", "items", "item", "colour"}) {
    at = at.down(schema, *node->find(name));
    node = node->find(name);
  }
  EXPECT_TRUE(validate(x, at, &rules));
  EXPECT_TRUE(validate(x, at.up(), &rules));
  EXPECT_FALSE(validate(x, at.up(), nullptr));
  // What stands beside an absent entry is not judged again.
  at.steps[3].keys = {"gone"};
  at.steps.pop_back();
  EXPECT_FALSE(validate(x, at, &rules));
}

} // namespace tocsin::protocol::yang
