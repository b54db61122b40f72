#include "mitigators/nftables/script.hpp"

#include "mitigators/nftables/clause.hpp"
#include "protocol/json/writer.hpp"

namespace tocsin::mitigators::nftables {

namespace {

using protocol::json::writer;
using protocol::signal::prefix;

} // namespace

void script::command(std::string_view json) {
  commands_ += commands_.empty() ? "" : ",";
  commands_ += json;
}

void script::object(std::string_view verb, std::string_view kind,
                    std::string_view name, std::string_view more) {
  writer out;
  out.begin_object().key(verb).begin_object().key(kind).begin_object();
  out.member("family", "inet");
  if (kind != "table")
    out.member("table", where_.table.name);
  auto json = out.member("name", name).str();
  json += more;
  command(json + "}}}");
}

void script::base() {
  // Adding first makes the deletion succeed in any case.
  object("add", "table", where_.table.name);
  object("delete", "table", where_.table.name);
  object("add", "table", where_.table.name);
  object("add", "set", ports_set,
         R"(,"type":"inet_proto","elem":[6,17,33,132])");
  for (auto chain : {filter_dispatch, rule_dispatch})
    object("add", "chain", chain);
  for (const auto& hook : where_.hooks) {
    object("add", "chain", hook,
           R"(,"type":"filter","policy":"accept","hook":")" + hook
               + R"(","prio":)" + std::to_string(where_.priority));
    for (auto chain : {filter_dispatch, rule_dispatch})
      jump(hook, chain);
  }
}

void script::rule(std::string_view chain, std::string_view statement) {
  command(add_rule(where_.table.name, chain, statement));
}

void script::jump(std::string_view from, std::string_view to) {
  rule(from, R"({"jump":{"target":")" + std::string{to} + "\"}}");
}

void script::add_counter(std::string_view name, std::uint64_t packets,
                         std::uint64_t bytes) {
  std::string values;
  if (packets > 0 || bytes > 0)
    values = ",\"packets\":" + std::to_string(packets)
             + ",\"bytes\":" + std::to_string(bytes);
  object("add", "counter", name, values);
}

void script::element(std::string_view verb, const std::string& map,
                     const prefix& key, const std::string& target) {
  auto& list = (verb == "add" ? additions_ : deletions_)[map];
  list += list.empty() ? "" : ",";
  list += "[\"" + key.address_string() + R"(",{"jump":{"target":")" + target
          + "\"}}]";
}

void script::flush_elements() {
  for (const auto& [map, list] : deletions_)
    object("delete", "element", map, ",\"elem\":[" + list + "]");
  for (const auto& [map, list] : additions_)
    object("add", "element", map, ",\"elem\":[" + list + "]");
  deletions_.clear();
  additions_.clear();
}

std::string script::finish() && {
  if (commands_.empty())
    return {};
  return R"({"nftables":[)" + commands_ + "]}";
}

} // namespace tocsin::mitigators::nftables
