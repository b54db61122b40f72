#include "protocol/yang/decode.hpp"
#include "protocol/yang/encode.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::yang {

namespace {

const auto& schema = test::toy::schema;
const auto& top = test::toy::data_rows[0];
const auto& owner = *find_row(top, "owner");
const auto& items = *find_row(owner, "items");
const auto& item = *find_row(items, "item");

instance_path path(std::vector<path_step> steps) {
  return {std::move(steps)};
}

const path_step to_top{&top, "toy", {}};
const path_step to_owner{&owner, "toy", {"o"}};
const path_step to_items{&items, "toy", {}};
const path_step to_item{&item, "toy", {"i"}};

data_node example() {
  return *decoder{schema, state_members::keep}.tree(
      R"({"toy:top":{"owner":[{"id":"o","items":{"item":[)"
      R"({"name":"i","colour":"red","prefix":["192.0.2.0/24"],)"
      R"("parts":{"part":[{"name":"p","action":"blue","hits":"3"}]},)"
      R"("left":7},{"name":"j"}]}}],"limits":{"size":4}}})");
}

std::string shown(const instance_path& at, encode_options options = {}) {
  return encode(example(), at, options);
}

} // namespace

// DATA-220
TEST(yang_encode, entry_of_an_envelope_is_printed_inside_of_it) {
  encode_options config{.content = content_filter::config};
  auto x = shown(path({to_top, to_owner, to_items, to_item}), config);
  EXPECT_EQ(x, R"({"toy:items":{"item":[{"name":"i","colour":"red",)"
               R"("prefix":["192.0.2.0/24"],"parts":{"part":[)"
               R"({"name":"p","action":"blue"}]}}]}})");
  EXPECT_EQ(shown(path({to_top, to_owner}),
                  {.content = content_filter::config, .depth = 2}),
            R"({"toy:owner":[{"id":"o","items":{}}]})");
}

TEST(yang_encode, node_which_is_not_there_is_nothing) {
  auto other = to_item;
  other.keys = {"x"};
  EXPECT_EQ(shown(path({to_top, to_owner, to_items, other})), "");
}

// REST-050
TEST(yang_encode, leaf_and_leaf_list_entry_are_printed_alone) {
  const auto& prefix = *find_row(item, "prefix");
  const auto& colour = *find_row(item, "colour");
  auto at = path({to_top, to_owner, to_items, to_item});
  at.steps.push_back({&prefix, "toy", {"192.0.2.0/24"}});
  EXPECT_EQ(shown(at), R"({"toy:prefix":["192.0.2.0/24"]})");
  at.steps.back() = {&colour, "toy", {}};
  EXPECT_EQ(shown(at), R"({"toy:colour":"red"})");
}

// REST-109, REST-112, DATA-218, DATA-219
TEST(yang_encode, content_keeps_keys_on_the_way_to_state) {
  auto at = path({to_top});
  EXPECT_EQ(shown(at, {.content = content_filter::nonconfig}),
            R"({"toy:top":{"owner":[{"id":"o","items":{"item":[)"
            R"({"name":"i","parts":{"part":[{"name":"p","hits":"3"}]},)"
            R"("left":7}]}}],"limits":{"size":4}}})");
  auto config = shown(at, {.content = content_filter::config});
  for (auto name : {"left", "hits", "limits"})
    EXPECT_EQ(config.find(name), std::string::npos) << name;
}

// REST-114, REST-116
TEST(yang_encode, depth_cuts_what_is_deeper) {
  auto at = path({to_top});
  EXPECT_EQ(shown(at, {.depth = 1}), R"({"toy:top":{}})");
  EXPECT_EQ(shown(at, {.depth = 2}), R"({"toy:top":{"owner":[],"limits":{}}})");
  EXPECT_EQ(shown(at, {.depth = 3}),
            R"({"toy:top":{"owner":[{"id":"o","items":{}}],)"
            R"("limits":{"size":4}}})");
  EXPECT_EQ(shown({}, {.depth = 1}), R"({"ietf-restconf:data":{}})");
  EXPECT_EQ(shown({}, {.depth = 2}),
            R"({"ietf-restconf:data":{"toy:top":{}}})");
}

// REST-115, REST-117
TEST(yang_encode, fields_select_and_count_as_the_first_level) {
  const auto& parts = *find_row(item, "parts");
  field_selection to_parts{&parts, {}};
  field_selection left{find_row(item, "left"), {}};
  encode_options options{
      .fields = {{&owner, {{&items, {{&item, {left, to_parts}}}}}}}};
  EXPECT_EQ(shown(path({to_top}), options),
            R"({"toy:top":{"owner":[{"id":"o","items":{"item":[)"
            R"({"name":"i","parts":{"part":[{"name":"p","action":"blue",)"
            R"("hits":"3"}]},"left":7},{"name":"j"}]}}]}})");
  options.depth = 2;
  EXPECT_EQ(shown(path({to_top}), options),
            R"({"toy:top":{"owner":[{"id":"o","items":{"item":[)"
            R"({"name":"i","parts":{"part":[]},"left":7},)"
            R"({"name":"j"}]}}]}})");
}

// REST-127, REST-128
TEST(yang_encode, defaults_are_shown_as_asked_for) {
  auto tree = example();
  add_defaults(tree);
  auto colours = [&](defaults_mode mode) {
    encode_options options{.defaults = mode};
    options.fields = {{find_row(item, "colour"), {}}};
    std::string out;
    for (auto name : {"i", "j"}) {
      auto step = to_item;
      step.keys = {name};
      auto at = path({to_top, to_owner, to_items, step});
      out += encode_value(*find(tree, at), "toy", options);
    }
    return out;
  };
  EXPECT_EQ(colours(defaults_mode::report_all),
            R"({"name":"i","colour":"red"}{"name":"j","colour":"red"})");
  EXPECT_EQ(colours(defaults_mode::trim), R"({"name":"i"}{"name":"j"})");
  EXPECT_EQ(colours(defaults_mode::explicitly),
            R"({"name":"i","colour":"red"}{"name":"j"})");
  EXPECT_EQ(colours(defaults_mode::report_all_tagged),
            R"({"name":"i","colour":"red","@colour":)"
            R"({"ietf-netconf-with-defaults:default":true}})"
            R"({"name":"j","colour":"red","@colour":)"
            R"({"ietf-netconf-with-defaults:default":true}})");
}

} // namespace tocsin::protocol::yang
