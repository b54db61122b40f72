#include "mitigators/codec.hpp"
#include "mitigators/protocol.hpp"

#include <algorithm>
#include <unordered_set>

namespace tocsin::mitigators {

namespace {

using protocol::signal::port_range;
using protocol::signal::prefix;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

std::vector<port_range> read_ports(json_reader& in) {
  return in.list<port_range>(
      "ports", [&](element x) -> std::optional<port_range> {
        object members;
        if (x.get(members))
          return std::nullopt;
        json_reader port{members};
        port.need<std::uint64_t>("lower");
        port.need<std::uint64_t>("upper");
        auto lower = port.number("lower", 65535);
        auto upper = port.number("upper", 65535);
        return take(in, port,
                    port_range{static_cast<std::uint16_t>(lower),
                               static_cast<std::uint16_t>(upper)});
      });
}

std::vector<std::uint8_t> read_protocols(json_reader& in) {
  return in.list<std::uint8_t>("protocols",
                               [](element x) -> std::optional<std::uint8_t> {
                                 std::uint64_t value = 0;
                                 if (x.get(value) || value > 255)
                                   return std::nullopt;
                                 return static_cast<std::uint8_t>(value);
                               });
}

std::optional<rule::exemption> read_exemption(json_reader& outer, element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  rule::exemption result;
  result.sources = read_prefixes(in, "sources");
  result.ports = read_ports(in);
  result.protocols = read_protocols(in);
  return take(outer, in, std::move(result));
}

action read_action(json_reader& in) {
  auto name = in.need<std::string_view>("action");
  if (name == to_string(action::rate_limit)) {
    in.need<std::uint64_t>("rate");
    return action::rate_limit;
  }
  if (name != to_string(action::drop))
    in.refuse(ec::unsupported, "action", "is neither drop nor rate_limit");
  return action::drop;
}

std::optional<rule> read_rule(json_reader& outer, element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  rule result;
  result.id = in.need<std::string_view>("id");
  result.what = read_action(in);
  if (result.what == action::rate_limit)
    result.rate = in.number("rate", any_number);
  in.need<array>("prefixes");
  result.prefixes = read_prefixes(in, "prefixes");
  result.ports = read_ports(in);
  result.protocols = read_protocols(in);
  result.accept = in.list<rule::exemption>(
      "accept", [&](element y) { return read_exemption(in, y); });
  result.customer = in.text("customer");
  result.cuid = in.text("cuid");
  result.mid = static_cast<std::uint32_t>(in.number("mid", 0xffffffff));
  if (in.good())
    if (auto verdict = check(result); !verdict)
      in.refuse(verdict.error());
  return take(outer, in, std::move(result));
}

/// What sync and install have in common.
template <class Order>
Order read_items(json_reader& in, Order result) {
  in.need<array>("rules");
  result.rules = in.list<rule>("rules", [&](element x) { //
    return read_rule(in, x);
  });
  result.filters = in.list<filter_set>("filters", [&](element x) { //
    return read_filter_set(in, x);
  });
  std::unordered_set<std::string_view> ids;
  auto note = [&](const std::string& id) {
    if (!ids.insert(id).second)
      in.refuse(ec::conflict, "id", "occurs twice: " + id);
  };
  for (const auto& x : result.rules)
    note(x.id);
  for (const auto& x : result.filters)
    note(x.id);
  return result;
}

std::optional<std::string> read_id(element x) {
  std::string_view text;
  if (x.get(text) || text.empty() || text.size() > max_id_octets)
    return std::nullopt;
  return std::string{text};
}

std::optional<order> read_order(json_reader& in, std::string_view type) {
  if (type == "hello") {
    in.need<std::uint64_t>("version");
    auto version = static_cast<std::uint32_t>(in.number("version", 0xffffffff));
    return to_driver::hello{version, in.text("node"), in.text("instance")};
  }
  if (type == "bye")
    return to_driver::bye{};
  if (type != "sync" && type != "install" && type != "withdraw")
    return std::nullopt;
  auto seq = in.need<std::uint64_t>("seq");
  auto more = in.find<bool>("more").value_or(false);
  auto part = static_cast<std::uint32_t>(in.number("part", 0xffffffff));
  if (type == "sync")
    return read_items(in, to_driver::sync{seq, {}, more, part});
  if (type == "install")
    return read_items(in, to_driver::install{seq, {}, more, part});
  in.need<array>("ids");
  return to_driver::withdraw{seq, in.list<std::string>("ids", read_id), more,
                             part};
}

ec read_code(json_reader& in) {
  auto name = in.need<std::string_view>("code");
  for (auto i = static_cast<int>(ec::none) + 1;
       i <= static_cast<int>(ec::internal); ++i)
    if (name == tocsin::to_string(static_cast<ec>(i)))
      return static_cast<ec>(i);
  return ec::internal; // a code of a later version
}

to_node::hello read_driver_hello(json_reader& in) {
  to_node::hello result;
  in.need<std::uint64_t>("version");
  result.version = static_cast<std::uint32_t>(in.number("version", 0xffffffff));
  result.driver = in.need<std::string_view>("driver");
  json_reader offered{in.need<object>("capabilities")};
  if (!in.good())
    return result;
  auto names = [&](std::string_view member) {
    return offered.list<std::string>(member, [](element x) {
      std::string_view text;
      return x.get(text) ? std::nullopt : std::optional{std::string{text}};
    });
  };
  auto has = [](const std::vector<std::string>& xs, std::string_view x) {
    return std::find(xs.begin(), xs.end(), x) != xs.end();
  };
  auto actions = names("actions");
  auto families = names("families");
  result.drop = has(actions, to_string(action::drop));
  result.rate_limit = has(actions, to_string(action::rate_limit));
  result.ipv4 = has(families, "ipv4");
  result.ipv6 = has(families, "ipv6");
  result.counters = offered.find<bool>("counters").value_or(false);
  result.max_rules = offered.number("max_rules", any_number);
  result.filters = offered.find<bool>("filters").value_or(false);
  result.max_entries = offered.number("max_entries", any_number);
  if (!offered.good())
    in.refuse(offered.why());
  return result;
}

std::optional<to_node::rule_failure> read_failure(json_reader& outer,
                                                  element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  to_node::rule_failure result;
  result.id = in.need<std::string_view>("id");
  result.code = read_code(in);
  result.message = in.text("message");
  return take(outer, in, std::move(result));
}

std::optional<rule_counters> read_counters(json_reader& outer, element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  rule_counters result;
  result.id = in.need<std::string_view>("id");
  result.packets = in.need<std::uint64_t>("packets");
  result.bytes = in.need<std::uint64_t>("bytes");
  auto word = in.text("attack"); // another word is one of a later version
  for (auto what : {attack::ongoing, attack::stopped})
    if (word == to_string(what))
      result.attack = what;
  return take(outer, in, std::move(result));
}

std::optional<entry_counters> read_entry_counters(json_reader& outer,
                                                  element x) {
  object members;
  if (x.get(members))
    return std::nullopt;
  json_reader in{members};
  entry_counters result;
  result.set = in.need<std::string_view>("set");
  result.entry = in.need<std::string_view>("entry");
  result.packets = in.need<std::uint64_t>("packets");
  result.bytes = in.need<std::uint64_t>("bytes");
  return take(outer, in, std::move(result));
}

to_node::status read_status(json_reader& in) {
  to_node::status result;
  auto name = in.need<std::string_view>("health");
  using to_node::health;
  result.health = health::degraded; // also for a word of a later version
  for (auto x : {health::ok, health::overloaded})
    if (name == to_string(x))
      result.health = x;
  result.installed = in.number("installed", any_number);
  result.capacity = in.number("capacity", any_number);
  result.message = in.text("message");
  return result;
}

std::optional<report> read_report(json_reader& in, std::string_view type) {
  if (type == "hello")
    return read_driver_hello(in);
  if (type == "done") {
    to_node::done result;
    result.seq = in.need<std::uint64_t>("seq");
    result.failures = in.list<to_node::rule_failure>(
        "failures", [&](element x) { return read_failure(in, x); });
    return result;
  }
  if (type == "counters") {
    in.need<array>("rules");
    return to_node::counters{
        in.list<rule_counters>("rules",
                               [&](element x) { return read_counters(in, x); }),
        in.list<entry_counters>(
            "filters", [&](element x) { return read_entry_counters(in, x); })};
  }
  if (type == "status")
    return read_status(in);
  if (type != "error")
    return std::nullopt;
  to_node::error result;
  result.seq = in.find<std::uint64_t>("seq");
  result.code = read_code(in);
  result.message = in.text("message");
  return result;
}

template <class Message, class Read>
result<Message> decode(std::string_view line, Read read) {
  if (line.size() > max_line_octets)
    return fail(ec::too_large, "line", "exceeds the limit");
  simdjson::dom::parser parser;
  object members;
  if (parser.parse(line.data(), line.size()).get(members))
    return fail(ec::malformed, "line", "is not a JSON object");
  json_reader in{members};
  auto type = in.need<std::string_view>("type");
  if (!in.good())
    return in.why();
  auto message = read(in, type);
  if (!in.good())
    return in.why();
  if (!message)
    return fail(ec::unknown, "type",
                "is not known: " + std::string{type.substr(0, 64)});
  return std::move(*message);
}

} // namespace

std::vector<prefix> read_prefixes(json_reader& in, std::string_view name) {
  return in.list<prefix>(name, [&](element x) -> std::optional<prefix> {
    std::string_view text;
    if (x.get(text))
      return std::nullopt;
    auto value = prefix::parse(text);
    if (value)
      return *value;
    in.refuse(value.error());
    return std::nullopt;
  });
}

result<order> decode_order(std::string_view line) {
  return decode<order>(line, read_order);
}

result<report> decode_report(std::string_view line) {
  return decode<report>(line, read_report);
}

std::optional<std::uint64_t> sequence_of(std::string_view line) {
  simdjson::dom::parser parser;
  object members;
  if (line.size() > max_line_octets
      || parser.parse(line.data(), line.size()).get(members))
    return std::nullopt;
  json_reader in{members};
  return in.find<std::uint64_t>("seq");
}

} // namespace tocsin::mitigators
