#include "tests/unit/restconf/toy_store.hpp"

namespace tocsin::test {

// REST-018, REST-019, REST-024, REST-025
TEST_F(restconf_test, root_is_found_as_xrd) {
  base = "";
  auto x = get("/.well-known/host-meta");
  EXPECT_EQ(x.status, 200u);
  EXPECT_EQ(field(x, "Content-Type"), "application/xrd+xml");
  EXPECT_EQ(x.body, "<?xml version='1.0' encoding='UTF-8'?>\n"
                    "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n"
                    "  <Link rel='restconf' href='/restconf'/>\n</XRD>\n");
  auto wanting = [&](std::string accept, std::string path) {
    return ask({.method = "GET", .target = path, .accept = accept});
  };
  std::string meta = "/.well-known/host-meta";
  EXPECT_EQ(wanting("*/*", meta).body, x.body);
  EXPECT_EQ(outcome(wanting("application/yang-data+json", meta)),
            "406 invalid-value");
  EXPECT_EQ(outcome(send("POST", meta, "{}")), "405 operation-not-supported");
  EXPECT_EQ(field(send("OPTIONS", meta), "Allow"), "GET, HEAD, OPTIONS");
}

// REST-023
TEST_F(restconf_test, root_is_found_as_jrd) {
  auto jrd = R"({"links":[{"rel":"restconf","href":"/restconf"}]})";
  base = "";
  auto x = get("/.well-known/host-meta.json");
  EXPECT_EQ(field(x, "Content-Type"), "application/json");
  EXPECT_EQ(x.body, jrd);
  EXPECT_EQ(ask({.method = "GET",
                 .target = "/.well-known/host-meta",
                 .accept = "application/xrd+xml;q=0.5, application/json"})
                .body,
            jrd);
}

// REST-022, REST-026
TEST_F(restconf_test, root_is_where_it_was_put) {
  handler = {toy_root, restconf::data_channel_modules(), "/top/rc"};
  base = "";
  EXPECT_NE(get("/.well-known/host-meta").body.find("href='/top/rc'"),
            std::string::npos);
  EXPECT_EQ(get("/top/rc/data/toy:top").status, 200u);
  EXPECT_EQ(get("/restconf/data/toy:top").status, 404u);
  base = "/top/rc/data";
  EXPECT_EQ(field(send("POST", "/toy:top", R"({"toy:owner":[{"id":"p"}]})"),
                  "Location"),
            "https://dots.example.net/top/rc/data/toy:top/owner=p");
  for (auto bad :
       {"", "/", "restconf", "/a/", "/a//b", "/a b", "/a'b", "/.well-known/x"})
    EXPECT_FALSE(restconf::is_root_path(bad)) << bad;
  EXPECT_TRUE(restconf::is_root_path("/top/rc"));
}

// REST-026, REST-027, REST-028, REST-031, REST-032
TEST_F(restconf_test, api_resource_is_shown) {
  base = "";
  for (auto path : {"/restconf", "/restconf/"})
    EXPECT_EQ(get(path).body,
              R"({"ietf-restconf:restconf":{"data":{},"operations":{},)"
              R"("yang-library-version":"2016-06-21"}})");
  EXPECT_EQ(get("/restconf/yang-library-version").body,
            R"({"ietf-restconf:yang-library-version":"2016-06-21"})");
  EXPECT_EQ(get("/restconf/operations").body,
            R"({"ietf-restconf:operations":{}})");
  EXPECT_EQ(get("/restconf?fields=data").body,
            R"({"ietf-restconf:restconf":{"data":{}}})");
  EXPECT_EQ(outcome(get("/restconf?content=all")), "400 invalid-value");
  EXPECT_EQ(outcome(send("PUT", "/restconf", "{}")),
            "405 operation-not-supported");
  EXPECT_EQ(field(send("OPTIONS", "/restconf"), "Allow"), "GET, HEAD, OPTIONS");
}

// DATA-078, REST-033, REST-034
TEST_F(restconf_test, library_lists_the_modules) {
  auto x = get("/ietf-yang-library:modules-state"
               "/module=ietf-access-control-list,2019-03-04");
  EXPECT_EQ(x.body,
            R"({"ietf-yang-library:module":[{"name":)"
            R"("ietf-access-control-list","revision":"2019-03-04",)"
            R"("namespace":)"
            R"("urn:ietf:params:xml:ns:yang:ietf-access-control-list",)"
            R"("feature":["match-on-ipv4","match-on-ipv6","ipv4","ipv6"],)"
            R"("conformance-type":"import"}]})");
  auto all = get("/ietf-yang-library:modules-state").body;
  for (auto module :
       {R"("ietf-dots-data-channel","revision":"2020-05-28","namespace":)"
        R"("urn:ietf:params:xml:ns:yang:ietf-dots-data-channel")",
        R"("ietf-packet-fields","revision":"2019-03-04")",
        R"("ietf-ethertypes","revision":"2019-03-04")",
        R"("ietf-interfaces","revision":"2018-02-20")",
        R"("ietf-inet-types","revision":"2013-07-15")",
        R"("ietf-yang-types","revision":"2013-07-15")",
        R"("ietf-yang-library","revision":"2016-06-21")",
        R"("ietf-restconf-monitoring","revision":"2017-01-26")",
        R"("ietf-restconf","revision":"2017-01-26")", R"("module-set-id":")"})
    EXPECT_NE(all.find(module), std::string::npos) << module;
  EXPECT_EQ(get("/ietf-yang-library:modules-state/module=x,y").status, 404u);
}

// FILT-010: it describes messages of the signal channel, no data.
TEST_F(restconf_test, library_leaves_out_the_module_of_filter_control) {
  for (const auto& x : restconf::data_channel_modules())
    EXPECT_NE(x.name, "ietf-dots-signal-control");
}

// REST-037, REST-038, REST-039, REST-040, REST-132
TEST_F(restconf_test, capabilities_are_those_which_there_are) {
  std::string at = "/ietf-restconf-monitoring:restconf-state";
  EXPECT_EQ(get(at + "/capabilities").body,
            R"({"ietf-restconf-monitoring:capabilities":{"capability":[)"
            R"("urn:ietf:params:restconf:capability:defaults:1.0)"
            R"(?basic-mode=report-all",)"
            R"("urn:ietf:params:restconf:capability:depth:1.0",)"
            R"("urn:ietf:params:restconf:capability:fields:1.0",)"
            R"("urn:ietf:params:restconf:capability:with-defaults:1.0"]}})");
  EXPECT_EQ(get(at + "/streams").status, 404u);
}

