#include "protocol/restconf/message.hpp"

#include "protocol/json/writer.hpp"

#include <utility>

namespace tocsin::protocol::restconf {

using yang::error_tag;

const std::string* response::find(std::string_view name) const {
  for (const auto& x : headers)
    if (x.name == name)
      return &x.value;
  return nullptr;
}

refusal::refusal(yang::error why) : refusal{status_of(why.tag), why} {}

refusal::refusal(unsigned code, yang::error why)
    : status{code}, errors{std::move(why)} {}

unsigned status_of(error_tag x) noexcept {
  switch (x) {
  case error_tag::invalid_value:
  case error_tag::missing_attribute:
  case error_tag::bad_attribute:
  case error_tag::unknown_attribute:
  case error_tag::bad_element:
  case error_tag::unknown_element:
  case error_tag::unknown_namespace:
  case error_tag::malformed_message:
    return 400;
  case error_tag::access_denied:
    return 403;
  case error_tag::operation_not_supported:
    return 405;
  case error_tag::in_use:
  case error_tag::lock_denied:
  case error_tag::resource_denied:
  case error_tag::data_exists:
  case error_tag::data_missing:
    return 409;
  case error_tag::too_big:
    return 413;
  case error_tag::rollback_failed:
  case error_tag::operation_failed:
  case error_tag::partial_operation:
    return 500;
  }
  return 500;
}

std::string error_body(const refusal& x) {
  json::writer w;
  w.begin_object().key("ietf-restconf:errors").begin_object();
  w.key("error").begin_array();
  for (const auto& why : x.errors) {
    bool named = !why.path.empty() && why.path != "/";
    w.begin_object();
    // What is wrong with data is an application's matter.
    w.member("error-type", named ? "application" : "protocol");
    w.member("error-tag", to_string(why.tag));
    if (!why.app_tag.empty())
      w.member("error-app-tag", why.app_tag);
    if (named)
      w.member("error-path", why.path);
    if (!why.message.empty())
      w.member("error-message", why.message);
    w.end_object();
  }
  w.end_array().end_object().end_object();
  return std::move(w).str();
}

response no_content(unsigned status) {
  return {.status = status, .headers = {{"Cache-Control", "no-cache"}}};
}

response content(std::string_view media_type, std::string body) {
  auto out = no_content(200);
  out.headers.push_back({"Content-Type", std::string{media_type}});
  out.body = std::move(body);
  return out;
}

response to_response(const refusal& x) {
  auto out = content(yang_json, error_body(x));
  out.status = x.status;
  return out;
}

} // namespace tocsin::protocol::restconf
