#pragma once
#include "protocol/signal/response.hpp"
#include "tests/actors/client_fixture.hpp"
#include "tests/actors/datastore_fixture.hpp"

namespace tocsin::actors {

/// A client that has filters and is attacked.
class filters_fixture : public datastore_fixture {
protected:
  using activation = sig::activation;
  using code = sig::response_code;
  using list = std::vector<sig::filter_control>;

  filters_fixture() { enrol(); }

  static sig::mitigation wanted_with(list acls) {
    auto x = wanted();
    x.acls = std::move(acls);
    return x;
  }

  code put_with(std::uint32_t mid, list acls) {
    return static_cast<code>(put(mid, wanted_with(std::move(acls))).code);
  }

  /// What the data channel says of an ACL.
  std::string acl(const std::string& name) {
    return say("GET", std::string{our_client} + "/acls/acl=" + name).body;
  }

  /// Switches an ACL over the data channel.
  unsigned patch(const std::string& name, const std::string& when) {
    return say("PATCH", std::string{our_client} + "/acls/acl=" + name,
               R"({"ietf-dots-data-channel:acl":[{"name":")" + name
                   + R"(","activation-type":")" + when + R"("}]})")
        .status;
  }

  bool in_force(const std::string& name) {
    auto all = ask<std::vector<protocol::data::accepted_traffic>>(
        data, atom::counters_v, std::string{"agent"}, std::string{"cuid-1"});
    return all && std::ranges::any_of(*all, [&](const auto& x) {
             return x.entry.acl == name;
           });
  }

  std::size_t entries_in_force() const {
    return site->filters.empty() ? 0
                                 : site->filters.begin()->second.entries.size();
  }

  sig::mitigation seen_of(std::uint32_t mid) {
    auto found = entries(get(mid));
    return found.empty() ? sig::mitigation{} : found[0];
  }

  void observe(std::uint32_t mid) {
    auto r = request(dots_request::method::get, mid);
    r.observe = observer{
        1, mid,
        caf::actor_cast<caf::strong_actor_ptr>(spawn(fake_session, seen))};
    EXPECT_TRUE(send(std::move(r)).observed);
  }

  sig::mitigation last_told() const {
    if (seen->notified.empty())
      return {};
    auto all = entries(seen->notified.back().second);
    return all.empty() ? sig::mitigation{} : all[0];
  }

  std::shared_ptr<session_journal> seen = std::make_shared<session_journal>();
};

} // namespace tocsin::actors
