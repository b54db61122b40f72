#include "protocol/restconf/discovery.hpp"

#include "protocol/json/writer.hpp"
#include "protocol/restconf/media.hpp"

#include <utility>

namespace tocsin::protocol::restconf {

namespace {

constexpr std::string_view place = "/.well-known/host-meta";
constexpr std::string_view json_place = "/.well-known/host-meta.json";

std::string jrd(std::string_view root) {
  json::writer w;
  w.begin_object().key("links").begin_array().begin_object();
  w.member("rel", "restconf").member("href", root);
  w.end_object().end_array().end_object();
  return std::move(w).str();
}

// The root is a path, in which nothing has to be escaped: see `handler`.
std::string xrd(std::string_view root) {
  return "<?xml version='1.0' encoding='UTF-8'?>\n"
         "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n"
         "  <Link rel='restconf' href='"
         + std::string{root} + "'/>\n</XRD>\n";
}

} // namespace

std::optional<answer<response>>
discover(const request& x, std::string_view path, std::string_view root) {
  if (path != place && path != json_place)
    return {};
  auto as_json = quality(x.accept, plain_json);
  auto as_xml = path == place ? quality(x.accept, xrd_xml) : 0;
  if (as_json == 0 && as_xml == 0)
    return refusal{406,
                   {yang::error_tag::invalid_value,
                    {},
                    "there is no representation which is accepted"}};
  // RFC 6415, Section 3: an XRD, unless something else is wanted more.
  if (as_xml > 0 && as_xml >= as_json)
    return content(xrd_xml, xrd(root));
  return content(plain_json, jrd(root));
}

} // namespace tocsin::protocol::restconf
