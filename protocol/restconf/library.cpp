#include "protocol/restconf/library.hpp"

#include <cstdint>

namespace tocsin::protocol::restconf {

namespace {

using namespace std::string_view_literals;

constexpr std::array acl_features{"match-on-ipv4"sv, "match-on-ipv6"sv,
                                  "ipv4"sv, "ipv6"sv};

// Names and revisions: see the modules themselves; those of RFC 8519 are
// imported for their groupings and identities, without data nodes.
constexpr std::array modules{
    yang_module{"ietf-dots-data-channel", "2020-05-28",
                "urn:ietf:params:xml:ns:yang:ietf-dots-data-channel", true},
    yang_module{"ietf-access-control-list", "2019-03-04",
                "urn:ietf:params:xml:ns:yang:ietf-access-control-list", false,
                acl_features},
    yang_module{"ietf-packet-fields", "2019-03-04",
                "urn:ietf:params:xml:ns:yang:ietf-packet-fields"},
    yang_module{"ietf-ethertypes", "2019-03-04",
                "urn:ietf:params:xml:ns:yang:ietf-ethertypes"},
    yang_module{"ietf-interfaces", "2018-02-20",
                "urn:ietf:params:xml:ns:yang:ietf-interfaces"},
    yang_module{"ietf-inet-types", "2013-07-15",
                "urn:ietf:params:xml:ns:yang:ietf-inet-types"},
    yang_module{"ietf-yang-types", "2013-07-15",
                "urn:ietf:params:xml:ns:yang:ietf-yang-types"},
    yang_module{"ietf-netconf-with-defaults", "2011-06-01",
                "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"},
    yang_module{"ietf-restconf", "2017-01-26",
                "urn:ietf:params:xml:ns:yang:ietf-restconf"},
    yang_module{"ietf-restconf-monitoring", "2017-01-26",
                "urn:ietf:params:xml:ns:yang:ietf-restconf-monitoring", true},
    yang_module{"ietf-yang-library", "2016-06-21",
                "urn:ietf:params:xml:ns:yang:ietf-yang-library", true},
};

/// The features which this server has (RFC 8040, Section 9.1.1).
constexpr std::array capabilities{
    "urn:ietf:params:restconf:capability:defaults:1.0?basic-mode=report-all"sv,
    "urn:ietf:params:restconf:capability:depth:1.0"sv,
    "urn:ietf:params:restconf:capability:fields:1.0"sv,
    "urn:ietf:params:restconf:capability:with-defaults:1.0"sv,
};

/// RFC 7895, Section 2.1.2: another set has another id. FNV-1a of the set.
std::string set_id(std::span<const yang_module> all) {
  std::uint64_t hash = 14695981039346656037U;
  auto add = [&](std::string_view text) {
    for (char c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash = hash * 1099511628211U; // as if a NUL followed
  };
  for (const auto& x : all) {
    add(x.name);
    add(x.revision);
    add(x.implemented ? "implement" : "import");
    for (auto feature : x.features)
      add(feature);
  }
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4)
    out += digits[(hash >> shift) & 15];
  return out;
}

} // namespace

std::span<const yang_module> data_channel_modules() {
  return modules;
}

bool is_library(const yang::schema_node& top) {
  for (const auto& x : library_rows)
    if (x.name == top.name && x.module == top.module)
      return true;
  return false;
}

void add_library(yang::data_node& root, std::span<const yang_module> all) {
  using yang::data_node;
  for (const auto& row : root.row->children) {
    if (!is_library(row))
      continue;
    root.erase(row);
    auto& top = root.append({.row = &row});
    if (row.name == "restconf-state") {
      auto& list = top.ensure(*find_row(row, "capabilities"));
      for (auto uri : capabilities)
        list.append(
            {.row = list.row->children.begin(), .text = std::string{uri}});
      continue;
    }
    top.set("module-set-id", set_id(all));
    const auto& module = *find_row(row, "module");
    for (const auto& x : all) {
      data_node entry{.row = &module};
      entry.set("name", std::string{x.name});
      entry.set("revision", std::string{x.revision});
      entry.set("namespace", std::string{x.namespace_uri});
      for (auto feature : x.features)
        entry.append(
            {.row = find_row(module, "feature"), .text = std::string{feature}});
      entry.set("conformance-type", x.implemented ? "implement" : "import");
      top.append(std::move(entry));
    }
  }
}

yang::data_node api_tree() {
  yang::data_node out{.row = &rows::api_root};
  auto& api = out.ensure(rows::api_root_rows[0]);
  api.ensure(rows::api_rows[0]);
  api.ensure(rows::api_rows[1]);
  // That of ietf-yang-library as of RFC 7895.
  api.set("yang-library-version", "2016-06-21");
  return out;
}

} // namespace tocsin::protocol::restconf
