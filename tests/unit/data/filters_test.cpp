#include "store_fixture.hpp"

using namespace tocsin::protocol;
using namespace tocsin::protocol::data;
using namespace tocsin::protocol::data::test;
using yang::error_tag;

namespace {

/// A DATASTORE with a registered client "c" of alice.
class filters : public store_test {
protected:
  void SetUp() override { register_client("c"); }

  std::string names() {
    std::string out;
    for (const auto& x : store.find(agent("alice"), "c")->acls)
      out += x->name;
    return out;
  }
};

using signal_control = filters;

} // namespace

// DATA-198, DATA-193, DATA-089, DATA-194
TEST_F(filters, are_in_force_as_their_activation_says) {
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("i", "immediate"))),
            201u);
  EXPECT_TRUE(last.filters_changed);
  post("/dots-client=c", acls_body(acl_entry("m", "activate-when-mitigating")));
  post("/dots-client=c", acls_body(acl_entry("d", "deactivate")));
  EXPECT_EQ(active("c", false), "i/e");
  EXPECT_EQ(active("c", true), "i/e m/e");
}

// DATA-192
TEST_F(filters, of_another_client_stay_out_of_its_mitigation) {
  register_client("d", "bob");
  post("/dots-client=c", acls_body(acl_entry("m", "activate-when-mitigating")));
  EXPECT_EQ(active("d", true), "");
  EXPECT_EQ(active("c", true), "m/e");
}

// DATA-209, FILT-052
TEST_F(filters, follow_a_change_of_activation_at_once) {
  put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a", "deactivate")));
  EXPECT_EQ(active("c", true), "");
  EXPECT_EQ(
      put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a", "immediate"))),
      204u);
  EXPECT_TRUE(last.filters_changed);
  EXPECT_EQ(last.activations,
            (std::vector<activation_step>{
                {"a", activation::deactivate, activation::immediate}}));
  EXPECT_EQ(active("c", false), "a/e");
  patch("/dots-client=c/acls/acl=a",
        acl_body(R"({"name":"a","activation-type":"deactivate"})"));
  EXPECT_EQ(active("c", true), "");
}

// DATA-188, DATA-195, DATA-060
TEST_F(filters, without_destination_reach_all_of_the_customer_and_no_more) {
  post("/dots-client=c", acls_body(
                             R"({"name":"v6","type":"ipv6-acl-type","aces":{
      "ace":[{"name":"e","actions":{"forwarding":"drop"}}]}},
      {"name":"any","aces":{"ace":[{"name":"e","matches":{"tcp":{}},
       "actions":{"forwarding":"drop"}}]}})"));
  auto found = store.active("c", true);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].destinations, std::vector{net("2001:db8::/32")});
  EXPECT_EQ(found[1].destinations,
            (std::vector{net("192.0.2.0/24"), net("2001:db8::/32")}));
}

// DATA-189, DATA-188
TEST_F(filters, shrink_with_the_customer) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  auto less = example_customer();
  less.prefixes = {net("192.0.2.0/26"), net("198.51.100.0/24")};
  store.configure(less, {});
  auto found = store.active("c", false);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].destinations, std::vector{net("192.0.2.0/26")});
  less.prefixes = {net("198.51.100.0/24")};
  store.configure(less, {});
  EXPECT_EQ(active("c", false), "");
}

// DATA-055, DATA-205, DATA-207
TEST_F(filters, keep_the_order_of_their_creation) {
  for (std::string name : {"c", "a", "b"})
    post("/dots-client=c", acls_body(acl_entry(name)));
  EXPECT_EQ(names(), "cab");
  put("/dots-client=c/acls/acl=a",
      acl_body(acl_entry("a", "immediate", "accept")));
  EXPECT_EQ(names(), "cab");
  EXPECT_EQ(active("c", false), "c/e a/e b/e");
}

// DATA-206, DATA-222
TEST_F(filters, are_replaced_with_all_entries) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  EXPECT_EQ(put("/dots-client=c/acls/acl=a", acl_body(R"({"name":"a"})")),
            204u);
  EXPECT_EQ(active("c", true), "");
  EXPECT_EQ(get("/dots-client=c/acls/acl=a"),
            R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a",)"
            R"("activation-type":"activate-when-mitigating"}]}})");
}

// DATA-203, DATA-161, DATA-143
TEST_F(filters, of_a_name_that_exists_are_denied_others_are_added) {
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("a"))), 201u);
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("b"))), 201u);
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("a"))), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
}

// DATA-144
TEST_F(filters, come_all_or_none) {
  EXPECT_EQ(post("/dots-client=c",
                 acls_body(acl_entry("a") + ","
                           + acl_entry("b", "immediate", "drop",
                                       "203.0.113.0/24", "8.8.8.0/24"))),
            403u);
  EXPECT_EQ(names(), "");
}

