#include "tests/unit/restconf/toy_store.hpp"

namespace tocsin::test {

namespace {

const std::string owner = "/toy:top/owner=o";
const std::string items = owner + "/items";
const std::string item_a = items + "/item=a";
const std::string item_b = items + "/item=b";
constexpr std::string_view id_a = "/toy:top/owner[id='o']/items/item[name='a']";

std::string path_of(std::string_view name) {
  return "/toy:top/owner[id='o']/items/item[name='" + std::string{name} + "']";
}

using changes = std::vector<std::string>;
const std::string in_owner = "t /toy:top/owner[id='o']";

} // namespace

class restconf_edit : public restconf_test {
protected:
  // The names of the items in order, and of the parts of the first.
  std::string order() {
    std::string out;
    auto list = store.tree().find("top")->find("owner")->find("items");
    for (const auto& x : list ? list->children : std::vector<yang::data_node>{})
      out += x.find("name")->text;
    return out;
  }
  // Sends an edit which has to be refused, and has to change nothing.
  void refuses(std::string method, std::string path, std::string body,
               std::string_view want, std::string_view at = "-") {
    auto before = store.config();
    auto x = send(method, path, body);
    EXPECT_EQ(outcome(x), want) << method << " " << path << " " << body << "\n"
                                << x.body;
    EXPECT_EQ(at == "-" ? at : error_path(x), at) << x.body;
    EXPECT_EQ(store.config(), before);
  }
  std::string item(std::string_view inside) {
    return R"({"toy:item":[{)" + std::string{inside} + "}]}";
  }
  std::string wrapped(std::string_view entries) {
    return R"({"toy:items":{"item":[)" + std::string{entries} + "]}}";
  }
};

// REST-078, REST-081, REST-147, DATA-145
TEST_F(restconf_edit, post_creates_a_child) {
  auto x = send("POST", items, item(R"("name":"c,/")"));
  EXPECT_EQ(x.status, 201u);
  EXPECT_EQ(x.body, "");
  auto at = field(x, "Location");
  EXPECT_EQ(at, "https://dots.example.net/restconf/data/toy:top/owner=o/items"
                "/item=c%2C%2F");
  EXPECT_EQ(field(x, "ETag"), "\"v1\"");
  EXPECT_EQ(ask({.method = "GET", .target = at}).status, 200u);
  EXPECT_EQ(store.changes, (changes{"c " + path_of("c,/"), in_owner}));
  EXPECT_EQ(send("POST", item_b, R"({"toy:colour":"green"})").status, 201u);
  EXPECT_EQ(send("POST", item_b, R"({"extra:note":"n"})").status, 201u);
  EXPECT_EQ(send("POST", item_b, R"({"toy:prefix":["192.0.2.1/32"]})").status,
            201u);
  EXPECT_EQ(get(item_b + "?content=config").body,
            R"({"toy:items":{"item":[{"name":"b","colour":"green",)"
            R"("prefix":["192.0.2.1/32"],"extra:note":"n"}]}})");
  EXPECT_EQ(store.changes, (changes{"t " + path_of("b"), in_owner}));
}

// REST-081
TEST_F(restconf_edit, location_is_relative_if_the_host_cannot_be_trusted) {
  restconf::request x{.method = "POST",
                      .target = "/restconf/data/toy:top",
                      .content_type = "application/yang-data+json",
                      .host = "evil\r\nX: y",
                      .body = R"({"toy:owner":[{"id":"p"}]})"};
  EXPECT_EQ(field(ask(x), "Location"), "/restconf/data/toy:top/owner=p");
}

// REST-079
TEST_F(restconf_edit, post_has_exactly_one_child) {
  refuses("POST", "/toy:top", R"({"toy:owner":[{"id":"p"},{"id":"q"}]})",
          "400 invalid-value");
  refuses("POST", "/toy:top", R"({"toy:owner":[]})", "400 invalid-value");
  refuses("POST", "/toy:top", "{}", "400 invalid-value");
  refuses("POST", items, item(R"("name":"c"},{"name":"d")"),
          "400 invalid-value");
  refuses("POST", item_b, R"({"toy:colour":"red","toy:shape":"circle"})",
          "400 invalid-value");
  refuses("POST", "/toy:top", R"({"toy:owner":[{}]})", "400 missing-attribute",
          "/toy:top");
  refuses("POST", "/toy:top", R"({"toy:limits":{"size":5}})",
          "400 invalid-value");
}

// REST-083
TEST_F(restconf_edit, post_does_not_replace) {
  refuses("POST", "/toy:top", R"({"toy:owner":[{"id":"o"}]})",
          "409 resource-denied", "/toy:top/owner[id='o']");
  refuses("POST", items, item(R"("name":"a")"), "409 resource-denied", id_a);
  refuses("POST", item_a, R"({"toy:prefix":["192.0.2.9/24"]})",
          "409 resource-denied",
          std::string{id_a} + "/prefix[.='192.0.2.0/24']");
  refuses("POST", item_a, R"({"toy:parts":{}})", "409 resource-denied");
}

// REST-042
TEST_F(restconf_edit, parent_has_to_exist) {
  refuses("POST", "/toy:top/owner=x", wrapped(R"({"name":"c"})"),
          "404 invalid-value", "/toy:top/owner[id='x']");
  refuses("PUT", "/toy:top/owner=x/items/item=c", item(R"("name":"c")"),
          "404 invalid-value");
  refuses("PUT", items + "/item=c/parts/part=p/action",
          R"({"toy:action":"red"})", "404 invalid-value");
}

// DATA-143, DATA-144, REST-082
TEST_F(restconf_edit, post_of_an_envelope_adds_entries) {
  auto x = send("POST", owner, wrapped(R"({"name":"c"},{"name":"d"})"));
  EXPECT_EQ(x.status, 201u);
  EXPECT_EQ(field(x, "Location"),
            "https://dots.example.net/restconf/data/toy:top/owner=o/items");
  EXPECT_EQ(store.changes,
            (changes{"c " + path_of("c"), "c " + path_of("d"), in_owner}));
  x = send("POST", owner, wrapped(R"({"name":"e"})"));
  EXPECT_TRUE(field(x, "Location").ends_with("/items/item=e"));
  EXPECT_EQ(order(), "abcde");
  EXPECT_EQ(send("POST", "/toy:top", R"({"toy:owner":[{"id":"p"}]})").status,
            201u);
  EXPECT_EQ(send("POST", "/toy:top/owner=p", wrapped(R"({"name":"a"})")).status,
            201u);
}

// DATA-144, REST-104, REST-154
TEST_F(restconf_edit, one_entry_that_exists_refuses_all) {
  refuses("POST", owner, wrapped(R"({"name":"c"},{"name":"a"},{"name":"b"})"),
          "409 resource-denied", id_a);
  auto x = send("POST", owner, wrapped(R"({"name":"a"},{"name":"b"})"));
  EXPECT_NE(x.body.find(path_of("b")), std::string::npos) << x.body;
  refuses("POST", owner,
          wrapped(R"({"name":"c"},{"name":"d","colour":"blue"})"),
          "400 invalid-value", path_of("d"));
  refuses(
      "POST", owner, wrapped(R"({"name":"c","parts":{"part":[{"name":"p"}]}})"),
      "400 missing-attribute", path_of("c") + "/parts/part[name='p']/action");
}

TEST_F(restconf_edit, no_more_entries_than_there_is_room_for) {
  refuses("POST", owner,
          wrapped(R"({"name":"1"},{"name":"2"},{"name":"3"},)"
                  R"({"name":"4"},{"name":"5"},{"name":"6"})"),
          "413 too-big");
  refuses("POST", owner,
          wrapped(R"({"name":"1"},{"name":"2"},{"name":"3"},{"name":"4"})"),
          "409 resource-denied", "/toy:top/owner[id='o']/items/item");
  EXPECT_EQ(
      send("POST", owner, wrapped(R"({"name":"1"},{"name":"2"},{"name":"3"})"))
          .status,
      201u);
  refuses("PUT", items + "/item=4", item(R"("name":"4")"),
          "409 resource-denied");
}

// REST-085, REST-088, DATA-211
TEST_F(restconf_edit, put_creates_and_replaces) {
  auto x = send("PUT", items + "/item=c", item(R"("name":"c")"));
  EXPECT_EQ(x.status, 201u);
  EXPECT_EQ(field(x, "ETag"), "\"v1\"");
  EXPECT_EQ(store.changes, (changes{"c " + path_of("c"), in_owner}));
  x = send("PUT", item_a, wrapped(R"({"name":"a","colour":"green"})"));
  EXPECT_EQ(x.status, 204u);
  EXPECT_EQ(get(item_a + "?content=config").body,
            R"({"toy:items":{"item":[{"name":"a","colour":"green"}]}})");
  EXPECT_EQ(store.changes, (changes{"r " + path_of("a"), in_owner}));
  EXPECT_EQ(send("PUT", items + "/item=d", wrapped(R"({"name":"d"})")).status,
            201u);
  EXPECT_EQ(order(), "abcd");
}

// REST-120, DATA-207, REST-085
TEST_F(restconf_edit, put_keeps_the_place_unless_told) {
  EXPECT_EQ(send("PUT", item_a, item(R"("name":"a")")).status, 204u);
  EXPECT_EQ(order(), "ab");
  EXPECT_EQ(send("PUT", item_a + "?insert=last", item(R"("name":"a")")).status,
            204u);
  EXPECT_EQ(order(), "ba");
  EXPECT_EQ(send("PUT",
                 items
                     + "/item=c?insert=before&point=%2Ftoy%3Atop%2Fowner%3Do"
                       "%2Fitems%2Fitem%3Da",
                 item(R"("name":"c")"))
                .status,
            201u);
  EXPECT_EQ(order(), "bca");
}

// REST-080, REST-119, REST-126
TEST_F(restconf_edit, post_places_entries) {
  auto post = [&](std::string query, std::string body, std::string path) {
    return send("POST", path + query, body).status;
  };
  auto point = "&point=/restconf/data" + items + "/item=";
  EXPECT_EQ(post("?insert=first", item(R"("name":"1")"), items), 201u);
  EXPECT_EQ(order(), "1ab");
  EXPECT_EQ(post("?insert=after" + point + "a",
                 wrapped(R"({"name":"2"},{"name":"3"})"), owner),
            201u);
  EXPECT_EQ(order(), "1a23b");
  EXPECT_EQ(send("DELETE", items + "/item=1").status, 204u);
  EXPECT_EQ(send("DELETE", items + "/item=b").status, 204u);
  EXPECT_EQ(
      post("?insert=first", wrapped(R"({"name":"4"},{"name":"5"})"), owner),
      201u);
  EXPECT_EQ(order(), "45a23");
  EXPECT_EQ(send("DELETE", items + "/item=4").status, 204u);
  EXPECT_EQ(post("?insert=before" + point + "a", item(R"("name":"6")"), items),
            201u);
  EXPECT_EQ(order(), "56a23");
}

// REST-121, REST-123, REST-124, REST-125
TEST_F(restconf_edit, place_which_makes_no_sense_is_refused) {
  auto point = "&point=" + items + "/item=";
  refuses("POST", items + "?insert=after", item(R"("name":"c")"),
          "400 invalid-value");
  refuses("POST", items + "?insert=after" + point + "x", item(R"("name":"c")"),
          "400 bad-attribute");
  refuses("PUT", item_a + "?insert=after" + point + "a", item(R"("name":"a")"),
          "400 bad-attribute");
  refuses("PUT", item_a + "?insert=after" + point + "x", item(R"("name":"a")"),
          "400 bad-attribute");
  refuses("POST", "/toy:top?insert=first", R"({"toy:owner":[{"id":"p"}]})",
          "400 invalid-value");
  refuses("PUT", owner + "?insert=first", R"({"toy:owner":[{"id":"o"}]})",
          "400 invalid-value");
  refuses("PUT", item_a + "/colour?insert=first", R"({"toy:colour":"red"})",
          "400 invalid-value");
  refuses("PATCH", item_a + "?insert=first", item(""), "400 invalid-value");
}

// REST-087, REST-090, REST-092, DATA-211, DATA-212
TEST_F(restconf_edit, put_body_is_the_target) {
  refuses("PUT", item_a, "", "400 invalid-value");
  refuses("PUT", item_a, "{}", "400 invalid-value");
  refuses("PUT", item_a, item(R"("name":"b")"), "400 invalid-value", id_a);
  refuses("PUT", item_a, wrapped(R"({"name":"b"})"), "400 invalid-value", id_a);
  refuses("PUT", item_a, wrapped(R"({"name":"a"},{"name":"c"})"),
          "400 invalid-value");
  refuses("PUT", item_a, wrapped(""), "400 invalid-value");
  refuses("PUT", item_a, R"({"toy:pair":[{"a":"x","b":1}]})",
          "400 unknown-element");
  refuses("PUT", item_a + "/prefix=192.0.2.0%2F24",
          R"({"toy:prefix":["192.0.2.0/25"]})", "400 invalid-value");
  refuses("PATCH", item_a + "/prefix=192.0.2.0%2F24",
          R"({"toy:prefix":["192.0.2.0/25"]})", "400 invalid-value");
  refuses("PUT", item_a, item(R"("color":"red")"), "400 missing-attribute");
  refuses("PUT", item_a, item(R"("name":"a","color":"red")"),
          "400 unknown-element", id_a);
  refuses("PUT", item_a, "[]", "400 malformed-message");
}

// REST-101
TEST_F(restconf_edit, put_of_a_container_replaces_its_content) {
  EXPECT_EQ(send("PUT", items, wrapped(R"({"name":"c"},{"name":"a"})")).status,
            204u);
  EXPECT_EQ(order(), "ca");
  EXPECT_EQ(store.changes, (changes{"d " + path_of("b"), "c " + path_of("c"),
                                    "r " + path_of("a"), in_owner}));
  // The rules of this module keep what an owner had.
  EXPECT_EQ(send("PUT", owner, R"({"toy:owner":[{"id":"o"}]})").status, 204u);
  EXPECT_EQ(order(), "ca");
  EXPECT_EQ(get(owner + "/pair=x%2Fy%2Cz,1").status, 404u);
  EXPECT_EQ(store.changes, (changes{"r /toy:top/owner[id='o']"}));
}

// DATA-213
TEST_F(restconf_edit, what_get_returned_can_be_put) {
  auto before = store.config();
  auto body = get(item_a).body;
  EXPECT_NE(body.find("left"), std::string::npos);
  EXPECT_EQ(send("PUT", item_a, body).status, 204u);
  EXPECT_EQ(get(item_a).body, body);
}

// REST-093, REST-095, REST-091
TEST_F(restconf_edit, patch_merges) {
  EXPECT_EQ(send("PATCH", item_a, item(R"("colour":"green")")).status, 204u);
  EXPECT_EQ(send("PATCH", item_a,
                 wrapped(R"({"name":"a","prefix":["192.0.2.0/24",)"
                         R"("198.51.100.0/24"],"parts":{"part":[)"
                         R"({"name":"q","rate":"2.00"},)"
                         R"({"name":"r","action":"blue"}]}})"))
                .status,
            204u);
  EXPECT_EQ(get(item_a + "?content=config").body,
            R"({"toy:items":{"item":[{"name":"a","colour":"green",)"
            R"("prefix":["192.0.2.0/24","198.51.100.0/24"],"parts":{"part":[)"
            R"({"name":"p","action":"red"},)"
            R"({"name":"q","rate":"2.0","action":"green"},)"
            R"({"name":"r","action":"blue"}]}}]}})");
  EXPECT_EQ(store.changes, (changes{"r " + path_of("a"), in_owner}));
  EXPECT_EQ(send("PATCH", items,
                 wrapped(R"({"name":"b","colour":"red"},{"name":"c"})"))
                .status,
            204u);
  EXPECT_EQ(store.changes,
            (changes{"r " + path_of("b"), "c " + path_of("c"), in_owner}));
}

// REST-159
TEST_F(restconf_edit, patch_to_another_case_ends_the_former) {
  auto ports = item_a + "/parts/part=p/ports";
  EXPECT_EQ(send("PUT", ports, R"({"toy:ports":{"from":1,"to":2}})").status,
            204u);
  EXPECT_EQ(send("PATCH", ports, R"({"toy:ports":{"port":3}})").status, 204u);
  EXPECT_EQ(get(ports + "?with-defaults=explicit").body,
            R"({"toy:ports":{"port":3}})");
  EXPECT_EQ(send("PUT", ports + "/from", R"({"toy:from":3})").status, 400u);
}

// REST-094
TEST_F(restconf_edit, patch_creates_nothing) {
  refuses("PATCH", items + "/item=c", item(R"("name":"c")"),
          "404 invalid-value");
  refuses("PATCH", item_b + "/shape", R"({"toy:shape":"circle"})",
          "404 invalid-value");
  refuses("PATCH", item_a, item(R"("name":"b")"), "400 invalid-value");
  refuses("PATCH", item_a, "", "400 invalid-value");
  refuses("PATCH", item_a, item(R"("colour":"blue")"), "400 invalid-value",
          id_a);
}

// REST-098, REST-100, REST-101
TEST_F(restconf_edit, delete_removes_one_resource) {
  EXPECT_EQ(send("DELETE", item_a).status, 204u);
  EXPECT_EQ(store.changes, (changes{"d " + path_of("a"), in_owner}));
  refuses("DELETE", item_a, "", "404 invalid-value", id_a);
  refuses("DELETE", items + "/item", "", "400 invalid-value");
  refuses("DELETE", item_b + "/prefix", "", "400 invalid-value");
  refuses("DELETE", item_b + "/colour", "", "404 invalid-value");
  EXPECT_EQ(send("DELETE", items).status, 204u);
  EXPECT_EQ(store.changes, (changes{"d " + path_of("b"), in_owner}));
  EXPECT_EQ(get(items).body, R"({"toy:items":{}})");
  EXPECT_EQ(send("DELETE", items).status, 204u);
  EXPECT_EQ(send("DELETE", owner).status, 204u);
  EXPECT_EQ(store.changes, (changes{"d /toy:top/owner[id='o']"}));
  EXPECT_EQ(get(owner).status, 404u);
}

// REST-104
TEST_F(restconf_edit, delete_leaves_a_valid_datastore) {
  auto part = item_a + "/parts/part=p";
  refuses("DELETE", part + "/action", "", "400 missing-attribute",
          std::string{id_a} + "/parts/part[name='p']/action");
  EXPECT_EQ(send("DELETE", part).status, 204u);
  EXPECT_EQ(store.changes,
            (changes{"d " + std::string{id_a} + "/parts/part[name='p']",
                     "t " + std::string{id_a}, in_owner}));
  EXPECT_EQ(send("DELETE", item_a + "/prefix=192.0.2.0%2F24").status, 204u);
}

// REST-058, REST-055
TEST_F(restconf_edit, body_of_another_type_is_refused) {
  auto sent = [&](std::string method, std::optional<std::string> type) {
    return ask({.method = method,
                .target = "/restconf/data" + item_b,
                .content_type = type,
                .body = item(R"("name":"b")")});
  };
  for (auto type : {"application/yang-data+xml", "text/plain",
                    "application/json", "application/yang-patch+json"}) {
    EXPECT_EQ(sent("PUT", type).status, 415u) << type;
    EXPECT_EQ(field(sent("PATCH", type), "Accept-Patch"),
              "application/yang-data+json");
  }
  EXPECT_EQ(sent("PUT", {}).status, 415u);
  EXPECT_EQ(sent("PUT", "application/yang-data+json; charset=utf-8").status,
            204u);
}

// REST-143, REST-144
TEST_F(restconf_edit, precondition_keeps_others_changes) {
  auto sent = [&](restconf::request x) {
    x.content_type = "application/yang-data+json";
    x.target = "/restconf/data" + x.target;
    return outcome(ask(x));
  };
  auto body = item(R"("name":"b")");
  EXPECT_EQ(sent({.method = "PUT",
                  .target = item_b,
                  .if_match = "\"v7\"",
                  .body = body}),
            "412 operation-failed");
  EXPECT_EQ(sent({.method = "PUT",
                  .target = item_b,
                  .if_none_match = "*",
                  .body = body}),
            "412 operation-failed");
  EXPECT_EQ(sent({.method = "PUT",
                  .target = items + "/item=c",
                  .if_match = "*",
                  .body = item(R"("name":"c")")}),
            "412 operation-failed");
  EXPECT_EQ(sent({.method = "DELETE",
                  .target = item_b,
                  .if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT"}),
            "412 operation-failed");
  EXPECT_EQ(sent({.method = "DELETE",
                  .target = items + "/item=c",
                  .if_match = "\"v7\""}),
            "404 invalid-value");
  EXPECT_EQ(order(), "ab");
  EXPECT_EQ(sent({.method = "PUT",
                  .target = items + "/item=c",
                  .if_none_match = "*",
                  .body = item(R"("name":"c")")}),
            "201");
  EXPECT_EQ(sent({.method = "DELETE", .target = item_b, .if_match = "\"v1\""}),
            "204");
  EXPECT_EQ(order(), "ac");
}

// REST-084, REST-089, REST-097, REST-099, REST-149
TEST_F(restconf_edit, owner_of_the_data_may_refuse) {
  store.forbid_edits = true;
  for (auto method : {"POST", "PUT", "PATCH", "DELETE"})
    refuses(method, item_a, item(R"("name":"a")"), "403 access-denied");
  EXPECT_EQ(get(item_a).status, 200u);
  store.forbid_edits = false;
  store.refuse_commit = true;
  refuses("PUT", item_a, item(R"("name":"a")"), "501 operation-not-supported");
}

// REST-158, REST-016
TEST_F(restconf_edit, body_which_is_too_large_is_refused) {
  auto body = item(R"("name":"c")");
  body.append(yang::max_body, ' ');
  refuses("POST", items, body, "413 too-big");
}

} // namespace tocsin::test
