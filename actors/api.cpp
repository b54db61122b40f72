#include "actors/api.hpp"

#include "actors/api_order.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace tocsin::actors {

namespace {

/// The part of a query that nobody has asked for yet.
using query = std::vector<std::pair<std::string, std::string>>;

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Percent-decoding (RFC 3986, Section 2.1); '+' is just '+'.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size())
      return std::nullopt;
    auto high = hex_digit(text[i + 1]);
    auto low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

result<query> parse_query(std::string_view text) {
  query out;
  while (!text.empty()) {
    auto end = std::min(text.find('&'), text.size());
    auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto equals = pair.find('=');
    auto name = decode(pair.substr(0, equals));
    auto value = decode(equals == pair.npos ? std::string_view{}
                                            : pair.substr(equals + 1));
    if (!name || !value || name->empty() || equals == pair.npos)
      return fail(ec::malformed, "query", "takes NAME=VALUE&...");
    for (const auto& known : out)
      if (known.first == *name)
        return fail(ec::malformed, *name, "is given twice");
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::optional<std::string> take(query& rest, std::string_view name) {
  auto i = std::ranges::find(rest, name, &query::value_type::first);
  if (i == rest.end())
    return std::nullopt;
  auto value = std::move(i->second);
  rest.erase(i);
  return value;
}

result<std::uint64_t> parse_number(std::string_view text, std::string_view name,
                                   std::uint64_t max) {
  std::uint64_t number = 0;
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || stop != end || error == std::errc::invalid_argument)
    return fail(ec::malformed, std::string{name}, "takes a number");
  if (error != std::errc{} || number > max)
    return fail(ec::out_of_range, std::string{name},
                "takes at most " + std::to_string(max));
  return number;
}

result<std::uint64_t> take_number(query& rest, std::string_view name,
                                  std::uint64_t absent, std::uint64_t max) {
  auto text = take(rest, name);
  if (!text)
    return absent;
  return parse_number(*text, name, max);
}

/// What one method of a resource is asked with.
struct asked {
  std::string_view segment; ///< the last one of the path, if it varies
  query parameters;
  std::string_view body;
  const mitigate_order& defaults;
};

result<mitigation_name> take_name(asked& x) {
  auto text = decode(x.segment);
  if (!text)
    return fail(ec::malformed, "mid", "takes a number");
  auto mid =
      parse_number(*text, "mid", std::numeric_limits<std::uint32_t>::max());
  if (!mid)
    return mid.error();
  return mitigation_name{take(x.parameters, "peer").value_or(""),
                         take(x.parameters, "cuid").value_or(""),
                         static_cast<std::uint32_t>(*mid)};
}

result<std::chrono::seconds> take_wait(asked& x) {
  auto seconds =
      take_number(x.parameters, "wait", default_wait.count(), max_wait.count());
  if (!seconds)
    return seconds.error();
  return std::chrono::seconds{*seconds};
}

result<api_call> read_create(asked& x) {
  auto wait = take_wait(x);
  if (!wait)
    return wait.error();
  auto order = parse_order(x.body, x.defaults);
  if (!order)
    return order.error();
  return api_call{create_mitigation{std::move(*order), *wait}};
}

result<api_call> read_get(asked& x) {
  auto name = take_name(x);
  if (!name)
    return name.error();
  return api_call{get_mitigation{std::move(*name)}};
}

result<api_call> read_delete(asked& x) {
  auto name = take_name(x);
  if (!name)
    return name.error();
  auto wait = take_wait(x);
  if (!wait)
    return wait.error();
  return api_call{delete_mitigation{std::move(*name), *wait}};
}

result<api_call> read_update(asked& x) {
  auto name = take_name(x);
  if (!name)
    return name.error();
  auto wait = take_wait(x);
  if (!wait)
    return wait.error();
  auto what = parse_update(x.body);
  if (!what)
    return what.error();
  if (what->decision)
    return api_call{decide_mitigation{std::move(*name), *what->decision}};
  if (what->efficacy)
    return api_call{report_efficacy{std::move(*name), *what->efficacy, *wait}};
  return api_call{
      control_filters{std::move(*name), std::move(what->filters), *wait}};
}

result<api_call> read_redirect(asked& x) {
  auto wish = parse_redirect(x.body);
  if (!wish)
    return wish.error();
  wish->on = true;
  return api_call{set_redirect{std::move(*wish)}};
}

result<api_call> read_hand_over(asked& x) {
  auto wish = parse_handover(x.body);
  if (!wish)
    return wish.error();
  return api_call{hand_over{std::move(*wish)}};
}

result<api_call> read_sessions(asked& x) {
  auto limit = take_number(x.parameters, "limit", default_session_limit,
                           max_session_limit);
  if (!limit)
    return limit.error();
  return api_call{list_sessions{static_cast<std::size_t>(*limit)}};
}

result<api_call> read_audit(asked& x) {
  auto limit =
      take_number(x.parameters, "limit", default_audit_limit, max_audit_limit);
  if (!limit)
    return limit.error();
  return api_call{list_audit{static_cast<std::size_t>(*limit)}};
}

result<api_call> read_data_client(asked& x) {
  auto cuid = decode(x.segment);
  if (!cuid)
    return fail(ec::malformed, "cuid", "takes percent-encoded text");
  return api_call{get_data_client{take(x.parameters, "customer").value_or(""),
                                  std::move(*cuid)}};
}

/// One call on aliases or filters; the name of the entry is the last segment.
template <data_order::verb Verb, protocol::data::entry_kind Kind>
result<api_call> read_data(asked& x) {
  auto entry = decode(x.segment);
  if (!entry)
    return fail(ec::malformed, "path", "% is followed by two digits");
  auto wait = take_wait(x);
  if (!wait)
    return wait.error();
  use_data_channel call;
  call.upstream = take(x.parameters, "upstream").value_or("");
  call.order.what = Verb;
  call.order.kind = Kind;
  call.order.name = std::move(*entry);
  call.order.body = std::string{x.body};
  call.order.patience = *wait;
  return api_call{std::move(call)};
}

using verb = data_order::verb;
using protocol::data::entry_kind;

struct route {
  std::string_view path; ///< "*" stands for one segment, at the end
  std::string_view method;
  result<api_call> (*read)(asked&);
};

constexpr std::array routes{
    route{"/v1/node", "GET",
          [](asked&) -> result<api_call> { return api_call{get_node{}}; }},
    route{"/v1/mitigations", "GET",
          [](asked&) -> result<api_call> {
            return api_call{list_mitigations{}};
          }},
    route{"/v1/mitigations", "POST", read_create},
    route{"/v1/mitigations/*", "GET", read_get},
    route{"/v1/mitigations/*", "DELETE", read_delete},
    route{"/v1/mitigations/*", "PUT", read_update},
    route{"/v1/redirect", "PUT", read_redirect},
    route{"/v1/redirect", "DELETE",
          [](asked&) -> result<api_call> { return api_call{set_redirect{}}; }},
    route{"/v1/handover", "PUT", read_hand_over},
    route{"/v1/data/aliases", "GET", read_data<verb::list, entry_kind::alias>},
    route{"/v1/data/aliases", "POST",
          read_data<verb::put_all, entry_kind::alias>},
    route{"/v1/data/aliases/*", "GET",
          read_data<verb::show, entry_kind::alias>},
    route{"/v1/data/aliases/*", "PUT", read_data<verb::put, entry_kind::alias>},
    route{"/v1/data/aliases/*", "DELETE",
          read_data<verb::remove, entry_kind::alias>},
    route{"/v1/data/filters", "GET", read_data<verb::list, entry_kind::acl>},
    route{"/v1/data/filters", "POST",
          read_data<verb::put_all, entry_kind::acl>},
    route{"/v1/data/filters/*", "GET", read_data<verb::show, entry_kind::acl>},
    route{"/v1/data/filters/*", "PUT", read_data<verb::put, entry_kind::acl>},
    route{"/v1/data/filters/*", "DELETE",
          read_data<verb::remove, entry_kind::acl>},
    route{"/v1/data/capabilities", "GET",
          read_data<verb::capabilities, entry_kind::acl>},
    route{"/v1/sessions", "GET", read_sessions},
    route{"/v1/audit", "GET", read_audit},
    route{"/v1/data-clients", "GET",
          [](asked&) -> result<api_call> {
            return api_call{list_data_clients{}};
          }},
    route{"/v1/data-clients/*", "GET", read_data_client},
};

/// The segment for "*", empty if there is none; nothing if the path differs.
std::optional<std::string_view> match(std::string_view pattern,
                                      std::string_view path) {
  if (!pattern.ends_with('*'))
    return pattern == path ? std::optional{std::string_view{}} : std::nullopt;
  pattern.remove_suffix(1);
  if (!path.starts_with(pattern))
    return std::nullopt;
  path.remove_prefix(pattern.size());
  if (path.empty() || path.find('/') != path.npos)
    return std::nullopt;
  return path;
}

result<api_call> read(const route& way, asked& x) {
  if (way.method != "POST" && way.method != "PUT" && !x.body.empty())
    return fail(ec::malformed, "body", "this call takes none");
  auto call = way.read(x);
  if (call && !x.parameters.empty())
    return fail(ec::unknown, x.parameters.front().first,
                "is no parameter of this call");
  return call;
}

} // namespace

