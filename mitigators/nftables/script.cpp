#include "mitigators/nftables/script.hpp"

#include "protocol/json/writer.hpp"

#include <algorithm>
#include <array>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::json::writer;
using protocol::signal::prefix;

constexpr std::string_view dispatch_chain = "dispatch";

/// The address with the first `bits` bits set.
std::string mask(bool ipv4, std::uint8_t bits) {
  std::array<std::uint8_t, 16> ones;
  ones.fill(0xff);
  auto family = ipv4 ? prefix::family::ipv4 : prefix::family::ipv6;
  return prefix{family, ones, bits}.address_string();
}

} // namespace

void planner::script::command(std::string_view json) {
  commands_ += commands_.empty() ? "" : ",";
  commands_ += json;
}

void planner::script::object(std::string_view verb, std::string_view kind,
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

void planner::script::base(bool replace) {
  object("add", "table", where_.table.name);
  if (replace) {
    object("delete", "table", where_.table.name);
    object("add", "table", where_.table.name);
  }
  object("add", "set", ports_set,
         R"(,"type":"inet_proto","elem":[6,17,33,132])");
  object("add", "chain", dispatch_chain);
  for (const auto& hook : where_.hooks) {
    object("add", "chain", hook,
           R"(,"type":"filter","policy":"accept","hook":")" + hook
               + R"(","prio":)" + std::to_string(where_.priority));
    jump(hook, std::string{dispatch_chain});
  }
}

void planner::script::add_map(length x) {
  object("add", "map", map_name(x),
         x.ipv4 ? R"(,"type":"ipv4_addr","map":"verdict")"
                : R"(,"type":"ipv6_addr","map":"verdict")");
}

std::string planner::script::rule_command(std::string_view chain,
                                          std::string_view statement) {
  writer out;
  out.begin_object().key("add").begin_object().key("rule").begin_object();
  out.member("family", "inet").member("table", where_.table.name);
  out.member("chain", chain);
  out.key("expr").begin_array().raw(statement).end_array();
  return out.end_object().end_object().end_object(), std::move(out).str();
}

void planner::script::dispatch(const std::set<length>& lengths) {
  writer flush;
  flush.begin_object().key("flush").begin_object().key("chain");
  flush.begin_object().member("family", "inet");
  flush.member("table", where_.table.name).member("name", dispatch_chain);
  command(flush.end_object().end_object().end_object().str());
  for (auto i = lengths.rbegin(); i != lengths.rend(); ++i) {
    std::string key = R"({"payload":{"protocol":")"
                      + std::string{i->ipv4 ? "ip" : "ip6"}
                      + R"(","field":"daddr"}})";
    if (i->bits < (i->ipv4 ? 32 : 128))
      key = R"({"&":[)" + key + ",\"" + mask(i->ipv4, i->bits) + "\"]}";
    command(rule_command(dispatch_chain, R"({"vmap":{"key":)" + key
                                             + R"(,"data":"@)" + map_name(*i)
                                             + "\"}}"));
  }
}

void planner::script::jump(const std::string& from, const std::string& to) {
  command(rule_command(from, R"({"jump":{"target":")" + to + "\"}}"));
}

void planner::script::add_counter(const rule& x, const rule_counters* total) {
  std::string values;
  if (total)
    values = ",\"packets\":" + std::to_string(total->packets)
             + ",\"bytes\":" + std::to_string(total->bytes);
  object("add", "counter", chain_name(x.id), values);
}

void planner::script::add_limit(const rule& x) {
  object("add", "limit", limit_name(x),
         ",\"rate\":" + std::to_string(x.rate) + R"(,"per":"second","burst":)"
             + std::to_string(burst_of(x.rate)) + ",\"inv\":true");
}

void planner::script::element(std::string_view verb, const prefix& key,
                              const std::string& target) {
  auto& list =
      (verb == "add" ? additions_ : deletions_)[map_name(length_of(key))];
  list += list.empty() ? "" : ",";
  list += "[\"" + key.address_string() + R"(",{"jump":{"target":")" + target
          + "\"}}]";
}

void planner::script::flush_elements() {
  for (const auto& [map, list] : deletions_)
    object("delete", "element", map, ",\"elem\":[" + list + "]");
  for (const auto& [map, list] : additions_)
    object("add", "element", map, ",\"elem\":[" + list + "]");
  deletions_.clear();
  additions_.clear();
}

std::string planner::script::finish() && {
  if (commands_.empty())
    return {};
  return R"({"nftables":[)" + commands_ + "]}";
}

std::string planner::script::target(const prefix& x, const users& ids) {
  if (ids.empty())
    return {};
  return ids.size() == 1 ? chain_name(*ids.begin()) : shared_chain(x);
}

std::string planner::script::shared_chain(const prefix& x) {
  auto address = x.address_string();
  std::ranges::replace(address, ':', '-'); // to be typed at nft's prompt
  return (x.is_ipv4() ? "p4_" : "p6_") + address + "_"
         + std::to_string(x.length());
}

std::string planner::script::map_name(length x) {
  return (x.ipv4 ? "to4_" : "to6_") + std::to_string(x.bits);
}

} // namespace tocsin::mitigators::nftables
