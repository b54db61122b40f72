#include "actors/api_body.hpp"

#include "protocol/signal/validate.hpp"

namespace tocsin::actors::body {

using protocol::signal::activation;
using protocol::signal::filter_control;

namespace {

constexpr std::size_t max_body = 1024 * 1024;
constexpr std::size_t max_uri = 2048;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

bool has_control(std::string_view text) {
  for (unsigned char c : text)
    if (c < 0x20 || c == 0x7F)
      return true;
  return false;
}

} // namespace

bool is_dns_name(std::string_view text) {
  if (text.ends_with('.'))
    text.remove_suffix(1);
  if (text.empty() || text.size() > 253)
    return false;
  std::size_t label = 0;
  for (char c : text) {
    if (c == '.' && label == 0)
      return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63)
      return false;
    if (c != '.' && c != '-' && c != '_' && !is_letter_or_digit(c))
      return false;
  }
  return label > 0;
}

bool is_uri(std::string_view text) {
  auto colon = text.find(':');
  if (colon == 0 || colon == text.npos || colon + 1 == text.size()
      || text.size() > max_uri)
    return false;
  for (char c : text.substr(0, colon))
    if (!is_letter_or_digit(c) && c != '+' && c != '-' && c != '.')
      return false;
  for (unsigned char c : text)
    if (c <= 0x20 || c >= 0x7F)
      return false;
  return text[0] < '0' || text[0] > '9';
}

result<std::int64_t> read_integer(dom::element x, std::string_view name,
                                  std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  auto outside = [&] {
    return fail(ec::out_of_range, std::string{name},
                "takes " + std::to_string(min) + " to " + std::to_string(max));
  };
  if (x.is_uint64() && !x.is_int64())
    return outside(); // beyond what a signed number holds
  if (x.get_int64().get(number) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes a whole number");
  if (number < min || number > max)
    return outside();
  return number;
}

result<std::string> read_text(dom::element x, std::string_view name) {
  std::string_view text;
  if (x.get_string().get(text) != simdjson::SUCCESS)
    return fail(ec::malformed, std::string{name}, "takes text");
  if (text.empty() || text.size() > max_uri || has_control(text))
    return fail(ec::out_of_range, std::string{name},
                "takes text of a sensible length without control characters");
  return std::string{text};
}

result<std::string> read_name(dom::element x, std::string_view name) {
  auto text = read_text(x, name);
  if (text && text->size() > max_name)
    return fail(ec::out_of_range, std::string{name},
                "takes at most " + std::to_string(max_name) + " octets");
  return text;
}

namespace {

/// As a scope of RFC 9133 has it.
result<filter_control> read_filter(dom::element x) {
  dom::object members;
  if (x.get_object().get(members) != simdjson::SUCCESS)
    return fail(ec::malformed, "acl-list", "takes objects");
  filter_control out;
  for (auto [key, value] : members) {
    if (key != "acl-name" && key != "activation-type")
      return fail(ec::unknown, std::string{key}, "is no member of a filter");
    auto text = read_name(value, key);
    if (!text)
      return text.error();
    if (key == "acl-name") {
      out.name = std::move(*text);
      continue;
    }
    for (auto one : {activation::activate_when_mitigating,
                     activation::immediate, activation::deactivate})
      if (to_string(one) == *text)
        out.when = one;
    if (!out.when)
      return fail(ec::out_of_range, "activation-type",
                  "takes \"immediate\", \"activate-when-mitigating\" or "
                  "\"deactivate\"");
  }
  // In full: whoever orders this means to switch something.
  if (out.name.empty() || !out.when)
    return fail(ec::missing, out.name.empty() ? "acl-name" : "activation-type",
                "every filter needs it");
  return out;
}

} // namespace

result<void> read_filters(dom::element x, std::vector<filter_control>& into) {
  if (auto done = read_list(x, "acl-list", into, read_filter); !done)
    return done;
  if (into.empty())
    return fail(ec::missing, "acl-list", "name at least one filter");
  return protocol::signal::validate_filters(into);
}

result<dom::object> read_object(dom::parser& parser, std::string_view body) {
  if (body.empty())
    return fail(ec::missing, "body", "a JSON object is needed");
  if (body.size() > max_body)
    return fail(ec::too_large, "body", "at most 1 MiB");
  dom::object object;
  if (auto error =
          parser.parse(body.data(), body.size()).get_object().get(object))
    return fail(ec::malformed, "body",
                error == simdjson::INCORRECT_TYPE ? "a JSON object is needed"
                                                  : "this is not JSON");
  return object;
}

} // namespace tocsin::actors::body
