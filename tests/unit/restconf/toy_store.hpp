#pragma once
#include "protocol/restconf/datastore_view.hpp"
#include "protocol/restconf/handler.hpp"
#include "protocol/restconf/library.hpp"
#include "protocol/yang/decode.hpp"
#include "protocol/yang/encode.hpp"
#include "tests/unit/yang/toy.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tocsin::test {

using namespace protocol;

inline constexpr auto toy_rows =
    yang::concatenate(toy::data_rows, restconf::library_rows);
inline constexpr yang::schema_node toy_root{.name = "data",
                                            .kind = yang::node_kind::container,
                                            .children = toy_rows,
                                            .module = "ietf-restconf"};
static_assert(yang::well_formed(toy_root));

/// Blue items are not wanted; an owner who is replaced without items keeps
/// those which it had.
class toy_rules : public restconf::edit_rules {
public:
  std::optional<yang::error>
  check(const yang::data_node& x,
        const yang::instance_path& at) const override {
    if (x.row->name == "item" && x.value("colour") == "blue")
      return yang::error{yang::error_tag::invalid_value, to_string(at), "blue"};
    return {};
  }

  void adopt(const yang::data_node& old, yang::data_node& replacement,
             const yang::instance_path&) const override {
    auto items = old.find("items");
    if (old.row->name == "owner" && items && !replacement.find("items"))
      replacement.append(*items);
  }
};

/// A datastore for one client, with two things to go wrong.
class toy_store : public restconf::datastore_view {
public:
  explicit toy_store(std::string_view text = "{}")
      : tree_{*yang::decoder{toy_root}.tree(text)} {}

  std::optional<restconf::refusal> forbids(const yang::instance_path&,
                                           bool edits) const override {
    if (edits && forbid_edits)
      return restconf::refusal{
          yang::error{yang::error_tag::access_denied, {}, "not yours"}};
    return {};
  }

  yang::data_node read(const yang::instance_path&) const override {
    auto out = tree_;
    auto& top = out.ensure(toy_rows[0]);
    top.ensure(*find_row(toy_rows[0], "limits")).set("size", "4");
    if (auto owner = top.find("owner"))
      if (auto items = owner->find("items"))
        for (auto& item : items->children)
          item.set("left", "7");
    return out;
  }

  yang::data_node configuration(const yang::instance_path&) const override {
    return tree_;
  }
  const restconf::edit_rules& rules() const override { return rules_; }

  restconf::version version_of(const yang::instance_path&) const override {
    using namespace std::chrono;
    return {"v" + std::to_string(version_),
            sys_seconds{seconds{784111777 + version_}}};
  }

  std::optional<restconf::refusal> commit(restconf::edit x) override {
    if (refuse_commit)
      return restconf::refusal{
          501, yang::error{yang::error_tag::operation_not_supported, {}, "no"}};
    tree_ = std::move(x.tree);
    changes.clear();
    for (const auto& change : x.changes)
      changes.push_back(std::string{"crdt"[static_cast<int>(change.what)]} + " "
                        + to_string(change.at));
    ++version_;
    return {};
  }

  std::string config() const {
    return encode(tree_, {}, {.content = yang::content_filter::config});
  }
  const yang::data_node& tree() const { return tree_; }

  bool forbid_edits = false;
  bool refuse_commit = false;
  /// "c": created, "r": replaced, "d": removed, "t": touched.
  std::vector<std::string> changes;

private:
  yang::data_node tree_;
  toy_rules rules_;
  int version_ = 0;
};

/// A handler in front of a store.
class restconf_test : public ::testing::Test {
protected:
  restconf::response ask(restconf::request x) {
    auto out = handler.handle(x, store);
    // REST-062: whatever it is.
    auto cache = out.find("Cache-Control");
    EXPECT_TRUE(cache && *cache == "no-cache") << x.target;
    bool told = out.status >= 400 && x.method != "HEAD";
    EXPECT_EQ(told, out.body.starts_with(errors)) << out.body;
    return out;
  }
  restconf::response send(std::string method, std::string target,
                          std::string body = {}) {
    restconf::request x{.method = std::move(method),
                        .target = base + target,
                        .host = "dots.example.net"};
    if (!body.empty())
      x.content_type = "application/yang-data+json";
    x.body = std::move(body);
    return ask(std::move(x));
  }
  restconf::response get(std::string target) {
    return send("GET", std::move(target));
  }
  /// Status and error-tag: "400 invalid-value".
  static std::string outcome(const restconf::response& x) {
    auto out = std::to_string(x.status);
    auto at = x.body.find("\"error-tag\":\"");
    if (at == std::string::npos)
      return out;
    auto rest = x.body.substr(at + 13);
    return out + " " + rest.substr(0, rest.find('"'));
  }
  static std::string error_path(const restconf::response& x) {
    auto at = x.body.find("\"error-path\":\"");
    if (at == std::string::npos)
      return {};
    auto rest = x.body.substr(at + 14);
    return rest.substr(0, rest.find('"'));
  }
  static std::string field(const restconf::response& x, std::string_view name) {
    auto found = x.find(name);
    return found ? *found : "-";
  }

  static constexpr std::string_view errors =
      R"({"ietf-restconf:errors":{"error":[{)";
  std::string base = "/restconf/data";
  restconf::handler handler{toy_root, restconf::data_channel_modules()};
  toy_store store{R"({"toy:top":{"owner":[{"id":"o","items":{"item":[)"
                  R"({"name":"a","prefix":["192.0.2.0/24"],)"
                  R"("parts":{"part":[{"name":"p","action":"red"},)"
                  R"({"name":"q","action":"green"}]}},{"name":"b"}]},)"
                  R"("pair":[{"a":"x/y,z","b":1}]}]}})"};
};

} // namespace tocsin::test
