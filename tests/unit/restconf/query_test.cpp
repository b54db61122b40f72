#include "protocol/restconf/query.hpp"
#include "protocol/restconf/target.hpp"
#include "tests/unit/restconf/toy_store.hpp"

namespace tocsin::protocol::restconf {

namespace {

yang::instance_path path(std::string_view text) {
  return std::get<yang::instance_path>(parse_path(test::toy_root, text));
}

answer<query> parse(std::string_view text, query_kind kind,
                    std::string_view at = "/toy:top") {
  auto target = path(at);
  return parse_query(text, {test::toy_root, target, "/restconf/data", kind});
}

bool is_bad(std::string_view text, query_kind kind,
            std::string_view at = "/toy:top") {
  auto x = parse(text, kind, at);
  auto why = std::get_if<refusal>(&x);
  return why && why->status == 400 && why->errors.size() == 1
         && why->errors[0].tag == yang::error_tag::invalid_value
         && !why->errors[0].message.empty();
}

yang::encode_options options(std::string_view text) {
  auto x = parse(text, query_kind::read);
  EXPECT_TRUE(std::holds_alternative<query>(x)) << text;
  return std::get<query>(x).options;
}

// "owner(id;items(item))".
std::string shown(const std::vector<yang::field_selection>& all) {
  std::string out;
  for (const auto& x : all) {
    out += (out.empty() ? "" : ";") + std::string{x.row->name};
    if (!x.children.empty())
      out += "(" + shown(x.children) + ")";
  }
  return out;
}

constexpr std::string_view list = "/toy:top/owner=o/items/item";

} // namespace

// REST-105, REST-109, DATA-216
TEST(restconf_query, content_is_read) {
  using yang::content_filter;
  EXPECT_EQ(options("").content, content_filter::all);
  EXPECT_EQ(options("content=all").content, content_filter::all);
  EXPECT_EQ(options("content=config").content, content_filter::config);
  EXPECT_EQ(options("content=nonconfig").content, content_filter::nonconfig);
  EXPECT_EQ(options("content=non-config").content, content_filter::nonconfig);
  EXPECT_EQ(options("depth=2&content=c%6Fnfig").content,
            content_filter::config);
}

// REST-105, REST-106, REST-107, REST-111, REST-114, REST-131
TEST(restconf_query, what_is_not_expected_is_refused) {
  for (auto text : {"Content=all",
                    "content=All",
                    "content=all&content=all",
                    "content=config&depth=1&content=config",
                    "foo=1",
                    "content",
                    "content=",
                    "content=state",
                    "depth=0",
                    "depth=65536",
                    "depth=abc",
                    "depth=-1",
                    "depth=",
                    "depth=1&",
                    "&depth=1",
                    "depth=%3",
                    "with-defaults=all",
                    "filter=x",
                    "start-time=x",
                    "stop-time=x",
                    "insert=first",
                    "point=x",
                    "fields=",
                    "fields=x",
                    "fields=owner/x",
                    "fields=owner(id",
                    "fields=owner)",
                    "fields=owner;",
                    "fields=owner()",
                    "fields=other:owner",
                    "="})
    EXPECT_TRUE(is_bad(text, query_kind::read)) << text;
  EXPECT_EQ(options("depth=65535").depth, 65535u);
  EXPECT_EQ(options("depth=1").depth, 1u);
  EXPECT_EQ(options("depth=unbounded").depth, yang::encode_options::unbounded);
}

// REST-107, REST-110, REST-115, REST-118
TEST(restconf_query, parameters_belong_to_methods) {
  for (auto text :
       {"content=all", "depth=1", "fields=owner", "with-defaults=trim"})
    EXPECT_TRUE(is_bad(text, query_kind::insert, list)) << text;
  for (auto text : {"content=all", "depth=1", "insert=first"})
    EXPECT_TRUE(is_bad(text, query_kind::none)) << text;
  EXPECT_TRUE(is_bad("content=all", query_kind::api));
  EXPECT_FALSE(is_bad("depth=1", query_kind::api));
}

// REST-117
TEST(restconf_query, fields_select_a_tree) {
  auto fields = [](std::string_view text) {
    return shown(options("fields=" + std::string{text}).fields);
  };
  EXPECT_EQ(fields("owner/id"), "owner(id)");
  EXPECT_EQ(fields("owner(id;items/item(name;parts));limits"),
            "owner(id;items(item(name;parts)));limits");
  EXPECT_EQ(fields("owner/id;owner/items"), "owner(id;items)");
  EXPECT_EQ(fields("owner;owner/id"), "owner");
  EXPECT_EQ(fields("owner/id;owner"), "owner");
  EXPECT_EQ(fields("toy:owner%2Ftoy:id"), "owner(id)");
  EXPECT_EQ(fields("owner/items/item/extra:note"), "owner(items(item(note)))");
}

// REST-119, REST-121, REST-122, REST-123, REST-124, REST-053
TEST(restconf_query, place_needs_a_point_in_the_same_list) {
  auto place = [](std::string_view text) {
    auto x = parse(text, query_kind::insert, list);
    return std::holds_alternative<query>(x) ? std::get<query>(x).place
                                            : std::nullopt;
  };
  using yang::placement;
  using where = placement::where;
  EXPECT_EQ(place("insert=first"), (placement{where::first, {}}));
  EXPECT_EQ(place("insert=last"), (placement{where::last, {}}));
  EXPECT_EQ(place("insert=before&point=%2Ftoy%3Atop%2Fowner%3Do%2Fitems"
                  "%2Fitem%3Da%252Fb"),
            (placement{where::before, {"a/b"}}));
  EXPECT_EQ(place("point=/restconf/data/toy:top/owner=o/items/item=a"
                  "&insert=after"),
            (placement{where::after, {"a"}}));
  for (auto text : {"insert=before", "point=/toy:top/owner=o/items/item=a",
                    "insert=first&point=/toy:top/owner=o/items/item=a",
                    "insert=after&point=/toy:top/owner=p/items/item=a",
                    "insert=after&point=/toy:top/owner=o/items/item",
                    "insert=after&point=/toy:top/owner=o/pair=a,1",
                    "insert=after&point=", "insert=after&point=a",
                    "insert=middle", "insert="})
    EXPECT_TRUE(is_bad(text, query_kind::insert, list)) << text;
}

} // namespace tocsin::protocol::restconf
