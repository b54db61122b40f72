#include "protocol/schema/fields.hpp"

namespace tocsin::protocol::schema {

namespace {

std::string_view type_name(wire x) {
  switch (x) {
  case wire::map:
    return "map";
  case wire::list_of_maps:
    return "array of maps";
  case wire::text:
    return "text";
  case wire::list_of_text:
    return "array of text";
  case wire::list_of_unsigned:
    return "array of unsigned";
  case wire::integer:
    return "integer";
  case wire::enumeration:
    return "enumeration";
  case wire::boolean:
    return "boolean";
  case wire::decimal:
    return "tag 4 [-2, integer]";
  }
  return "";
}

std::string_view flow_name(flow x) {
  switch (x) {
  case flow::path_only:
    return "path only";
  case flow::request:
    return "request";
  case flow::response:
    return "response";
  case flow::both:
    return "both";
  }
  return "";
}

/// Bounds as a reader wants them: numbers for numbers, octets for texts,
/// labels for enumerations.
std::string bounds(const field& x) {
  switch (x.type) {
  case wire::map:
  case wire::list_of_maps:
  case wire::boolean:
    return {};
  case wire::text:
  case wire::list_of_text:
    return "at most " + std::to_string(x.max) + " octets";
  case wire::enumeration: {
    std::string all;
    for (std::size_t i = 0; i < x.names.size(); ++i) {
      all += all.empty() ? "" : ", ";
      all += std::to_string(i + 1) + " " + std::string{x.names[i]};
    }
    return all;
  }
  case wire::decimal:
    return "0.00 to " + std::to_string(x.max / 100) + "."
           + std::to_string(x.max % 100 / 10) + std::to_string(x.max % 10);
  case wire::integer:
  case wire::list_of_unsigned:
    return std::to_string(x.min) + " to " + std::to_string(x.max);
  }
  return {};
}

std::string parent_names(const field& x) {
  std::string all;
  for (auto key : x.where) {
    if (key == none)
      continue;
    all += all.empty() ? "" : ", ";
    all += key == top ? "(top)" : find_field(std::uint64_t{key})->leaf;
  }
  return all;
}

std::string row(const field& x) {
  std::string line = "| " + std::to_string(x.key) + " | `";
  line += x.leaf;
  line += "` | ";
  line += type_name(x.type);
  line += " | " + bounds(x) + " | ";
  line += flow_name(x.way);
  line += " | " + parent_names(x) + " | ";
  line += x.section;
  return line + " |\n";
}

} // namespace

std::string write_reference() {
  std::string out = "| Key | Element | Type | Bounds | Direction | Within | "
                    "RFC 9132 |\n|---|---|---|---|---|---|---|\n";
  for (const auto& x : signal_fields)
    out += row(x);
  out += "\nWhoever does not know a key from 1 to 127 or from 256 to 16383 "
         "refuses the message;\nunknown keys from 128 to 255 and from 16384 "
         "to 65535 are skipped.\n";
  return out;
}

} // namespace tocsin::protocol::schema
