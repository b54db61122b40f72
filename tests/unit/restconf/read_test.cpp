#include "tests/unit/restconf/toy_store.hpp"

namespace tocsin::test {

// DATA-220, REST-045, REST-130, REST-157
TEST_F(restconf_test, resource_is_read) {
  EXPECT_EQ(get("/toy:top/owner=o/items/item=b?content=config").body,
            R"({"toy:items":{"item":[{"name":"b","colour":"red"}]}})");
  EXPECT_EQ(get("/toy:top/owner=o/items/item=b/colour").body,
            R"({"toy:colour":"red"})");
  EXPECT_EQ(get("/toy:top/owner=o/items/item=a/prefix=192.0.2.0%2F24").body,
            R"({"toy:prefix":["192.0.2.0/24"]})");
  EXPECT_EQ(get("/toy:top/owner=o/pair=x%2Fy%2Cz,1").body,
            R"({"toy:pair":[{"a":"x/y,z","b":1}]})");
  EXPECT_EQ(get("/toy:top/limits").body, R"({"toy:limits":{"size":4}})");
  auto x = get("/toy:top/");
  EXPECT_EQ(x.status, 200u);
  EXPECT_EQ(field(x, "Content-Type"), "application/yang-data+json");
}

// REST-054, REST-075, DATA-217
TEST_F(restconf_test, what_is_not_there_is_not_found) {
  for (auto path :
       {"/toy:top/owner=x", "/toy:top/owner=o/items/item=x",
        "/toy:top/owner=x/items", "/toy:top/owner=o/items/item=a/prefix=::%2F0",
        "/toy:top/owner=o/items/item=b/shape", "/toy:none", "x",
        "/toy:top/owner=o/items/item=b/parts/part=p/match"})
    EXPECT_EQ(outcome(get(path)), "404 invalid-value") << path;
  base = "";
  for (auto path : {"/", "/restconfx", "/rest", "/restconf/none",
                    "/restconf/operations/x", "/restconf/dat"})
    EXPECT_EQ(outcome(get(path)), "404 invalid-value") << path;
}

// REST-101
TEST_F(restconf_test, container_without_presence_is_always_there) {
  EXPECT_EQ(get("/toy:top/owner=o/items/item=b/parts").body,
            R"({"toy:parts":{}})");
  toy_store none;
  store = none;
  EXPECT_EQ(get("/toy:top?content=config").body, R"({"toy:top":{}})");
  EXPECT_EQ(get("/toy:top/extra:tags").status, 404u);
}

// REST-030, REST-033, REST-037
TEST_F(restconf_test, datastore_has_all_modules) {
  auto x = get("");
  EXPECT_TRUE(x.body.starts_with(
      R"({"ietf-restconf:data":{"toy:top":{"owner":[{"id":"o")"))
      << x.body;
  for (auto name : {"ietf-yang-library:modules-state",
                    "ietf-restconf-monitoring:restconf-state", R"("limits")"})
    EXPECT_NE(x.body.find(name), std::string::npos) << name;
  EXPECT_EQ(get("?depth=2").body,
            R"({"ietf-restconf:data":{"toy:top":{},)"
            R"("ietf-yang-library:modules-state":{},)"
            R"("ietf-restconf-monitoring:restconf-state":{}}})");
  EXPECT_EQ(get("?fields=toy:top/limits").body,
            R"({"ietf-restconf:data":{"toy:top":{"limits":{"size":4}}}})");
}

// REST-109, REST-113, DATA-218, DATA-219
TEST_F(restconf_test, content_selects_configuration_or_state) {
  auto at = std::string{"/toy:top/owner=o/items/item=b"};
  EXPECT_EQ(get(at + "?content=nonconfig").body,
            R"({"toy:items":{"item":[{"name":"b","left":7}]}})");
  EXPECT_EQ(get(at + "?content=nonconfig").body,
            get(at + "?content=non-config").body);
  EXPECT_EQ(get("/toy:top/limits?content=config").body, R"({"toy:limits":{}})");
  EXPECT_EQ(get(at + "/left?content=config").status, 404u);
  EXPECT_EQ(get(at + "/left").body, R"({"toy:left":7})");
  EXPECT_EQ(get(at + "/colour?content=nonconfig").status, 404u);
}

// REST-106, REST-107, REST-127, REST-128
TEST_F(restconf_test, query_is_judged) {
  auto at = std::string{"/toy:top/owner=o/items/item=b"};
  EXPECT_EQ(get(at + "?with-defaults=explicit&content=config").body,
            R"({"toy:items":{"item":[{"name":"b"}]}})");
  for (auto query : {"?x=1", "?content=all&content=all", "?insert=first",
                     "?depth=0", "?with-defaults=x"})
    EXPECT_EQ(outcome(get(at + query)), "400 invalid-value") << query;
  EXPECT_EQ(outcome(send("DELETE", at + "?content=all")), "400 invalid-value");
  EXPECT_EQ(get(at + "?").status, 200u);
}

// REST-059, REST-060, REST-061, REST-150
TEST_F(restconf_test, representation_is_one_that_is_accepted) {
  auto ask_for = [&](std::string accept, std::string path) {
    return ask({.method = "GET", .target = path, .accept = accept});
  };
  auto path = "/restconf/data/toy:top";
  EXPECT_EQ(ask_for("*/*", path).status, 200u);
  EXPECT_EQ(ask_for("application/*;q=0.1", path).status, 200u);
  for (auto p : {path, "/restconf", "/restconf/operations"}) {
    auto x = ask_for("application/yang-data+xml", p);
    EXPECT_EQ(outcome(x), "406 invalid-value");
    EXPECT_EQ(field(x, "Content-Type"), "application/yang-data+json");
  }
}

// REST-069
TEST_F(restconf_test, head_is_get_without_a_body) {
  for (auto path : {"/toy:top", "/toy:top?depth=1", "/toy:top?depth=0",
                    "/toy:none", "/ietf-yang-library:modules-state"}) {
    auto full = get(path);
    auto head = send("HEAD", path);
    EXPECT_EQ(head.status, full.status);
    EXPECT_EQ(head.headers, full.headers);
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(head.represented_length, full.body.size());
  }
}

// REST-067, REST-068, REST-102, REST-103
TEST_F(restconf_test, methods_of_a_resource_are_told) {
  std::string read = "GET, HEAD, OPTIONS";
  std::string all = read + ", POST, PUT, PATCH, DELETE";
  struct {
    std::string_view path;
    std::string allow;
  } cases[]{
      {"", read},
      {"/toy:top", read + ", POST"},
      {"/toy:top/owner=o", all},
      {"/toy:top/owner=o/items", all},
      {"/toy:top/owner=o/items/item=b", all},
      {"/toy:top/owner=o/items/item=b/colour", read + ", PUT, PATCH, DELETE"},
      {"/toy:top/owner=o/items/item=b/name", read},
      {"/toy:top/owner=o/items/item=b/left", read},
      {"/toy:top/limits", read},
      {"/ietf-yang-library:modules-state", read},
  };
  for (const auto& [path, allow] : cases) {
    auto x = send("OPTIONS", std::string{path});
    EXPECT_EQ(x.status, 200u);
    EXPECT_EQ(field(x, "Allow"), allow) << path;
    EXPECT_EQ(field(x, "Accept-Patch"), "application/yang-data+json");
    if (path.empty())
      continue;
    for (auto method : {"POST", "PUT", "PATCH", "DELETE"}) {
      if (allow.find(method) != std::string::npos)
        continue;
      auto refused = send(method, std::string{path}, "{}");
      EXPECT_EQ(outcome(refused), "405 operation-not-supported")
          << method << path;
      EXPECT_EQ(field(refused, "Allow"), allow) << path;
    }
  }
  EXPECT_EQ(outcome(send("TRACE", "/toy:top")), "501 operation-not-supported");
  EXPECT_EQ(outcome(send("get", "/toy:top")), "501 operation-not-supported");
}

// REST-029, REST-086
TEST_F(restconf_test, datastore_is_not_changed_as_a_whole) {
  for (auto method : {"POST", "PUT", "PATCH"})
    EXPECT_EQ(outcome(send(method, "", R"({"toy:top":{}})")),
              "403 access-denied");
  EXPECT_EQ(outcome(send("DELETE", "")), "405 operation-not-supported");
}

// REST-133, REST-134, REST-135, REST-141, REST-145
TEST_F(restconf_test, only_configuration_is_not_modified) {
  auto x = get("/toy:top/owner=o");
  EXPECT_EQ(field(x, "ETag"), "\"v0\"");
  EXPECT_EQ(field(x, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(field(get(""), "ETag"), "\"v0\"");
  EXPECT_EQ(field(get("/toy:top/limits"), "ETag"), "-");
  auto conditional = [&](std::string path) {
    return ask({.method = "GET",
                .target = "/restconf/data" + path,
                .if_none_match = "\"v0\""});
  };
  auto same = conditional("/toy:top/owner=o?content=config");
  EXPECT_EQ(same.status, 304u);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(field(same, "ETag"), "\"v0\"");
  EXPECT_EQ(conditional("/toy:top/owner=o").status, 200u);
  EXPECT_EQ(conditional("/toy:top/owner=o?content=nonconfig").status, 200u);
  EXPECT_EQ(conditional("/toy:top/owner=x?content=config").status, 404u);
  EXPECT_EQ(outcome(ask({.method = "GET",
                         .target = "/restconf/data/toy:top",
                         .if_match = "\"v1\""})),
            "412 operation-failed");
}

} // namespace tocsin::test
