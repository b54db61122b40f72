#include "protocol/restconf/error_reader.hpp"
#include "protocol/restconf/host_meta.hpp"
#include "protocol/restconf/message.hpp"

#include <gmock/gmock.h>

namespace tocsin::protocol::restconf {

namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string xrd(const std::string& href, const std::string& rel = "restconf") {
  return "<?xml version='1.0' encoding='UTF-8'?>\n"
         "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n  <Link "
         "rel='"
         + rel + "' href='" + href + "'/>\n</XRD>\n";
}

std::string root_of(const std::string& body) {
  auto x = read_root(body);
  return x ? "root " + *x : to_string(x.error());
}

// REST-020, DATA-008
TEST(host_meta, the_root_is_what_the_link_says) {
  EXPECT_EQ(root_of(xrd("/restconf")), "root /restconf");
  EXPECT_EQ(root_of(xrd("/top/rc")), "root /top/rc");
  EXPECT_EQ(root_of(R"({"links":[{"rel":"lrdd","href":"/x"},)"
                    R"({"rel":"restconf","href":"/rc"}]})"),
            "root /rc");
}

// REST-021
TEST(host_meta, links_of_all_kinds_are_resolved) {
  EXPECT_EQ(root_of(xrd("/restconf/")), "root /restconf");
  EXPECT_EQ(root_of(xrd("https://dots.example:8443/rc/")), "root /rc");
  EXPECT_EQ(root_of(xrd("https://dots.example")), "root ");
  EXPECT_EQ(root_of(xrd("//dots.example/rc")), "root /rc");
  EXPECT_EQ(root_of(xrd("rc")), "root /.well-known/rc");
  EXPECT_EQ(root_of(xrd("/rc?a=b#c")), "root /rc");
}

// REST-003
TEST(host_meta, a_link_without_tls_is_refused) {
  EXPECT_THAT(root_of(xrd("http://dots.example/rc")), HasSubstr("https"));
  EXPECT_THAT(root_of(xrd("coap://dots.example/rc")), HasSubstr("https"));
}

TEST(host_meta, other_links_and_comments_are_passed_over) {
  EXPECT_EQ(root_of("<x:XRD><!-- <Link rel='restconf' href='/no'/> -->"
                    "<x:Link rel='other' href='/no'/>"
                    "<x:Link href = \"/a>b&amp;\" rel='copyright'/>"
                    "<x:Link\n rel = \"restconf\"\n href = \"/yes\" />"
                    "</x:XRD>"),
            "root /yes");
  EXPECT_THAT(root_of(xrd("/x", "other")), HasSubstr("no link"));
  EXPECT_THAT(root_of(R"({"links":[]})"), HasSubstr("no link"));
}

TEST(host_meta, what_makes_no_sense_is_refused) {
  EXPECT_THAT(root_of(""), HasSubstr("no link"));
  EXPECT_THAT(root_of("{"), HasSubstr("host-meta"));
  EXPECT_THAT(root_of("<!DOCTYPE x [<!ENTITY a 'b'>]>" + xrd("/rc")),
              HasSubstr("document type"));
  EXPECT_THAT(root_of("<XRD><Link rel='restconf'/></XRD>"),
              HasSubstr("no href"));
  EXPECT_THAT(root_of(xrd("/a b")), HasSubstr("no path"));
  EXPECT_THAT(root_of(xrd("/a\r\nX: y")), HasSubstr("no path"));
}

/// Whatever is cut off where, nothing bad happens.
TEST(host_meta, it_may_end_anywhere) {
  auto whole = "<!-- a -->" + xrd("/rc");
  auto link = whole.find("/>") + 2;
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_EQ(static_cast<bool>(read_root(whole.substr(0, n))), n >= link) << n;
}

TEST(error_reader, reads_what_we_write) {
  refusal x{409,
            {yang::error_tag::resource_denied, "/a:b/c[d='e']", "in use", "f"}};
  EXPECT_EQ(read_errors(error_body(x)), x.errors);
}

TEST(error_reader, takes_what_it_can_of_other_answers) {
  EXPECT_THAT(read_errors("<html>502</html>"), SizeIs(0));
  EXPECT_THAT(read_errors("{}"), SizeIs(0));
  auto x = read_errors(R"({"ietf-restconf:errors":{"error":[)"
                       R"({"error-tag":"vendor","error-path":7}]}})");
  ASSERT_THAT(x, SizeIs(1));
  EXPECT_EQ(x[0].tag, yang::error_tag::operation_failed);
  EXPECT_EQ(x[0].path, "");
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += (i == 0 ? "" : ",") + std::string{R"({"error-tag":"too-big"})"};
  EXPECT_THAT(
      read_errors(R"({"ietf-restconf:errors":{"error":[)" + many + "]}}"),
      SizeIs(max_read_errors));
}

} // namespace
} // namespace tocsin::protocol::restconf
