#pragma once
#include "protocol/data/module_capabilities.hpp"
#include "protocol/data/module_match.hpp"
#include "protocol/restconf/library.hpp"
#include "protocol/signal/cuid.hpp"
#include "protocol/signal/validate.hpp"

/// The module ietf-dots-data-channel as schema rows (RFC 8783, Section 4.3).
namespace tocsin::protocol::data {

/// Name and revision of the module.
inline constexpr std::string_view module_name = "ietf-dots-data-channel";
inline constexpr std::string_view module_revision = "2020-05-28";
inline constexpr std::string_view module_namespace =
    "urn:ietf:params:xml:ns:yang:ietf-dots-data-channel";

namespace rows {

// Bounds that RFC 8783 leaves open are those of the signal channel: an alias
// beyond them could never be used in a mitigation request.
inline constexpr std::uint64_t max_alias_name = signal::max_name_length;
inline constexpr std::uint64_t max_cuid = signal::max_cuid_length;

constexpr schema_node pending_lifetime_row() {
  return {.name = "pending-lifetime",
          .type = leaf_type::int32,
          .config = false,
          .section = "RFC 8783 4.3"};
}

constexpr schema_node targets_row(std::string_view name, leaf_type type,
                                  std::size_t max_entries) {
  return {.name = name,
          .kind = node_kind::leaf_list,
          .type = type,
          .max_entries = max_entries,
          .section = "RFC 8783 6.1"};
}

inline constexpr std::array<schema_node, 2> target_port_range{{
    {.name = "lower-port",
     .type = leaf_type::uint16,
     .mandatory = true,
     .section = "RFC 8783 6.1"},
    {.name = "upper-port",
     .type = leaf_type::uint16,
     .section = "RFC 8783 6.1"},
}};

inline constexpr std::array<schema_node, 7> alias{{
    {.name = "name",
     .min = 1,
     .max = max_alias_name,
     .section = "RFC 8783 6.1"},
    targets_row("target-prefix", leaf_type::ip_prefix, signal::max_prefixes),
    {.name = "target-port-range",
     .kind = node_kind::list,
     .key = "lower-port",
     .max_entries = signal::max_port_ranges,
     .children = target_port_range,
     .section = "RFC 8783 6.1"},
    targets_row("target-protocol", leaf_type::uint8, signal::max_protocols),
    targets_row("target-fqdn", leaf_type::domain_name, signal::max_fqdns),
    targets_row("target-uri", leaf_type::uri, signal::max_uris),
    pending_lifetime_row(),
}};

inline constexpr std::array<schema_node, 1> aliases{{
    {.name = "alias",
     .kind = node_kind::list,
     .key = "name",
     .children = alias,
     .section = "RFC 8783 4.3"},
}};

inline constexpr std::array<schema_node, 2> statistics{{
    {.name = "matched-packets",
     .type = leaf_type::uint64,
     .config = false,
     .section = "RFC 8783 4.3"},
    {.name = "matched-octets",
     .type = leaf_type::uint64,
     .config = false,
     .section = "RFC 8783 4.3"},
}};

inline constexpr std::array<std::string_view, 2> acl_types{"ipv4-acl-type",
                                                           "ipv6-acl-type"};
inline constexpr std::array<std::string_view, 3> activation_types{
    "activate-when-mitigating", "immediate", "deactivate"};

/// A rate below zero means nothing; the rest is what decimal64 can hold.
inline constexpr std::array<schema_node, 2> actions{{
    {.name = "forwarding",
     .type = leaf_type::identityref,
     .names = forwarding_actions,
     .names_module = acl_module,
     .mandatory = true,
     .section = "RFC 8783 7.2"},
    {.name = "rate-limit",
     .type = leaf_type::decimal64,
     .min = 0,
     .max = 9'223'372'036'854'775'807,
     .section = "RFC 8783 7.2"},
}};

inline constexpr std::array<schema_node, 4> ace{{
    {.name = "name", .min = 1, .max = 64, .section = "RFC 8783 7.2"},
    {.name = "matches",
     .kind = node_kind::container,
     .children = matches,
     .section = "RFC 8783 7.2"},
    {.name = "actions",
     .kind = node_kind::container,
     .children = actions,
     .section = "RFC 8783 7.2"},
    state_container("statistics", statistics),
}};

inline constexpr std::array<schema_node, 1> aces{{
    {.name = "ace",
     .kind = node_kind::list,
     .key = "name",
     .user_ordered = true,
     .children = ace,
     .section = "RFC 8783 7.2"},
}};

inline constexpr std::array<schema_node, 5> acl{{
    {.name = "name", .min = 1, .max = 64, .section = "RFC 8783 7.2"},
    {.name = "type",
     .type = leaf_type::identityref,
     .names = acl_types,
     .names_module = acl_module,
     .section = "RFC 8783 7.2"},
    {.name = "activation-type",
     .type = leaf_type::enumeration,
     .names = activation_types,
     .default_value = "activate-when-mitigating",
     .section = "RFC 8783 7.2"},
    pending_lifetime_row(),
    {.name = "aces",
     .kind = node_kind::container,
     .children = aces,
     .section = "RFC 8783 7.2"},
}};

inline constexpr std::array<schema_node, 1> acls{{
    {.name = "acl",
     .kind = node_kind::list,
     .key = "name",
     .user_ordered = true,
     .children = acl,
     .section = "RFC 8783 7.2"},
}};

inline constexpr std::array<schema_node, 4> dots_client{{
    {.name = "cuid", .min = 1, .max = max_cuid, .section = "RFC 8783 5.1"},
    {.name = "cdid", .min = 1, .max = max_cuid, .section = "RFC 8783 5.1"},
    {.name = "aliases",
     .kind = node_kind::container,
     .envelope = true,
     .children = aliases,
     .section = "RFC 8783 6.1"},
    {.name = "acls",
     .kind = node_kind::container,
     .envelope = true,
     .children = acls,
     .section = "RFC 8783 7.2"},
}};

inline constexpr std::array<schema_node, 2> dots_data{{
    {.name = "dots-client",
     .kind = node_kind::list,
     .key = "cuid",
     .children = dots_client,
     .section = "RFC 8783 5.1"},
    state_container("capabilities", capabilities),
}};

/// What the module adds to the top level of a datastore.
inline constexpr std::array<schema_node, 1> dots_top{{
    {.name = "dots-data",
     .kind = node_kind::container,
     .children = dots_data,
     .module = module_name,
     .section = "RFC 8783 4.3"},
}};

/// With what every RESTCONF server has.
inline constexpr auto top = yang::concatenate(dots_top, restconf::library_rows);

/// The datastore of a data channel server.
inline constexpr schema_node datastore{.name = "data",
                                       .kind = node_kind::container,
                                       .children = top,
                                       .module = "ietf-restconf",
                                       .section = "RFC 8040 3.4"};

static_assert(yang::well_formed(datastore));

// Rows that code asks for.
inline constexpr const schema_node& client_row = dots_data[0];
inline constexpr const schema_node& capabilities_row = dots_data[1];
inline constexpr const schema_node& aliases_row = dots_client[2];
inline constexpr const schema_node& acls_row = dots_client[3];
inline constexpr const schema_node& alias_row = aliases[0];
inline constexpr const schema_node& acl_row = acls[0];
inline constexpr const schema_node& aces_row = acl[4];
inline constexpr const schema_node& ace_row = aces[0];

} // namespace rows
} // namespace tocsin::protocol::data
