// UPSTREAM: beside the data channel to the same server.
#include "tests/actors/upstream_fixture.hpp"

namespace tocsin::actors {

namespace {

data_upstream_actor::behavior_type
fake_data(data_upstream_actor::pointer,
          std::shared_ptr<std::vector<std::string>> cuids) {
  return {
      [](atom::restore, const storage::data_snapshot&) { return ack::done; },
      [cuids](atom::client, const std::string& cuid,
              const caf::strong_actor_ptr&) { cuids->push_back(cuid); },
      [](atom::order, const data_order&) { return data_reply{}; },
      [](atom::status) { return std::string{}; },
      [](atom::finish) {},
      [](atom::tick) {},
  };
}

class upstream_data_test : public upstream_test {
protected:
  void introduce() {
    data = spawn(fake_data, cuids);
    self->send(uut, atom::store_v,
               caf::actor_cast<caf::strong_actor_ptr>(data));
    sched.run();
  }

  void restore() { EXPECT_TRUE(ask<ack>(uut, atom::restore_v, store->all())); }

  void hold(std::vector<std::string> aliases) {
    self->send(uut, atom::store_v, held_aliases{std::move(aliases)});
    sched.run();
  }

  void start_by_name() {
    start([](upstream_setup& x) { x.name_aliases = true; });
  }

  result<mitigation_view> mitigate_alias(const std::string& name) {
    mitigate_order x;
    x.what.aliases = {name};
    return mitigate(x);
  }

  sig::target last_target() {
    auto x = sig::decode(server->bodies.back(), sig::direction::request);
    return std::get<sig::mitigation_scope>(*x).scope.at(0).what;
  }

  sig::target by_name(const std::string& name) {
    sig::target x;
    x.aliases = {name};
    return x;
  }

  sig::target by_address() {
    sig::target x;
    x.prefixes = {*sig::prefix::parse("192.0.2.80/32")};
    return x;
  }

  std::shared_ptr<std::vector<std::string>> cuids =
      std::make_shared<std::vector<std::string>>();
  data_upstream_actor data;
};

// DATA-123
TEST_F(upstream_data_test, both_channels_use_one_cuid) {
  introduce();
  EXPECT_THAT(*cuids, IsEmpty()) << "the stored one may be another";
  restore();
  EXPECT_THAT(*cuids, Contains("cuid-1"));
}

TEST_F(upstream_data_test, a_session_that_is_back_is_told) {
  restore();
  introduce();
  cuids->clear();
  lose(1);
  advance(400s);
  EXPECT_THAT(*cuids, Contains("cuid-1"));
}

// SIG-059, DATA-134
TEST_F(upstream_data_test, a_cuid_that_another_client_has_is_changed_once) {
  restore();
  introduce();
  self->send(uut, atom::abandon_v, std::string{"not ours"});
  sched.run();
  EXPECT_EQ(cuids->back(), "cuid-1");
  self->send(uut, atom::abandon_v, std::string{"cuid-1"});
  sched.run();
  auto fresh = cuids->back();
  EXPECT_NE(fresh, "cuid-1");
  EXPECT_EQ(ask<upstream_view>(uut, atom::status_v)->cuid, fresh);
  advance(120s);
  self->send(uut, atom::abandon_v, fresh);
  sched.run();
  EXPECT_EQ(cuids->back(), fresh) << "the server says so for another reason";
}

// DATA-135
TEST_F(upstream_data_test, a_cuid_with_mitigations_is_kept) {
  restore();
  introduce();
  EXPECT_TRUE(mitigate(order()));
  self->send(uut, atom::abandon_v, std::string{"cuid-1"});
  sched.run();
  EXPECT_EQ(cuids->back(), "cuid-1");
}

TEST_F(upstream_data_test, a_local_alias_is_sent_as_addresses) {
  hold({"web"});
  EXPECT_TRUE(mitigate_alias("web"));
  EXPECT_EQ(last_target(), by_address());
}

// SIG-087
TEST_F(upstream_data_test, an_alias_is_sent_by_name_if_that_is_wanted) {
  start_by_name();
  EXPECT_TRUE(mitigate_alias("web"));
  EXPECT_EQ(last_target(), by_address()) << "not known to be there";
  hold({"web"});
  EXPECT_TRUE(mitigate_alias("web"));
  EXPECT_EQ(last_target(), by_name("web"));
}

// SIG-087
TEST_F(upstream_data_test, an_alias_of_the_server_alone_is_sent_by_name) {
  auto unknown = mitigate_alias("theirs");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ec::not_found);
  hold({"theirs"});
  EXPECT_TRUE(mitigate_alias("theirs"));
  EXPECT_EQ(last_target(), by_name("theirs"));
}

/// In an attack there is no time to find out why.
TEST_F(upstream_data_test, a_name_that_is_refused_is_spelled_out_at_once) {
  start_by_name();
  hold({"web"});
  server->put_of["mid=1"] = {0x80, {}, {}, bytes{'n', 'o'}};
  EXPECT_TRUE(mitigate_alias("web"));
  EXPECT_THAT(server->journal, ElementsAre("PUT mid=1", "PUT mid=2"));
  EXPECT_EQ(last_target(), by_address());
  EXPECT_EQ(only().progress, "active");
  EXPECT_EQ(only().mid, 2u);
}

TEST_F(upstream_data_test, a_name_that_cannot_be_spelled_out_is_refused) {
  hold({"theirs"});
  server->put = {0x80, {}, {}, bytes{'n', 'o'}};
  EXPECT_TRUE(mitigate_alias("theirs"));
  EXPECT_EQ(only().progress, "refused");
}

} // namespace
} // namespace tocsin::actors
