#pragma once
#include "bodies.hpp"
#include "protocol/data/agent_view.hpp"
#include "protocol/restconf/target.hpp"
#include "protocol/yang/encode.hpp"

#include <gtest/gtest.h>

namespace tocsin::protocol::data::test {

/// A DATASTORE with what RESTCONF does around it, but for HTTP. Commits succeed
/// unless a test takes them into its own hands.
class store_test : public ::testing::Test {
protected:
  using kind = restconf::entry_change::kind;
  static constexpr std::string_view root = "/ietf-dots-data-channel:dots-data";

  /// Status that the client would see; 2xx if it is granted. The changes are
  /// confirmed.
  unsigned post(std::string at, std::string body, std::string who = "alice") {
    return edit(restconf::create, std::move(at), body, who);
  }
  unsigned put(std::string at, std::string body, std::string who = "alice") {
    return edit(restconf::replace, std::move(at), body, who);
  }
  unsigned patch(std::string at, std::string body, std::string who = "alice") {
    return edit(restconf::merge, std::move(at), body, who);
  }
  unsigned erase(std::string at, std::string who = "alice") {
    return edit(restconf::remove, std::move(at), {}, who);
  }

  /// The text that GET gives, or "404".
  std::string get(std::string at, std::string who = "alice",
                  yang::content_filter content = yang::content_filter::config) {
    agent_view view{store, agent(who), now};
    auto path = parse(at);
    auto tree = view.read(path);
    if (!restconf::exists(tree, path))
      return "404";
    yang::encode_options how;
    how.content = content;
    return yang::encode(tree, path, how);
  }

  std::string tag(std::string at, std::string who = "alice") {
    return agent_view{store, agent(who), now}.version_of(parse(at)).tag;
  }

  unsigned register_client(std::string cuid, std::string who = "alice") {
    return post("",
                R"({"ietf-dots-data-channel:dots-client":[{"cuid":")" + cuid
                    + "\"}]}",
                who);
  }

  static std::string acl_body(const std::string& entry) {
    return R"({"ietf-dots-data-channel:acl":[)" + entry + "]}";
  }
  static std::string acls_body(const std::string& entries) {
    return R"({"ietf-dots-data-channel:acls":{"acl":[)" + entries + "]}}";
  }
  static std::string aliases_body(const std::string& entries) {
    return R"({"ietf-dots-data-channel:aliases":{"alias":[)" + entries + "]}}";
  }
  static std::string alias_entry(const std::string& name,
                                 const std::string& net = "192.0.2.1/32") {
    return R"({"name":")" + name + R"(","target-prefix":[")" + net + "\"]}";
  }
  /// An ACL with one entry "e" for a source.
  static std::string
  acl_entry(const std::string& name, const std::string& when = "immediate",
            const std::string& action = "drop",
            const std::string& source = "203.0.113.0/24",
            const std::string& destination = "192.0.2.0/24") {
    return R"({"name":")" + name + R"(","type":"ipv4-acl-type",)"
           + R"("activation-type":")" + when
           + R"(","aces":{"ace":[{"name":"e","matches":{"ipv4":{)"
           + R"("destination-ipv4-network":")" + destination
           + R"(","source-ipv4-network":")" + source
           + R"("}},"actions":{"forwarding":")" + action + R"("}}]}})";
  }

  data_agent agent(const std::string& who) const {
    return {who, gateways.contains(who)};
  }

  void pass(std::chrono::minutes x) {
    now.mono += x;
    now.wall += std::chrono::seconds{x}.count();
  }

  std::string at_client(std::string cuid) { return "/dots-client=" + cuid; }

  /// Names of the entries in force.
  std::string active(std::string cuid, bool mitigating) {
    std::string out;
    for (const auto& x : store.active(cuid, mitigating))
      out += (out.empty() ? "" : " ") + x.acl + "/" + x.ace;
    return out;
  }

  static yang::instance_path parse(const std::string& at) {
    auto path = restconf::parse_path(rows::datastore, std::string{root} + at);
    auto good = std::get_if<yang::instance_path>(&path);
    EXPECT_TRUE(good) << at;
    return good ? *good : yang::instance_path{};
  }

  datastore store{example_customer(), {}};
  signal::instant now{time_point{} + std::chrono::hours{1}, 1'700'000'000};
  std::set<std::string> gateways;
  bool confirms = true;      ///< whether edits become durable at once
  staged_edit last;          ///< of the last edit that was granted
  restconf::refusal refused; ///< of the last edit that was not

private:
  template <class Do>
  unsigned edit(Do how, std::string at, const std::string& body,
                const std::string& who) {
    agent_view view{store, agent(who), now};
    auto path = parse(at);
    if (auto bad = view.forbids(path, true))
      return no(*bad);
    restconf::edit_request x{
        view.configuration(path), path, {}, {}, &view.rules()};
    auto text = json::document::parse(body.empty() ? "{}" : body);
    if (!text) {
      ADD_FAILURE() << "not JSON: " << body;
      return 0;
    }
    if (!body.empty())
      x.body = text->root();
    auto made = how(std::move(x));
    if (auto bad = std::get_if<restconf::refusal>(&made))
      return no(*bad);
    bool created = std::get<restconf::edit>(made).created;
    if (auto bad = view.commit(std::move(std::get<restconf::edit>(made))))
      return no(*bad);
    last = view.staged().value_or(staged_edit{});
    if (confirms)
      store.confirm(last.ticket);
    return created ? 201 : 204;
  }

  unsigned no(const restconf::refusal& why) {
    refused = why;
    return why.status;
  }
};

} // namespace tocsin::protocol::data::test
