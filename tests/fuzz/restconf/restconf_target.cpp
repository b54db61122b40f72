// The first line is a method and a request target, the rest a body. Whatever
// it is, there is an answer; what is refused is told as JSON, and a path which
// is understood is written and read again.
#include "protocol/bytes.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/restconf/handler.hpp"
#include "protocol/restconf/target.hpp"
#include "protocol/yang/decode.hpp"
#include "tests/unit/yang/toy.hpp"

#include <algorithm>
#include <cstdlib>

using namespace tocsin;
using namespace tocsin::protocol;
using namespace tocsin::protocol::restconf;

namespace {

constexpr auto rows =
    yang::concatenate(test::toy::data_rows, restconf::library_rows);
constexpr yang::schema_node schema{.name = "data",
                                   .kind = yang::node_kind::container,
                                   .children = rows,
                                   .module = "ietf-restconf"};

constexpr std::string_view content_of_store =
    R"({"toy:top":{"owner":[{"id":"o","items":{"item":[{"name":"a",)"
    R"("prefix":["192.0.2.0/24"]},{"name":"b"}]}}]}})";

void require(bool condition) {
  if (!condition)
    std::abort();
}

class store : public datastore_view {
public:
  std::optional<refusal> forbids(const yang::instance_path&,
                                 bool) const override {
    return {};
  }
  yang::data_node read(const yang::instance_path& at) const override {
    return configuration(at);
  }
  yang::data_node configuration(const yang::instance_path&) const override {
    return *yang::decoder{schema}.tree(content_of_store);
  }
  const edit_rules& rules() const override { return rules_; }
  version version_of(const yang::instance_path&) const override {
    return {"1", {}};
  }
  std::optional<refusal> commit(edit x) override {
    require(!validate(x.tree, {}, nullptr));
    return {};
  }

private:
  class none : public edit_rules {
  public:
    std::optional<yang::error>
    check(const yang::data_node&, const yang::instance_path&) const override {
      return {};
    }
  } rules_;
};

void check_path(std::string_view path) {
  auto parsed = parse_path(schema, path);
  auto x = std::get_if<yang::instance_path>(&parsed);
  if (!x)
    return;
  auto again = parse_path(schema, to_uri(*x));
  require(std::holds_alternative<yang::instance_path>(again)
          && std::get<yang::instance_path>(again) == *x);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto text = as_text({data, size});
  auto line = text.substr(0, text.find('\n'));
  auto space = std::min(line.find(' '), line.size());
  request x{.method = std::string{line.substr(0, space)},
            .target =
                std::string{line.substr(std::min(space + 1, line.size()))},
            .content_type = "application/yang-data+json",
            .body = std::string{text.substr(std::min(line.size() + 1, size))}};
  check_path(x.target);
  static const handler answers{schema, data_channel_modules()};
  store view;
  auto out = answers.handle(x, view);
  require(out.status >= 200 && out.status < 600);
  require(out.find("Cache-Control") != nullptr);
  auto type = out.find("Content-Type");
  if (type && *type == yang_json && x.method != "HEAD")
    require(bool{json::document::parse(out.body)});
  return 0;
}
