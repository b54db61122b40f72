#include "protocol/data/entry_order.hpp"
#include "store_fixture.hpp"

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;
using yang::error_tag;

namespace {

/// What storage does with the changes of edits.
struct records {
  std::vector<registration_record> clients;
  std::vector<entry_record> entries;

  void apply(const data_changes& changes) {
    for (const auto& x : changes)
      std::visit([&](const auto& y) { take(y); }, x);
  }

private:
  bool is(const entry_record& x, const std::string& cuid, entry_kind kind,
          const std::string& name) {
    return x.cuid == cuid && x.kind == kind && x.name == name;
  }
  void take(const put_registration& x) {
    std::erase_if(clients, [&](auto& y) { return y.cuid == x.record.cuid; });
    clients.push_back(x.record);
  }
  void take(const erase_registration& x) {
    std::erase_if(clients, [&](auto& y) { return y.cuid == x.cuid; });
    std::erase_if(entries, [&](auto& y) { return y.cuid == x.cuid; });
  }
  void take(const put_entry& x) {
    take(erase_entry{x.record.cuid, x.record.kind, x.record.name});
    entries.push_back(x.record);
  }
  void take(const erase_entry& x) {
    std::erase_if(entries,
                  [&](auto& y) { return is(y, x.cuid, x.kind, x.name); });
  }
};

class durability : public store_test {
protected:
  void SetUp() override {
    register_client("c");
    stored.apply(last.changes);
  }

  unsigned keep(unsigned status) {
    stored.apply(last.changes);
    return status;
  }

  std::string order() {
    std::string out;
    for (const auto& x : store.find(agent("alice"), "c")->acls)
      out += x->name;
    return out;
  }

  records stored;
};

using lifetimes = durability;
using entity_tags = durability;
using resolution = durability;

} // namespace

// REST-104
TEST_F(durability, an_edit_that_cannot_be_stored_is_taken_back) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  auto before = get("/dots-client=c");
  auto tag_before = tag("/dots-client=c");
  confirms = false;
  erase("/dots-client=c/acls/acl=a");
  EXPECT_EQ(active("c", false), "");
  EXPECT_TRUE(store.roll_back(last.ticket));
  EXPECT_EQ(get("/dots-client=c"), before);
  EXPECT_EQ(tag("/dots-client=c"), tag_before);
  EXPECT_EQ(active("c", false), "a/e");
  EXPECT_FALSE(store.roll_back(last.ticket)) << "done already";
  erase("/dots-client=c");
  store.roll_back(last.ticket);
  EXPECT_EQ(get("/dots-client=c"), before);
  register_client("d");
  store.roll_back(last.ticket);
  EXPECT_EQ(get("/dots-client=d"), "404");
}

// REST-104
TEST_F(durability, a_client_is_edited_again_when_the_first_edit_is_settled) {
  register_client("d", "bob");
  confirms = false;
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("x"))), 201u);
  auto ticket = last.ticket;
  EXPECT_TRUE(store.busy("c"));
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("y"))), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::in_use);
  EXPECT_EQ(post("/dots-client=d", aliases_body(alias_entry("y")), "bob"),
            201u);
  store.confirm(ticket);
  EXPECT_FALSE(store.busy("c"));
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("y"))), 201u);
}

