#include "protocol/restconf/conditions.hpp"
#include "protocol/restconf/media.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::restconf {

namespace {

const std::chrono::sys_seconds sunday{std::chrono::seconds{784111777}};

verdict judge(request x, bool reads, bool there = true) {
  auto now =
      there ? std::optional<version>{version{"a,b", sunday}} : std::nullopt;
  return evaluate(x, now, reads);
}

} // namespace

// REST-060, REST-061
TEST(restconf_media, most_specific_range_decides) {
  auto want = [](std::string text) { return quality(text, yang_json); };
  EXPECT_EQ(quality({}, yang_json), 1000u);
  EXPECT_EQ(want(""), 1000u);
  EXPECT_EQ(want("*/*"), 1000u);
  EXPECT_EQ(want("application/*;q=0.5"), 500u);
  EXPECT_EQ(want("Application/YANG-Data+JSON"), 1000u);
  EXPECT_EQ(want("application/yang-data+json;q=0, */*"), 0u);
  EXPECT_EQ(want("*/*;q=0, application/*; Q=0.25 ,text/html"), 250u);
  EXPECT_EQ(want("application/yang-data+xml, text/*"), 0u);
  EXPECT_EQ(want("application/yang-data+json;x=\"a,b;q=0\";q=0.001"), 1u);
  EXPECT_EQ(want("application/yang-data+json;q=2"), 1000u);
  EXPECT_EQ(want("application/yang-data"), 0u);
  EXPECT_EQ(want(",,"), 0u);
}

// REST-055, REST-056, REST-058
TEST(restconf_media, parameters_of_a_content_type_do_not_matter) {
  EXPECT_TRUE(is_media_type("application/yang-data+json", yang_json));
  EXPECT_TRUE(
      is_media_type(" application/YANG-data+json ; charset=utf-8", yang_json));
  EXPECT_FALSE(is_media_type("application/json", yang_json));
  EXPECT_FALSE(is_media_type("", yang_json));
}

// REST-144, REST-145
TEST(restconf_conditions, tags_are_compared_as_their_fields_demand) {
  using enum verdict;
  EXPECT_EQ(judge({.if_match = "\"a,b\""}, false), proceed);
  EXPECT_EQ(judge({.if_match = "\"x\", \"a,b\""}, false), proceed);
  EXPECT_EQ(judge({.if_match = "*"}, false), proceed);
  EXPECT_EQ(judge({.if_match = "*"}, false, false), failed);
  EXPECT_EQ(judge({.if_match = "\"x\""}, true), failed);
  EXPECT_EQ(judge({.if_match = "W/\"a,b\""}, false), failed);
  EXPECT_EQ(judge({.if_match = "a,b"}, false), failed);
  EXPECT_EQ(judge({.if_match = "\"a,b"}, false), failed);
  EXPECT_EQ(judge({.if_none_match = "*"}, false), failed);
  EXPECT_EQ(judge({.if_none_match = "*"}, false, false), proceed);
  EXPECT_EQ(judge({.if_none_match = "W/\"a,b\""}, true), not_modified);
  EXPECT_EQ(judge({.if_none_match = "\"a,b\""}, false), failed);
  EXPECT_EQ(judge({.if_none_match = "\"x\""}, true), proceed);
}

// REST-145, REST-146
TEST(restconf_conditions, tags_win_over_dates) {
  using enum verdict;
  std::string before = "Sun, 06 Nov 1994 08:49:36 GMT";
  std::string at = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(judge({.if_modified_since = at}, true), not_modified);
  EXPECT_EQ(judge({.if_modified_since = before}, true), proceed);
  EXPECT_EQ(judge({.if_modified_since = at}, false), proceed);
  EXPECT_EQ(judge({.if_modified_since = "yesterday"}, true), proceed);
  EXPECT_EQ(judge({.if_unmodified_since = at}, false), proceed);
  EXPECT_EQ(judge({.if_unmodified_since = before}, false), failed);
  EXPECT_EQ(judge({.if_unmodified_since = "yesterday"}, false), proceed);
  EXPECT_EQ(
      judge({.if_match = "\"a,b\"", .if_unmodified_since = before}, false),
      proceed);
  EXPECT_EQ(judge({.if_none_match = "\"x\"", .if_modified_since = at}, true),
            proceed);
}

// REST-134
TEST(restconf_conditions, dates_are_read_in_all_three_forms) {
  EXPECT_EQ(http_date(sunday), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (auto text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), sunday) << text;
  for (auto text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun Nov 36 08:49:37 1994"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

} // namespace tocsin::protocol::restconf
