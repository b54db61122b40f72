#include "protocol/yang/decode.hpp"
#include "protocol/yang/encode.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::yang {

namespace {

const auto& schema = test::toy::schema;

// An owner `o` with what stands between braces.
std::string owner(std::string_view inside) {
  return R"({"toy:top":{"owner":[{"id":"o",)" + std::string{inside} + "}]}}";
}

std::string item(std::string_view inside) {
  return owner(R"("items":{"item":[{"name":"i",)" + std::string{inside}
               + "}]}");
}

constexpr std::string_view at_item =
    "/toy:top/owner[id='o']/items/item[name='i']";

void refuses(std::string_view body, error_tag tag, std::string_view path) {
  auto x = decoder{schema}.tree(body);
  ASSERT_FALSE(x) << body;
  EXPECT_EQ(to_string(x.error().tag), to_string(tag)) << body << "\n"
                                                      << x.error().message;
  EXPECT_EQ(x.error().path, path) << body;
  EXPECT_FALSE(x.error().message.empty()) << body;
}

std::string round_trip(std::string_view body) {
  auto x = decoder{schema, state_members::keep}.tree(body);
  return x ? encode(*x, {}) : x.error().path + " " + x.error().message;
}

} // namespace

// DATA-112, DATA-113, DATA-114, DATA-115, DATA-116
TEST(yang_decode, canonical_document_survives) {
  auto text = R"({"ietf-restconf:data":{"toy:top":{"owner":[{"id":"o",)"
              R"("items":{"item":[{"name":"i","shape":"circle",)"
              R"("prefix":["192.0.2.0/24","2001:db8::/32"],)"
              R"("range":[{"lower":1,"upper":2}],"parts":{"part":[)"
              R"({"name":"p","ports":{"from":1,"to":2},)"
              R"("match":{"bits":"not any","mask":2},"rate":"20.0",)"
              R"("action":"red","hits":"18446744073709551615"}]},)"
              R"("left":-1,"extra:note":"n"}]},)"
              R"("pair":[{"a":"x","b":7,"on":true}]}],)"
              R"("limits":{"size":4,"kind":["k","k"]},)"
              R"("extra:tags":{"lower":3}}}})";
  EXPECT_EQ(round_trip(text), text);
}

// DATA-114, DATA-115, REST-159
TEST(yang_decode, values_of_the_wrong_json_type_are_refused) {
  auto at = [](std::string_view leaf) {
    return std::string{at_item} + "/" + std::string{leaf};
  };
  using enum error_tag;
  refuses(item(R"("shape":1)"), invalid_value, at("shape"));
  refuses(item(R"("colour":"pink")"), invalid_value, at("colour"));
  refuses(item(R"("colour":null)"), invalid_value, at("colour"));
  refuses(item(R"("prefix":"192.0.2.0/24")"), invalid_value, at("prefix"));
  refuses(item(R"("prefix":["x"])"), invalid_value, at("prefix"));
  refuses(item(R"("parts":[])"), invalid_value, at("parts"));
  refuses(item(R"("range":{"lower":1})"), invalid_value, at("range"));
  refuses(item(R"("range":[1])"), invalid_value, at("range"));
  refuses(item(R"("range":[{"lower":"1"}])"), invalid_value, at_item);
  refuses(item(R"("range":[{"lower":1,"upper":"2"}])"), invalid_value,
          at("range[lower='1']/upper"));
  refuses(item(R"("range":[{"lower":1,"upper":2.0}])"), invalid_value,
          at("range[lower='1']/upper"));
  refuses(item(R"("extra:note":7)"), invalid_value, at("extra:note"));
  refuses(item(R"("parts":{"part":[{"name":"p","rate":20}]})"), invalid_value,
          at("parts/part[name='p']/rate"));
}

TEST(yang_decode, entry_without_a_key_is_refused) {
  using enum error_tag;
  refuses(R"({"toy:top":{"owner":[{}]}})", missing_attribute, "/toy:top");
  refuses(owner(R"("pair":[{"a":"x"}])"), missing_attribute,
          "/toy:top/owner[id='o']");
  refuses(R"({"toy:top":{"owner":[{"id":""}]}})", invalid_value, "/toy:top");
}

// DATA-087, DATA-119
TEST(yang_decode, duplicates_are_refused) {
  using enum error_tag;
  refuses(item(R"("colour":"red","colour":"red")"), malformed_message,
          std::string{at_item} + "/colour");
  refuses(item(R"("colour":"red","toy:colour":"red")"), malformed_message,
          std::string{at_item} + "/colour");
  refuses(item(R"("range":[{"lower":1,"upper":2},{"lower":1,"upper":3}])"),
          invalid_value, std::string{at_item} + "/range[lower='1']");
  refuses(item(R"("prefix":["192.0.2.0/24","192.0.2.9/24"])"), invalid_value,
          std::string{at_item} + "/prefix[.='192.0.2.0/24']");
  refuses(owner(R"("pair":[{"a":"x","b":1},{"b":1,"a":"x"}])"), invalid_value,
          "/toy:top/owner[id='o']/pair[a='x'][b='1']");
}

