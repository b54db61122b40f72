#include "protocol/signal/request.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::signal {

namespace {

using views = std::vector<std::string_view>;

/// Segments below /.well-known/dots.
result<request_path> parse(views rest) {
  rest.insert(rest.begin(), {".well-known", "dots"});
  return parse_path(rest);
}

failure refusal(const views& rest) {
  auto r = parse(rest);
  return r ? failure{ec::none, "", ""} : r.error();
}

void expect_refused(const views& rest, ec code, std::string_view where) {
  auto why = refusal(rest);
  EXPECT_EQ(why.code, code) << testing::PrintToString(rest);
  EXPECT_EQ(why.where, where) << testing::PrintToString(rest);
}

void expect_path(const views& rest, const request_path& path) {
  auto r = parse(rest);
  ASSERT_TRUE(r) << to_string(r.error());
  EXPECT_TRUE(*r == path);
  auto segments = to_segments(path);
  views again(segments.begin(), segments.end());
  again.erase(again.begin(), again.begin() + 2);
  EXPECT_EQ(again, rest);
}

} // namespace

// SIG-048, SIG-025, SIG-026, SIG-150, SIG-204, SIG-245
TEST(request, names_the_resources_of_the_rfc) {
  expect_path({"mitigate", "cuid=dz6pHjaADkaFTbjr0JGBpw", "mid=123"},
              mitigate_path{{}, "dz6pHjaADkaFTbjr0JGBpw", 123});
  expect_path({"mitigate", "cuid=a"}, mitigate_path{{}, "a", {}});
  expect_path({"mitigate", "cdid=7eeaf349529eb55ed50113", "cuid=a", "mid=0"},
              mitigate_path{"7eeaf349529eb55ed50113", "a", 0});
  expect_path({"config"}, config_path{});
  expect_path({"config", "sid=4294967295"}, config_path{4294967295});
  expect_path({"hb"}, heartbeat_path{});
}

// SIG-026
TEST(request, finds_nothing_elsewhere) {
  for (const auto& path :
       {views{}, views{""}, views{".well-known"}, views{".well-known", "dots"},
        views{".well-known", "core"}, views{"dots", ".well-known", "mitigate"},
        views{".well-known", "dots", "tm-setup"},
        views{".well-known", "dots", ""}, views{".well-known", "dots", "HB"},
        views{".well-known", "dots", "v1", "mitigate", "cuid=a"},
        views{".Well-Known", "dots", "hb"}, views{"mitigate", "cuid=a"}})
    EXPECT_EQ(parse_path(path).error().code, ec::not_found)
        << testing::PrintToString(path);
}

// SIG-051, SIG-119, SIG-150
TEST(request, wants_a_cuid) {
  expect_refused({"mitigate"}, ec::missing, "cuid");
  expect_refused({"mitigate", "cdid=a"}, ec::missing, "cuid");
  expect_refused({"mitigate", "mid=1"}, ec::malformed, "mid");
}

// SIG-075, SIG-151, SIG-206
TEST(request, refuses_empty_values) {
  expect_refused({"mitigate", "cuid=", "mid=1"}, ec::malformed, "cuid");
  expect_refused({"mitigate", "cuid=a", "mid="}, ec::malformed, "mid");
  expect_refused({"mitigate", "cdid=", "cuid=a"}, ec::malformed, "cdid");
  expect_refused({"config", "sid="}, ec::malformed, "sid");
}

// SIG-049, SIG-050, SIG-108
TEST(request, refuses_parameters_out_of_order) {
  expect_refused({"mitigate", "mid=1", "cuid=a"}, ec::malformed, "mid");
  expect_refused({"mitigate", "cuid=a", "cdid=b"}, ec::malformed, "cdid");
  expect_refused({"mitigate", "cuid=a", "mid=1", "cdid=b"}, ec::malformed,
                 "cdid");
}

