// A SESSION with a gateway (RFC 9132, Section 4.4.1.2).
#include "tests/actors/session_fixture.hpp"

#include <gmock/gmock.h>

namespace tocsin::actors {

namespace coap = protocol::coap;
using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace {

class gateway_session_test : public session_fixture {
protected:
  void SetUp() override {
    seen->answer = {0x45, true, {0xA0}, {}, false};
    trusted_gateway = true;
    connect(true);
  }

  void get(const std::vector<std::string>& path) {
    send(message(coap::code::get, dots(path)));
  }
};

// SIG-107, ARCH-092
// SIG-106, SIG-109, SIG-166: two domains behind one gateway are two clients.
TEST_F(gateway_session_test, clients_of_two_domains_do_not_mix) {
  get({"mitigate", "cdid=east", "cuid=abc"});
  get({"mitigate", "cdid=north", "cuid=abc"});
  get({"mitigate", "cuid=abc"});
  EXPECT_THAT(seen->looked_up,
              ElementsAre("acme east/abc", "acme north/abc", "acme /abc"));
  ASSERT_THAT(seen->requests, SizeIs(3));
  EXPECT_EQ(seen->requests[0].from.cdid, "east");
  EXPECT_FALSE(seen->requests[0].forwarded);
  EXPECT_EQ(seen->requests[2].from.cdid, "") << "SIG-107: not ours to name";
}

// SIG-109: a domain that has a customer of its own is that, with its rights.
TEST_F(gateway_session_test, a_known_domain_is_a_customer) {
  get({"mitigate", "cdid=west", "cuid=abc"});
  EXPECT_THAT(seen->looked_up, ElementsAre("other abc"));
  ASSERT_THAT(seen->requests, SizeIs(1));
  EXPECT_EQ(seen->requests[0].from.customer, "other");
  EXPECT_TRUE(seen->requests[0].forwarded);
}

// SIG-102
TEST_F(gateway_session_test, cdids_of_one_domain_are_equivalent) {
  get({"mitigate", "cdid=west", "cuid=abc"});
  get({"mitigate", "cdid=west-by-another-way", "cuid=abc"});
  EXPECT_THAT(seen->looked_up, ElementsAre("other abc")) << "known by now";
  ASSERT_THAT(seen->requests, SizeIs(2));
  EXPECT_EQ(seen->requests[0].from.identity, seen->requests[1].from.identity);
}

// A slash cannot make one domain look like another.
TEST_F(gateway_session_test, a_domain_cannot_pass_for_another) {
  for (const auto* path : {"cdid=a/b", "cdid=a%2Fb"}) {
    auto x = message(coap::code::get, dots({"mitigate", path, "cuid=c"}));
    EXPECT_EQ(send(x).code == coap::code::bad_request,
              std::string{path} == "cdid=a/b");
  }
  EXPECT_THAT(seen->looked_up, ElementsAre("acme a%2Fb/c"));
}

// COAP-114, SIG-110
TEST_F(gateway_session_test, the_hop_limit_is_read) {
  auto x = message(coap::code::get, {});
  for (const auto& segment : dots({"mitigate", "cuid=abc"}))
    x.options.add(coap::option::uri_path, segment);
  x.options.add_uint(coap::option::hop_limit, 7);
  send(x);
  get({"mitigate", "cuid=abc"});
  ASSERT_THAT(seen->requests, SizeIs(2));
  EXPECT_EQ(seen->requests[0].hop_limit, 7);
  EXPECT_FALSE(seen->requests[1].hop_limit);
}

// SIG-228, SIG-288, ARCH-084: they are between neighbours.
TEST_F(gateway_session_test, heartbeats_and_configuration_go_no_farther) {
  EXPECT_EQ(send(message(coap::code::put, dots({"hb"}), beat)).code,
            coap::code::changed);
  auto x = message(coap::code::get, dots({"config"}));
  x.type = coap::type::con;
  EXPECT_EQ(send(x).code, coap::code::content);
  EXPECT_TRUE(seen->looked_up.empty());
  EXPECT_TRUE(seen->requests.empty());
}

// SIG-101: by the recipe of the cuid, 22 characters of base64url.
TEST_F(gateway_session_test, a_peer_has_a_cdid_of_its_own) {
  ASSERT_THAT(seen->opened, SizeIs(1));
  EXPECT_THAT(seen->opened[0].peer.cdid, SizeIs(22));
}

class client_session_hops_test : public session_fixture {
protected:
  void SetUp() override { connect(false); }
};

// SIG-110
TEST_F(client_session_hops_test, the_hop_limit_is_sent) {
  coap_call call;
  call.code = 3;
  call.path = dots({"mitigate", "cuid=a", "mid=1"});
  call.hop_limit = 9;
  call.patience = std::chrono::seconds{9};
  self->send(uut, atom::request_v, call);
  exchange();
  auto sent = requests();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].options.find_uint(coap::option::hop_limit), 9u);
}

} // namespace

} // namespace tocsin::actors