// DATA-065, REST-159
TEST(yang_decode, own_unknown_members_are_refused_and_foreign_ones_ignored) {
  using enum error_tag;
  refuses(item(R"("color":"red")"), unknown_element, at_item);
  refuses(item(R"("toy:color":"red")"), unknown_element, at_item);
  refuses(item(R"("note":"x")"), unknown_element, at_item);
  refuses(item(R"("toy:note":"x")"), unknown_element, at_item);
  refuses(item(R"("extra:shape":"x")"), unknown_element, at_item);
  refuses(R"({"top":{}})", unknown_element, "/");
  refuses(R"({"vendor:top":{}})", unknown_namespace, "/");
  auto x = decoder{schema}.tree(
      item(R"("vendor:colour":{"a":[1]},"@colour":{"m:a":1},"colour":"red")"));
  ASSERT_TRUE(x);
  EXPECT_EQ(encode(*x, {}),
            encode(*decoder{schema}.tree(item(R"("colour":"red")")), {}));
}

// REST-159
TEST(yang_decode, two_cases_of_a_choice_are_refused) {
  auto part = [](std::string_view ports) {
    return item(R"("parts":{"part":[{"name":"p","ports":{)" + std::string{ports}
                + "}}]}");
  };
  auto at = std::string{at_item} + "/parts/part[name='p']/ports/port";
  refuses(part(R"("from":1,"port":2)"), error_tag::bad_element, at);
  refuses(part(R"("port":2,"to":1)"), error_tag::bad_element, at);
  EXPECT_TRUE(decoder{schema}.tree(part(R"("to":1,"from":2)")));
}

// DATA-213
TEST(yang_decode, state_in_an_edit_is_ignored) {
  auto x = decoder{schema}.tree(item(R"("left":"anything")"));
  ASSERT_TRUE(x);
  EXPECT_EQ(encode(*x, {}).find("left"), std::string::npos);
  EXPECT_FALSE(
      decoder(schema, state_members::keep).tree(item(R"("left":"anything")")));
}

// REST-016, REST-158
TEST(yang_decode, what_a_body_may_take_is_bounded) {
  using enum error_tag;
  refuses(item(R"("prefix":["192.0.2.0/25","192.0.2.0/26","192.0.2.0/27",)"
               R"("192.0.2.0/28"])"),
          too_big, std::string{at_item} + "/prefix");
  auto text = item(R"("colour":"red")");
  auto tags = [&](decode_limits limits) {
    auto x = decoder{schema, state_members::ignore, limits}.tree(text);
    return x ? "good" : std::string{to_string(x.error().tag)};
  };
  EXPECT_EQ(tags({text.size(), max_nodes}), "good");
  EXPECT_EQ(tags({text.size() - 1, max_nodes}), "too-big");
  EXPECT_EQ(tags({max_body, 7}), "good");
  EXPECT_EQ(tags({max_body, 6}), "too-big");
}

// REST-056, REST-158
TEST(yang_decode, text_which_is_no_json_object_is_malformed) {
  using enum error_tag;
  for (auto text : {"", "[]", "7", "{", "{}{}", "{\"toy:top\":\"\xC3\"}"})
    refuses(text, malformed_message, "");
  refuses(R"({"toy:top":)" + std::string(100, '[') + std::string(100, ']')
              + "}",
          malformed_message, "");
  auto text = item(R"("colour":"red")");
  for (std::size_t n = 0; n < text.size(); ++n)
    EXPECT_FALSE(decoder{schema}.tree(text.substr(0, n))) << n;
}

// REST-091
TEST(yang_decode, outermost_entry_may_lack_its_keys_if_they_are_known) {
  const auto& top = test::toy::data_rows[0];
  const auto& list = *find_row(top, "owner");
  instance_path at{{{&top, "toy", {}}}};
  std::vector<std::string> keys{"o"};
  auto x = decoder{schema}.members(R"({"toy:owner":[{}]})", at, keys);
  ASSERT_TRUE(x);
  ASSERT_EQ(x->size(), 1u);
  EXPECT_EQ(keys_of((*x)[0]), keys);
  EXPECT_FALSE(decoder{schema}.members(R"({"toy:owner":[{}]})", at));
  at.steps.push_back({&list, "toy", {}});
  auto alone = decoder{schema}.value(R"({"id":"p"})", at);
  ASSERT_TRUE(alone);
  EXPECT_EQ(encode_value(*alone, "toy"), R"({"id":"p"})");
}

} // namespace tocsin::protocol::yang