TEST(request, refuses_duplicates_and_strangers) {
  expect_refused({"mitigate", "cuid=a", "cuid=b"}, ec::malformed, "cuid");
  expect_refused({"mitigate", "cuid=a", "mid=1", "mid=1"}, ec::malformed,
                 "mid");
  expect_refused({"mitigate", "cdid=a", "cdid=b", "cuid=c"}, ec::malformed,
                 "cdid");
  expect_refused({"mitigate", "cuid=a", ""}, ec::malformed, "Uri-Path");
  expect_refused({"mitigate", "cuid=a", "mid=1", "x=1"}, ec::malformed,
                 "Uri-Path");
  expect_refused({"mitigate", "cuid"}, ec::malformed, "cuid");
  expect_refused({"mitigate", "Cuid=a"}, ec::malformed, "Uri-Path");
  expect_refused({"config", "sid=1", "sid=1"}, ec::malformed, "sid");
}

// SIG-065
TEST(request, wants_mid_in_canonical_decimal) {
  for (auto mid : {"mid=01", "mid=00", "mid=+1", "mid=-1", "mid= 1", "mid=1 ",
                   "mid=0x1", "mid=1.0", "mid=%31", "mid=a"})
    expect_refused({"mitigate", "cuid=a", mid}, ec::malformed, "mid");
  for (auto mid : {"mid=4294967296", "mid=99999999999999999999999"})
    expect_refused({"mitigate", "cuid=a", mid}, ec::out_of_range, "mid");
  expect_path({"mitigate", "cuid=a", "mid=4294967295"},
              mitigate_path{{}, "a", 4294967295});
  expect_refused({"config", "sid=007"}, ec::malformed, "sid");
}

// SIG-244
TEST(request, has_no_cuid_in_config) {
  expect_refused({"config", "cuid=a"}, ec::malformed, "cuid");
  expect_refused({"config", "cuid=a", "sid=1"}, ec::malformed, "cuid");
}

// SIG-289
TEST(request, has_nothing_behind_a_heartbeat) {
  expect_refused({"hb", "cuid=a"}, ec::malformed, "cuid");
  expect_refused({"hb", "cdid=a"}, ec::malformed, "cdid");
  expect_refused({"hb", "mid=1"}, ec::malformed, "mid");
  expect_refused({"hb", ""}, ec::malformed, "Uri-Path");
}

TEST(request, refuses_identifiers_that_could_do_harm) {
  auto large = "cuid=" + std::string(251, 'a');
  for (std::string_view cuid :
       {std::string_view{"cuid=a/b"}, std::string_view{"cuid=a b"},
        std::string_view{"cuid=a\n"}, std::string_view{"cuid=\xC3\xA4"},
        std::string_view{"cuid=a\0b", 8}, std::string_view{large}})
    expect_refused({"mitigate", cuid, "mid=1"}, ec::malformed, "cuid");
  expect_path({"mitigate", "cuid=%2F=-_"}, mitigate_path{{}, "%2F=-_", {}});
}

// SIG-153, SIG-154
TEST(request, reads_the_filter_and_ignores_other_queries) {
  EXPECT_EQ(parse_query({}), content_filter::all);
  struct {
    views query;
    content_filter filter;
  } rows[]{{{"c=c"}, content_filter::configuration},
           {{"c=n"}, content_filter::non_configuration},
           {{"c=a"}, content_filter::all},
           {{"c="}, content_filter::all},
           {{"c=x"}, content_filter::all},
           {{"d=c", "", "c"}, content_filter::all},
           {{"x=1", "c=c", "y"}, content_filter::configuration},
           {{"c=c", "c=n"}, content_filter::non_configuration}};
  for (const auto& row : rows)
    EXPECT_EQ(parse_query(row.query), row.filter);
}

// SIG-207, SIG-119
TEST(request, tells_when_a_method_misses_its_mid) {
  EXPECT_EQ(*require_mid({{}, "a", 7}), 7u);
  auto r = require_mid({{}, "a", {}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ec::missing);
  EXPECT_EQ(r.error().where, "mid");
}

TEST(request, is_shown_as_a_path) {
  EXPECT_EQ(to_string(request_path{mitigate_path{{}, "x", 7}}),
            "/.well-known/dots/mitigate/cuid=x/mid=7");
}

} // namespace tocsin::protocol::signal