// DATA-225, DATA-224
TEST_F(filters, are_removed_by_name) {
  post("/dots-client=c", acls_body(acl_entry("a") + "," + acl_entry("b")));
  EXPECT_EQ(erase("/dots-client=c/acls/acl=a"), 204u);
  EXPECT_TRUE(last.filters_changed);
  EXPECT_EQ(active("c", false), "b/e");
  EXPECT_EQ(erase("/dots-client=c/acls/acl=a"), 404u);
}

// DATA-015, DATA-016, DATA-202, DATA-248
TEST_F(filters, that_contradict_another_clients_are_denied_by_default) {
  register_client("d", "bob");
  post("/dots-client=c", acls_body(acl_entry("secret")));
  auto body = acls_body(acl_entry("b", "immediate", "accept"));
  EXPECT_EQ(post("/dots-client=d", body, "bob"), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
  EXPECT_EQ(refused.errors[0].path,
            "/ietf-dots-data-channel:dots-data/dots-client[cuid='d']"
            "/acls/acl[name='b']");
  EXPECT_EQ(refused.errors[0].message.find("secret"), std::string::npos);
  datastore_settings lax;
  lax.conflicts = conflict_policy::allow;
  store.configure(example_customer(), lax);
  EXPECT_EQ(post("/dots-client=d", body, "bob"), 201u);
}

// DATA-202, DATA-204
TEST_F(filters, contradict_neither_their_own_client_nor_what_is_deactivated) {
  register_client("d", "bob");
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("a"))), 201u);
  EXPECT_EQ(
      post("/dots-client=c", acls_body(acl_entry("b", "immediate", "accept"))),
      201u);
  EXPECT_EQ(post("/dots-client=d",
                 acls_body(acl_entry("b", "deactivate", "accept")), "bob"),
            201u);
  EXPECT_EQ(put("/dots-client=d/acls/acl=b",
                acl_body(acl_entry("b", "immediate", "accept")), "bob"),
            409u);
}

// DATA-082
TEST_F(filters, of_two_clients_may_share_a_name) {
  register_client("d", "bob");
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("a"))), 201u);
  EXPECT_EQ(post("/dots-client=d", acls_body(acl_entry("a")), "bob"), 201u);
}

// DATA-243
TEST_F(filters, stop_at_the_quotas) {
  datastore_settings few;
  few.quotas.client_acls = 2;
  few.quotas.acls = 3;
  few.quotas.client_aces = 1;
  store.configure(example_customer(), few);
  register_client("d", "bob");
  auto empty = [](std::string name) { return R"({"name":")" + name + "\"}"; };
  EXPECT_EQ(post("/dots-client=c", acls_body(empty("a") + "," + empty("b"))),
            201u);
  EXPECT_EQ(post("/dots-client=c", acls_body(empty("x"))), 409u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::resource_denied);
  EXPECT_EQ(post("/dots-client=d", acls_body(empty("a")), "bob"), 201u);
  EXPECT_EQ(post("/dots-client=d", acls_body(empty("b")), "bob"), 409u);
  EXPECT_EQ(put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a"))), 204u);
  EXPECT_EQ(put("/dots-client=c/acls/acl=b", acl_body(acl_entry("b"))), 409u);
}

// DATA-243
TEST_F(filters, beyond_a_quota_that_was_lowered_stay) {
  post("/dots-client=c", acls_body(acl_entry("a") + "," + acl_entry("b")));
  datastore_settings few;
  few.quotas.client_acls = 1;
  store.configure(example_customer(), few);
  EXPECT_EQ(
      put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a", "deactivate"))),
      204u);
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("x"))), 409u);
}

// DATA-182, DATA-073
TEST_F(filters, without_drivers_for_them_are_not_implemented) {
  post("/dots-client=c", acls_body(acl_entry("old")));
  datastore_settings none;
  none.acls.can = {};
  store.configure(example_customer(), none);
  EXPECT_EQ(post("/dots-client=c", acls_body(acl_entry("a"))), 501u);
  EXPECT_EQ(refused.errors[0].tag, error_tag::operation_not_supported);
  EXPECT_EQ(post("/dots-client=c", aliases_body(alias_entry("x"))), 201u);
  EXPECT_EQ(erase("/dots-client=c/acls/acl=old"), 204u);
}

