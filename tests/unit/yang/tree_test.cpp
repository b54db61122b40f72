#include "protocol/yang/path.hpp"
#include "protocol/yang/tree.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::yang {

namespace {

const schema_node& row(std::string_view name, const schema_node& parent) {
  return *find_row(parent, name);
}

const auto& top = test::toy::data_rows[0];
const auto& owner = row("owner", top);
const auto& items = row("items", owner);
const auto& item = row("item", items);

data_node make_item(std::string name) {
  data_node x{.row = &item};
  x.set("name", std::move(name));
  return x;
}

std::string order(const data_node& list) {
  std::string out;
  for (const auto& x : list.all(item))
    out += x.find("name")->text;
  return out;
}

} // namespace

TEST(yang_tree, children_stand_in_the_order_of_the_rows) {
  data_node x{.row = &item};
  x.set("colour", "blue");
  x.set("name", "a");
  ASSERT_EQ(x.children.size(), 2u);
  EXPECT_EQ(x.children[0].row->name, "name");
  EXPECT_EQ(x.value("colour"), "blue");
}

// REST-119
TEST(yang_tree, entries_go_where_they_are_put) {
  data_node list{.row = &items};
  using where = placement::where;
  EXPECT_TRUE(list.insert(make_item("b"), {}));
  EXPECT_TRUE(list.insert(make_item("d"), {where::last, {}}));
  EXPECT_TRUE(list.insert(make_item("a"), {where::first, {}}));
  EXPECT_TRUE(list.insert(make_item("c"), {where::before, {"d"}}));
  EXPECT_TRUE(list.insert(make_item("e"), {where::after, {"d"}}));
  EXPECT_EQ(order(list), "abcde");
  EXPECT_FALSE(list.insert(make_item("f"), {where::after, {"x"}}));
  EXPECT_EQ(order(list), "abcde");
  EXPECT_TRUE(list.erase(item, std::array<std::string, 1>{"c"}));
  EXPECT_FALSE(list.erase(item, std::array<std::string, 1>{"c"}));
  EXPECT_EQ(order(list), "abde");
}

TEST(yang_tree, order_counts_where_the_user_gave_it) {
  data_node a{.row = &items};
  data_node b{.row = &items};
  for (auto name : {"x", "y"})
    a.append(make_item(name));
  for (auto name : {"y", "x"})
    b.append(make_item(name));
  EXPECT_FALSE(a == b);

  data_node left{.row = &item};
  data_node right{.row = &item};
  const auto& prefix = row("prefix", item);
  left.append({.row = &prefix, .text = "192.0.2.0/24"});
  left.append({.row = &prefix, .text = "198.51.100.0/24"});
  right.append({.row = &prefix, .text = "198.51.100.0/24"});
  EXPECT_FALSE(left == right);
  right.append({.row = &prefix, .text = "192.0.2.0/24"});
  EXPECT_TRUE(left == right);
}

// REST-129
TEST(yang_tree, default_in_use_equals_one_that_is_set) {
  auto a = make_item("a");
  auto b = make_item("a");
  b.set("colour", "red");
  EXPECT_TRUE(a == b);
  EXPECT_EQ(a.value("colour"), "red");
  EXPECT_FALSE(a.value("note"));
  b.set("colour", "blue");
  EXPECT_FALSE(a == b);
  a.ensure(row("parts", item));
  EXPECT_TRUE(a == make_item("a"));
  prune(a);
  EXPECT_FALSE(a.find("parts"));
}

// REST-128
TEST(yang_tree, defaults_are_added_in_the_chosen_case_only) {
  const auto& part = row("part", row("parts", item));
  data_node x{.row = &part};
  add_defaults(x);
  EXPECT_TRUE(x.children.empty());
  auto& ports = x.ensure(row("ports", part));
  ports.set("from", "1");
  add_defaults(x);
  EXPECT_FALSE(ports.find("operator"));
  x.children.clear();
  x.ensure(row("ports", part)).set("port", "1");
  x.ensure(row("match", part));
  add_defaults(x);
  auto added = x.find("ports")->find("operator");
  ASSERT_TRUE(added);
  EXPECT_TRUE(added->by_default);
  EXPECT_EQ(x.find("match")->find("bits")->text, "match");
}

// REST-153
TEST(yang_path, is_an_instance_identifier) {
  instance_path at;
  EXPECT_EQ(to_string(at), "/");
  at.steps = {{&top, "toy", {}},
              {&owner, "toy", {"o'1"}},
              {&items, "toy", {}},
              {&item, "toy", {"x"}},
              {&row("note", item), "extra", {}}};
  EXPECT_EQ(to_string(at),
            "/toy:top/owner[id=\"o'1\"]/items/item[name='x']/extra:note");
  at.steps[1].keys[0] = "'\"";
  EXPECT_EQ(to_string(at), "/toy:top");
}

} // namespace tocsin::protocol::yang
