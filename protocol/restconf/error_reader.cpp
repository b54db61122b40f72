#include "protocol/restconf/error_reader.hpp"

#include "protocol/json/reader.hpp"

#include <optional>
#include <string>

namespace tocsin::protocol::restconf {

namespace {

using yang::error_tag;

/// Paths are the longest texts, and 4 KiB of one are more than enough.
constexpr std::size_t max_text = 4096;

error_tag parse_tag(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(error_tag::malformed_message); ++i)
    if (to_string(static_cast<error_tag>(i)) == text)
      return static_cast<error_tag>(i);
  return error_tag::operation_failed;
}

std::string text_of(const json::value& x, std::string_view name) {
  auto found = x.find(name);
  auto text = found ? found->text() : std::nullopt;
  return text ? std::string{text->substr(0, max_text)} : std::string{};
}

} // namespace

std::vector<yang::error> read_errors(std::string_view body) {
  std::vector<yang::error> out;
  auto parsed = json::document::parse(body);
  if (!parsed)
    return out;
  auto errors = parsed->root().find("ietf-restconf:errors");
  auto list = errors ? errors->find("error") : std::nullopt;
  if (!list)
    return out;
  for (const auto& x : list->elements()) {
    if (out.size() == max_read_errors)
      break;
    out.push_back({parse_tag(text_of(x, "error-tag")), text_of(x, "error-path"),
                   text_of(x, "error-message"), text_of(x, "error-app-tag")});
  }
  return out;
}

} // namespace tocsin::protocol::restconf
