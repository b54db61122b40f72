#include "transports/http_message.hpp"

#include <gtest/gtest.h>

namespace tocsin::transports {
namespace {

TEST(http_fields_test, names_are_found_in_any_case) {
  http_fields x;
  x.add("Content-Type", "a/b");
  ASSERT_NE(x.find("content-type"), nullptr);
  EXPECT_EQ(*x.find("content-type"), "a/b");
  EXPECT_EQ(x.find("accept"), nullptr);
}

TEST(http_fields_test, fields_of_one_name_are_one_list) {
  http_fields x{{"accept", "a/b"}, {"host", "h"}, {"accept", "c/d;q=0.1"}};
  EXPECT_EQ(x.list("accept"), "a/b, c/d;q=0.1");
  EXPECT_EQ(x.count("accept"), 2u);
  EXPECT_EQ(x.list("etag"), "");
}

TEST(http_fields_test, setting_replaces_all_of_that_name) {
  http_fields x{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  x.set("A", "4");
  EXPECT_EQ(x, (http_fields{{"b", "2"}, {"a", "4"}}));
  x.erase("b");
  EXPECT_EQ(x.size(), 1u);
}

TEST(http_message_test, a_date_is_written_as_in_the_rfc) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

TEST(http_message_test, tokens_and_values_are_told_from_other_text) {
  EXPECT_TRUE(is_http_token("X-Some_thing!"));
  for (std::string_view bad : {"", "a b", "a:b", "a\r", "(a)", "\xC3\xA4"})
    EXPECT_FALSE(is_http_token(bad)) << bad;
  EXPECT_TRUE(is_http_value("a b\t\xC3\xA4"));
  for (std::string_view bad : {"a\r\nb", "\n", "\x7F", "a\x01"})
    EXPECT_FALSE(is_http_value(bad)) << bad;
  EXPECT_FALSE(is_http_value(std::string_view{"\0", 1}));
}

TEST(http_message_test, a_list_is_searched_item_by_item) {
  EXPECT_TRUE(http_list_has("a,  Close ,b", "close"));
  EXPECT_TRUE(http_list_has("close", "close"));
  EXPECT_FALSE(http_list_has("closed, not-close", "close"));
  EXPECT_FALSE(http_list_has("", "close"));
}

} // namespace
} // namespace tocsin::transports
