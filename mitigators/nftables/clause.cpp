#include "mitigators/nftables/clause.hpp"

#include "protocol/json/writer.hpp"

#include <algorithm>
#include <tuple>

namespace tocsin::mitigators::nftables {

namespace {

using protocol::json::writer;
using protocol::signal::port_range;
using protocol::signal::prefix;

/// Up to so many rules replace a set: every set of the table makes all
/// transactions slower (docs/driver-protocol.md has the figures).
constexpr std::size_t max_expansion = 8;

std::string comparison(const condition& x, const std::string& right) {
  return R"({"match":{"op":")" + std::string{x.op} + R"(","left":)" + x.left
         + R"(,"right":)" + right + "}}";
}

std::string join(const std::vector<std::string>& xs) {
  std::string result;
  for (const auto& x : xs)
    result += (result.empty() ? "" : ",") + x;
  return result;
}

} // namespace

condition field(std::string_view protocol, std::string_view name,
                std::vector<std::string> values) {
  writer out;
  out.begin_object().key("payload").begin_object();
  out.member("protocol", protocol).member("field", name);
  out.end_object().end_object();
  return {std::move(out).str(), std::move(values)};
}

condition layer4(const std::vector<std::uint8_t>& protocols) {
  condition result{R"({"meta":{"key":"l4proto"}})", {}};
  for (auto x : protocols)
    result.values.push_back(std::to_string(x));
  return result;
}

std::string value(const prefix& x) {
  writer out;
  if (x.length() == x.max_length())
    return out.value(x.address_string()), std::move(out).str();
  out.begin_object().key("prefix").begin_object();
  out.member("addr", x.address_string()).member("len", unsigned{x.length()});
  return out.end_object().end_object(), std::move(out).str();
}

std::string value(port_range x) {
  if (x.lower == x.upper)
    return std::to_string(x.lower);
  return "{\"range\":[" + std::to_string(x.lower) + ","
         + std::to_string(x.upper) + "]}";
}

std::vector<std::string> matches(const clause& x) {
  std::size_t combinations = 1;
  for (const auto& c : x)
    combinations = std::min(combinations * c.values.size(), max_expansion + 1);
  std::vector<std::string> result{""};
  for (const auto& c : x) {
    auto values = c.values;
    if (combinations > max_expansion && values.size() > 1)
      values = {R"({"set":[)" + join(values) + "]}"};
    std::vector<std::string> longer;
    for (const auto& prior : result)
      for (const auto& v : values)
        longer.push_back(prior + comparison(c, v) + ",");
    result = std::move(longer);
  }
  return result;
}

void merge(std::vector<prefix>& xs) {
  // Sorted by family and address, an outer prefix comes before its inner ones.
  std::ranges::sort(xs, {}, [](const prefix& x) {
    return std::tuple{x.which(), x.octets(), x.length()};
  });
  std::vector<prefix> result;
  for (const auto& x : xs)
    if (result.empty() || !result.back().contains(x))
      result.push_back(x);
  xs = std::move(result);
}

std::string add_rule(std::string_view table, std::string_view chain,
                     std::string_view statements, std::string_view comment) {
  writer out;
  out.begin_object().key("add").begin_object().key("rule").begin_object();
  out.member("family", "inet").member("table", table).member("chain", chain);
  out.key("expr").raw("[" + std::string{statements} + "]");
  if (!comment.empty())
    out.member("comment", comment);
  out.end_object().end_object().end_object();
  return std::move(out).str();
}

} // namespace tocsin::mitigators::nftables