TEST_F(restconf_test, without_data_only_what_needs_none_is_answered) {
  auto alone = [&](std::string method, std::string target) {
    auto x = handler.handle_without_data({.method = method, .target = target});
    return x ? x->status : 0;
  };
  EXPECT_EQ(alone("GET", "/.well-known/host-meta"), 200u);
  EXPECT_EQ(alone("GET", "/restconf"), 200u);
  EXPECT_EQ(alone("GET", "/restconf/data/ietf-yang-library:modules-state"),
            200u);
  EXPECT_EQ(alone("OPTIONS", "/restconf/data/toy:top"), 200u);
  EXPECT_EQ(alone("GET", "/restconf/data/toy:none"), 404u);
  EXPECT_EQ(alone("BREW", "/restconf/data/toy:top"), 501u);
  EXPECT_EQ(alone("PUT", "/restconf/data/toy:top"), 405u);
  for (auto method : {"GET", "HEAD", "POST"})
    EXPECT_EQ(alone(method, "/restconf/data/toy:top"), 0u);
  EXPECT_EQ(alone("GET", "/restconf/data"), 0u);
}

// REST-151, REST-152, REST-155
TEST(restconf_errors, body_has_what_is_known) {
  using yang::error_tag;
  restconf::refusal x{409,
                      {error_tag::resource_denied, "/a:b", "say \"no\"", "x"}};
  x.errors.push_back({error_tag::invalid_value, {}, {}, {}});
  EXPECT_EQ(error_body(x),
            R"({"ietf-restconf:errors":{"error":[{"error-type":"application",)"
            R"("error-tag":"resource-denied","error-app-tag":"x",)"
            R"("error-path":"/a:b","error-message":"say \"no\""},)"
            R"({"error-type":"protocol","error-tag":"invalid-value"}]}})");
  struct {
    error_tag tag;
    unsigned status;
  } table[]{{error_tag::in_use, 409},
            {error_tag::invalid_value, 400},
            {error_tag::too_big, 413},
            {error_tag::missing_attribute, 400},
            {error_tag::bad_attribute, 400},
            {error_tag::unknown_attribute, 400},
            {error_tag::bad_element, 400},
            {error_tag::unknown_element, 400},
            {error_tag::unknown_namespace, 400},
            {error_tag::access_denied, 403},
            {error_tag::lock_denied, 409},
            {error_tag::resource_denied, 409},
            {error_tag::rollback_failed, 500},
            {error_tag::data_exists, 409},
            {error_tag::data_missing, 409},
            {error_tag::operation_not_supported, 405},
            {error_tag::operation_failed, 500},
            {error_tag::partial_operation, 500},
            {error_tag::malformed_message, 400}};
  for (auto [tag, status] : table)
    EXPECT_EQ(restconf::status_of(tag), status) << to_string(tag);
}

} // namespace tocsin::test