// DATA-110, DATA-214, DATA-218, DATA-219, DATA-052
TEST_F(filters, show_what_they_matched_and_how_long_they_live) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  store.count("c", "a", "e", {5, 500});
  store.count("c", "a", "unknown", {7, 700});
  EXPECT_EQ(
      get("/dots-client=c/acls/acl=a", "alice",
          yang::content_filter::nonconfig),
      R"({"ietf-dots-data-channel:acls":{"acl":[{"name":"a",)"
      R"("pending-lifetime":10080,"aces":{"ace":[{"name":"e","statistics":)"
      R"({"matched-packets":"5","matched-octets":"500"}}]}}]}})");
  auto config = get("/dots-client=c/acls/acl=a");
  EXPECT_EQ(config.find("pending"), std::string::npos);
  EXPECT_EQ(config.find("statistics"), std::string::npos);
}

// DATA-110, DATA-222
TEST_F(filters, count_on_when_a_driver_begins_anew) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  auto counted = [&] {
    return get("/dots-client=c/acls/acl=a/aces/ace=e/statistics", "alice",
               yang::content_filter::nonconfig);
  };
  store.count("c", "a", "e", {5, 500});
  store.count("c", "a", "e", {1, 100});
  EXPECT_NE(counted().find(R"("matched-packets":"6","matched-octets":"600")"),
            std::string::npos)
      << counted();
  erase("/dots-client=c/acls/acl=a");
  post("/dots-client=c", acls_body(acl_entry("a")));
  EXPECT_EQ(counted(), "");
}

// FILT-040, FILT-041, FILT-042, FILT-007, FILT-018
TEST_F(signal_control, changes_the_activation_for_good) {
  post("/dots-client=c",
       acls_body(acl_entry("a", "deactivate") + "," + acl_entry("b")));
  auto x = store.control(
      agent("alice"), "c",
      {{"a", activation::immediate}, {"b", activation::deactivate}}, now);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->unknown, "");
  EXPECT_TRUE(x->edit.filters_changed);
  EXPECT_EQ(x->edit.activations.size(), 2u);
  store.confirm(x->edit.ticket);
  EXPECT_EQ(active("c", false), "a/e");
  EXPECT_NE(get("/dots-client=c/acls/acl=a").find("immediate"),
            std::string::npos);
  EXPECT_NE(get("/dots-client=c/acls/acl=b").find("deactivate"),
            std::string::npos);
  unsigned puts = 0;
  for (const auto& change : x->edit.changes)
    if (auto put = std::get_if<put_entry>(&change)) {
      ++puts;
      EXPECT_NE(put->record.text.find(put->record.name == "a" ? "immediate"
                                                              : "deactivate"),
                std::string::npos);
    }
  EXPECT_EQ(puts, 2u);
}

// FILT-038, FILT-039, FILT-064
TEST_F(signal_control, of_an_unknown_name_touches_nothing) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  register_client("d", "bob");
  std::vector<activation_change> orders{{"a", activation::deactivate},
                                        {"zzz", activation::immediate}};
  auto x = store.control(agent("alice"), "c", orders, now);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->unknown, "zzz");
  EXPECT_EQ(x->edit.ticket, 0u);
  EXPECT_EQ(active("c", false), "a/e");
  orders.pop_back();
  EXPECT_EQ(store.control(agent("bob"), "c", orders, now)->unknown, "a");
  EXPECT_EQ(store.control(agent("bob"), "d", orders, now)->unknown, "a");
  EXPECT_EQ(active("c", false), "a/e");
}

// FILT-043
TEST_F(signal_control, begins_the_lifetime_anew_even_without_a_change) {
  post("/dots-client=c", acls_body(acl_entry("a") + "," + acl_entry("b")));
  pass(std::chrono::minutes{5000});
  auto tag_before = tag("/dots-client=c/acls/acl=a");
  auto x =
      store.control(agent("alice"), "c", {{"a", activation::immediate}}, now);
  ASSERT_TRUE(x);
  ASSERT_EQ(x->edit.changes.size(), 1u);
  EXPECT_EQ(std::get<put_entry>(x->edit.changes[0]).record.expires,
            now.wall + 10'080 * 60);
  EXPECT_TRUE(x->edit.activations.empty());
  store.confirm(x->edit.ticket);
  EXPECT_EQ(tag("/dots-client=c/acls/acl=a"), tag_before);
  pass(std::chrono::minutes{5080});
  auto gone = store.on_time(now);
  ASSERT_TRUE(gone);
  store.confirm(gone->ticket);
  EXPECT_EQ(active("c", false), "a/e");
}

// FILT-008
TEST_F(signal_control, is_overridden_by_the_data_channel_later) {
  post("/dots-client=c", acls_body(acl_entry("a")));
  auto x =
      store.control(agent("alice"), "c", {{"a", activation::deactivate}}, now);
  ASSERT_TRUE(x);
  store.confirm(x->edit.ticket);
  EXPECT_EQ(active("c", true), "");
  put("/dots-client=c/acls/acl=a", acl_body(acl_entry("a")));
  EXPECT_EQ(active("c", false), "a/e");
}
