#include "protocol/line_splitter.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol {

TEST(line_splitter, joins_a_line_that_comes_in_pieces) {
  line_splitter uut{10};
  for (char c : std::string{"hello"}) {
    uut.push({&c, 1});
    EXPECT_FALSE(uut.next());
  }
  uut.push("\nx\r\n\ny");
  EXPECT_EQ(uut.next()->text, "hello");
  EXPECT_EQ(uut.next()->text, "x");
  EXPECT_EQ(uut.next()->text, "");
  EXPECT_FALSE(uut.next());
  EXPECT_EQ(uut.rest(), "y");
  EXPECT_EQ(uut.rest(), "");
}

TEST(line_splitter, reports_an_overlong_line_once_and_goes_on) {
  line_splitter uut{4};
  for (int i = 0; i < 100; ++i) {
    uut.push("abc");
    EXPECT_FALSE(uut.next());
  }
  uut.push("\nabcd\nabcde\nok\n");
  auto first = uut.next();
  EXPECT_TRUE(first->overlong);
  EXPECT_EQ(first->text, "");
  EXPECT_EQ(uut.next()->text, "abcd");
  EXPECT_TRUE(uut.next()->overlong);
  auto last = uut.next();
  EXPECT_FALSE(last->overlong);
  EXPECT_EQ(last->text, "ok");
}

} // namespace tocsin::protocol
