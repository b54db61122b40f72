#include "protocol/restconf/target.hpp"
#include "tests/unit/restconf/toy_store.hpp"

namespace tocsin::protocol::restconf {

namespace {

// The instance-identifier of a path, or the status of its refusal.
std::string parsed(std::string_view text) {
  auto x = parse_path(test::toy_root, text);
  if (auto why = std::get_if<refusal>(&x))
    return std::to_string(why->status);
  return to_string(std::get<yang::instance_path>(x));
}

} // namespace

// REST-044, REST-045, REST-046, REST-047, REST-051
TEST(restconf_target, path_follows_the_schema) {
  EXPECT_EQ(parsed(""), "/");
  EXPECT_EQ(parsed("/"), "/");
  EXPECT_EQ(parsed("/toy:top"), "/toy:top");
  EXPECT_EQ(parsed("/toy:top/owner=o/items/item=i/extra:note"),
            "/toy:top/owner[id='o']/items/item[name='i']/extra:note");
  EXPECT_EQ(parsed("/toy:top/toy:owner=o"), "/toy:top/owner[id='o']");
  for (auto unknown : {"/top", "/other:top", "/toy:Top", "/toy:top/", "//",
                       "/toy:top/owner=o/items/item=i/note", "/toy:top/x=1"})
    EXPECT_EQ(parsed(unknown), "404") << unknown;
  EXPECT_EQ(parsed("toy:top"), "400");
}

// REST-048, REST-049, DATA-081
TEST(restconf_target, keys_are_split_before_they_are_decoded) {
  EXPECT_EQ(parsed("/toy:top/owner=a%2Fb%2Cc%20%22d%22"),
            R"(/toy:top/owner[id='a/b,c "d"'])");
  EXPECT_EQ(parsed("/toy:top/owner=o/pair=x%2Cy,7"),
            "/toy:top/owner[id='o']/pair[a='x,y'][b='7']");
  EXPECT_EQ(parsed("/toy:top/owner=o/pair=,7"),
            "/toy:top/owner[id='o']/pair[a=''][b='7']");
  EXPECT_EQ(parsed("/toy:top/owner=a=b"), "/toy:top/owner[id='a=b']");
  EXPECT_EQ(parsed("/toy:top/owner=%C3%A4"), "/toy:top/owner[id='\xC3\xA4']");
  for (auto wrong :
       {"/toy:top/owner=o/pair=x", "/toy:top/owner=o/pair=x,7,8",
        "/toy:top/owner=o/pair=x,256", "/toy:top/owner=", "/toy:top=1",
        "/toy:top/owner=%4", "/toy:top/owner=%zz", "/toy:top/owner=%C3",
        "/toy:top/owner=%00", "/toy:top/owner/items", "/%4/x",
        "/toy:top/owner=o/items/item=i/colour=red"})
    EXPECT_EQ(parsed(wrong), "400") << wrong;
}

// REST-050
TEST(restconf_target, leaf_list_entry_is_named_by_its_value) {
  EXPECT_EQ(parsed("/toy:top/owner=o/items/item=i/prefix=192.0.2.7%2F24"),
            "/toy:top/owner[id='o']/items/item[name='i']"
            "/prefix[.='192.0.2.0/24']");
  EXPECT_EQ(parsed("/toy:top/owner=o/items/item=i/prefix=x"), "400");
}

// REST-052
TEST(restconf_target, query_and_fragment_are_cut_off) {
  auto x = split("/a/b?c=d?e#f?g");
  EXPECT_EQ(x.path, "/a/b");
  EXPECT_EQ(x.query, "c=d?e");
  EXPECT_FALSE(split("/a#b?c").query);
  EXPECT_EQ(split("https://example.net/a?b").path, "/a");
  EXPECT_EQ(split("https://example.net").path, "/");
}

// REST-049
TEST(restconf_target, what_is_written_is_read_again) {
  auto text = "/toy:top/owner=a%2Fb%2Cc%20%22d%22%25/pair=%C3%A4,7";
  auto x = std::get<yang::instance_path>(parse_path(test::toy_root, text));
  EXPECT_EQ(to_uri(x), text);
}

} // namespace tocsin::protocol::restconf