// REST-043
TEST_F(durability, what_was_stored_is_there_after_a_restart) {
  keep(post("/dots-client=c", aliases_body(alias_entry("x"))));
  keep(
      post("/dots-client=c", acls_body(acl_entry("b") + "," + acl_entry("a"))));
  keep(post("/dots-client=c", acls_body(acl_entry("gone"))));
  keep(erase("/dots-client=c/acls/acl=gone"));
  keep(
      put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a", "deactivate"))));
  auto before = get("/dots-client=c");
  auto tags = tag("/dots-client=c") + tag("/dots-client=c/acls/acl=b");
  pass(std::chrono::minutes{60});
  store = datastore{example_customer(), {}};
  signal::instant later{tocsin::time_point{} + std::chrono::seconds{5},
                        now.wall};
  EXPECT_TRUE(store.restore(stored.clients, stored.entries, later).empty());
  now = later;
  EXPECT_EQ(get("/dots-client=c"), before);
  EXPECT_EQ(tag("/dots-client=c") + tag("/dots-client=c/acls/acl=b"), tags);
  EXPECT_EQ(active("c", false), "b/e");
  EXPECT_NE(get("/dots-client=c/acls/acl=a", "alice", yang::content_filter::all)
                .find("\"pending-lifetime\":10020"),
            std::string::npos);
}

// REST-043
TEST_F(durability, damaged_records_are_left_out_with_a_word) {
  keep(
      post("/dots-client=c", acls_body(acl_entry("a") + "," + acl_entry("b"))));
  stored.entries[0].text = "{\"name\":";
  stored.entries.push_back({"nobody", entry_kind::alias, "x", "{}", 0, 1, 0});
  store = datastore{example_customer(), {}};
  auto words = store.restore(stored.clients, stored.entries, now);
  ASSERT_EQ(words.size(), 2u);
  EXPECT_NE(words[0].find("client c, ACL a"), std::string::npos) << words[0];
  EXPECT_NE(words[1].find("nobody"), std::string::npos) << words[1];
  EXPECT_EQ(active("c", false), "b/e");
}

// DATA-205, DATA-207
TEST_F(durability, a_list_is_stored_in_its_order) {
  auto check = [&](std::string wanted) {
    store = datastore{example_customer(), {}};
    store.restore(stored.clients, stored.entries, now);
    EXPECT_EQ(order(), wanted);
  };
  keep(post("/dots-client=c", acls_body(R"({"name":"a"},{"name":"b"})")));
  check("ab");
  keep(put("/dots-client=c/acls", acls_body(R"({"name":"b"},{"name":"x"},
                                               {"name":"a"})")));
  check("bxa");
  keep(put("/dots-client=c/acls", acls_body(R"({"name":"y"},{"name":"b"},
                                               {"name":"a"})")));
  check("yba");
}

// DATA-207
TEST(entry_order, moves_few_entries) {
  auto entry = [](std::string name, std::int64_t order) {
    stored_entry x;
    x.name = std::move(name);
    x.order = order;
    return std::make_shared<const stored_entry>(std::move(x));
  };
  entry_list list{entry("n", no_order), entry("a", 0), entry("m", no_order),
                  entry("b", 10), entry("l", no_order)};
  auto a = list[1], b = list[3];
  put_in_order(list);
  EXPECT_EQ(list[1], a);
  EXPECT_EQ(list[3], b);
  EXPECT_TRUE(std::ranges::is_sorted(list, std::ranges::less_equal{},
                                     [](auto& x) { return x->order; }));
  list = {entry("a", 0), entry("n", no_order), entry("b", 1), entry("c", 2)};
  put_in_order(list);
  for (std::size_t i = 1; i < list.size(); ++i)
    EXPECT_LT(list[i - 1]->order, list[i]->order);
}

// DATA-048, DATA-049, DATA-050, DATA-054
TEST_F(lifetimes, end_a_week_after_creation) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  post("/dots-client=c", aliases_body(alias_entry("x")));
  EXPECT_EQ(store.next_deadline(), now.mono + min_entry_lifetime);
  pass(std::chrono::minutes{10'079});
  EXPECT_EQ(store.on_time(now), std::nullopt);
  EXPECT_EQ(active("c", false), "a/e");
  pass(std::chrono::minutes{1});
  auto gone = store.on_time(now);
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->filters_changed);
  EXPECT_EQ(gone->cuid, "c");
  store.confirm(gone->ticket);
  EXPECT_EQ(store.on_time(now), std::nullopt);
  EXPECT_EQ(store.next_deadline(), std::nullopt);
  EXPECT_EQ(active("c", false), "");
  EXPECT_EQ(get("/dots-client=c/aliases/alias=x"), "404");
  EXPECT_NE(get("/dots-client=c"), "404");
}

// DATA-051
TEST_F(lifetimes, begin_anew_with_a_put_of_the_same) {
  post("/dots-client=c",
       aliases_body(alias_entry("x") + "," + alias_entry("y")));
  pass(std::chrono::minutes{5000});
  auto before = tag("/dots-client=c");
  EXPECT_EQ(
      put("/dots-client=c/aliases/alias=x",
          R"({"ietf-dots-data-channel:alias":[)" + alias_entry("x") + "]}"),
      204u);
  ASSERT_EQ(last.changes.size(), 1u);
  EXPECT_EQ(tag("/dots-client=c"), before);
  pass(std::chrono::minutes{5080});
  auto gone = store.on_time(now);
  ASSERT_TRUE(gone);
  store.confirm(gone->ticket);
  EXPECT_NE(get("/dots-client=c/aliases/alias=x"), "404");
  EXPECT_EQ(get("/dots-client=c/aliases/alias=y"), "404");
}

// DATA-048
TEST_F(lifetimes, are_never_shorter_than_a_week) {
  datastore_settings x;
  x.lifetime = std::chrono::minutes{1};
  store.configure(example_customer(), x);
  post("/dots-client=c", aliases_body(alias_entry("x")));
  EXPECT_EQ(store.next_deadline(), now.mono + min_entry_lifetime);
  x.lifetime = std::chrono::minutes{20'000};
  store.configure(example_customer(), x);
  put("/dots-client=c/aliases/alias=x",
      R"({"ietf-dots-data-channel:alias":[)" + alias_entry("x") + "]}");
  EXPECT_EQ(store.next_deadline(), now.mono + x.lifetime);
}

// DATA-050, REST-104
TEST_F(lifetimes, wait_for_an_edit_that_is_under_way) {
  post("/dots-client=c", aliases_body(alias_entry("x")));
  pass(std::chrono::minutes{10'080});
  confirms = false;
  post("/dots-client=c", aliases_body(alias_entry("y")));
  EXPECT_EQ(store.on_time(now), std::nullopt);
  EXPECT_EQ(store.next_deadline(), std::nullopt);
  store.confirm(last.ticket);
  EXPECT_TRUE(store.on_time(now));
}

// REST-138, REST-139, REST-148
TEST_F(entity_tags, change_with_configuration_from_the_bottom_up) {
  register_client("d", "bob");
  post("/dots-client=c", acls_body(acl_entry("a") + "," + acl_entry("b")));
  std::vector<std::string> paths{"", "/dots-client=c", "/dots-client=c/acls",
                                 "/dots-client=c/acls/acl=a"};
  std::vector<std::string> before;
  for (const auto& x : paths)
    before.push_back(tag(x));
  auto other = tag("", "bob"), sibling = tag("/dots-client=c/acls/acl=b"),
       aliases = tag("/dots-client=c/aliases");
  store.count("c", "a", "e", {1, 1});
  pass(std::chrono::minutes{5});
  for (std::size_t i = 0; i < paths.size(); ++i)
    EXPECT_EQ(tag(paths[i]), before[i]) << paths[i];
  put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a", "deactivate")));
  for (std::size_t i = 0; i < paths.size(); ++i)
    EXPECT_NE(tag(paths[i]), before[i]) << paths[i];
  EXPECT_EQ(tag("", "bob"), other);
  EXPECT_EQ(tag("/dots-client=c/acls/acl=b"), sibling);
  EXPECT_EQ(tag("/dots-client=c/aliases"), aliases);
}

// REST-134, REST-136
TEST_F(entity_tags, come_with_the_second_of_the_change) {
  pass(std::chrono::minutes{1});
  post("/dots-client=c", acls_body(acl_entry("a")));
  auto changed = now.wall;
  pass(std::chrono::minutes{1});
  agent_view view{store, agent("alice"), now};
  auto x = view.version_of(parse("/dots-client=c/acls/acl=a"));
  ASSERT_TRUE(x.modified);
  EXPECT_EQ(x.modified->time_since_epoch().count(), changed);
}

// REST-138
TEST_F(entity_tags, of_all_clients_change_when_one_is_gone) {
  register_client("d");
  auto with = tag("");
  erase("/dots-client=d");
  EXPECT_NE(tag(""), with);
}

// DATA-138, DATA-158, DATA-082
TEST_F(resolution, unites_what_aliases_of_the_client_stand_for) {
  post("/dots-client=c",
       aliases_body(alias_entry("x") + "," + alias_entry("y", "192.0.2.2/32")));
  std::vector<std::string> names{"x", "y"};
  auto found = store.resolve(agent("alice"), "c", names);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->prefixes, (std::vector{net("192.0.2.1"), net("192.0.2.2")}));
  EXPECT_TRUE(found->aliases.empty());
}

// DATA-174, DATA-248
TEST_F(resolution, names_the_alias_that_this_client_does_not_have) {
  post("/dots-client=c", aliases_body(alias_entry("x")));
  register_client("d", "bob");
  std::vector<std::string> names{"x", "zzz"};
  auto why = store.resolve(agent("alice"), "c", names);
  ASSERT_FALSE(why);
  EXPECT_EQ(why.error().code, tocsin::ec::not_found);
  EXPECT_EQ(why.error().detail, "zzz");
  names.pop_back();
  EXPECT_TRUE(store.resolve(agent("alice"), "c", names));
  EXPECT_FALSE(store.resolve(agent("bob"), "d", names));
  EXPECT_FALSE(store.resolve(agent("bob"), "c", names));
}

// DATA-149, DATA-241
TEST_F(resolution, checks_the_entitlement_again) {
  post("/dots-client=c", aliases_body(alias_entry("x")));
  auto other = example_customer();
  other.prefixes = {net("198.51.100.0/24")};
  store.configure(other, {});
  std::vector<std::string> names{"x"};
  auto why = store.resolve(agent("alice"), "c", names);
  ASSERT_FALSE(why);
  EXPECT_EQ(why.error().code, tocsin::ec::unauthorized);
}

// DATA-167, DATA-165
TEST_F(resolution, follows_a_put_that_replaces_the_alias) {
  EXPECT_EQ(put("/dots-client=c/aliases/alias=x",
                aliases_body(R"({"name":"x","target-prefix":["192.0.2.1/32"],
                                 "target-protocol":[6]})")),
            201u);
  EXPECT_EQ(put("/dots-client=c/aliases/alias=x",
                aliases_body(alias_entry("x", "192.0.2.9/32"))),
            204u);
  std::vector<std::string> names{"x"};
  auto found = store.resolve(agent("alice"), "c", names);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->prefixes, std::vector{net("192.0.2.9")});
  EXPECT_TRUE(found->protocols.empty());
}