result<api_call> parse_request(std::string_view method, std::string_view target,
                               std::string_view body,
                               const mitigate_order& defaults) {
  auto mark = std::min(target.find('?'), target.size());
  auto path = target.substr(0, mark);
  auto tail = target.substr(std::min(mark + 1, target.size()));
  std::string offered;
  for (const auto& way : routes) {
    auto segment = match(way.path, path);
    if (!segment)
      continue;
    if (way.method != method) {
      offered.append(offered.empty() ? "" : " and ").append(way.method);
      continue;
    }
    auto parameters = parse_query(tail);
    if (!parameters)
      return parameters.error();
    asked x{*segment, std::move(*parameters), body, defaults};
    return read(way, x);
  }
  if (offered.empty())
    return fail(ec::not_found, "path", "there is no such resource");
  return fail(ec::unsupported, "method", "this resource takes " + offered);
}

unsigned http_status(const failure& x) noexcept {
  switch (x.code) {
  case ec::truncated:
  case ec::malformed:
  case ec::out_of_range:
  case ec::missing:
  case ec::unknown:
    return 400;
  case ec::unauthorized:
    return 403;
  case ec::not_found:
    return 404;
  case ec::conflict:
    return 409;
  case ec::too_large:
    return 413;
  case ec::unacceptable:
    return 422;
  case ec::unsupported:
    return x.where == "method" ? 405 : 501;
  case ec::closed:
    return 502;
  case ec::unavailable:
    return 503;
  case ec::timeout:
    return 504;
  case ec::none:
  case ec::io:
  case ec::internal:
    break;
  }
  return 500;
}

unsigned http_status(const mitigation_view& x, unsigned done) noexcept {
  return x.progress == "requested" || x.progress == "withdrawing" ? 202 : done;
}

} // namespace tocsin::actors
