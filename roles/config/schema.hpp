#pragma once
#include "roles/config/schema_client.hpp"
#include "roles/config/schema_client_data.hpp"
#include "roles/config/schema_data.hpp"
#include "roles/config/schema_server.hpp"
#include "roles/config/schema_siblings.hpp"

/// The table of options. A visitor is called as `v(member, option)` for every
/// key in the order of the reference; members that are themselves described
/// here stand for tables, vectors of them for arrays of tables.
namespace tocsin::roles {

template <class T>
inline constexpr bool is_section = false;
template <>
inline constexpr bool is_section<node_config> = true;
template <>
inline constexpr bool is_section<server_config> = true;
template <>
inline constexpr bool is_section<session_ranges> = true;
template <>
inline constexpr bool is_section<redirect_config> = true;
template <>
inline constexpr bool is_section<data_config> = true;
template <>
inline constexpr bool is_section<customer_config> = true;
template <>
inline constexpr bool is_section<protocol::signal::asset> = true;
template <>
inline constexpr bool is_section<protocol::signal::accept_entry> = true;
template <>
inline constexpr bool is_section<mitigator_config> = true;
template <>
inline constexpr bool is_section<relay_config> = true;
template <>
inline constexpr bool is_section<client_config> = true;
template <>
inline constexpr bool is_section<upstream_config> = true;
template <>
inline constexpr bool is_section<protocol::signal::translation_rule> = true;
template <>
inline constexpr bool is_section<data_channel_config> = true;
template <>
inline constexpr bool is_section<mitigation_defaults> = true;
template <>
inline constexpr bool is_section<alias_config> = true;
template <>
inline constexpr bool is_section<siblings_config> = true;
template <>
inline constexpr bool is_section<sibling_config> = true;

template <class Visitor>
void describe(Visitor& v, node_config& x) {
  v(x.name, {.name = "name",
             .doc = "The node in logs and in the audit trail.",
             .as = form::name});
  v(x.data_dir, {.name = "data_dir",
                 .doc = "Directory of the database `tocsin.db`; made with mode "
                        "0700 if it does not exist.",
                 .as = form::path});
  v(x.control_socket,
    {.name = "control_socket",
     .doc = "Unix-domain socket of the operator API. At most 107 octets.",
     .as = form::path,
     .fallback = "`control.sock` in `data_dir`"});
  v(x.log_level, {.name = "log_level", .doc = "The least that is logged."});
  v(x.log_format,
    {.name = "log_format", .doc = "Lines for people, or a JSON object each."});
}

template <class Visitor>
void describe(Visitor& v, config& x) {
  v(x.node, {.name = "node", .doc = "What every role needs."});
  v(x.server,
    {.name = "server", .doc = "Its presence makes the node a DOTS server."});
  v(x.client,
    {.name = "client", .doc = "Its presence makes the node a DOTS client."});
  v(x.siblings,
    {.name = "siblings",
     .doc = "Its presence joins the node with other nodes of the same "
            "organisation: they find conflicts between each other's "
            "mitigations, and hand clients over. What they say to each other "
            "is neither encrypted nor authenticated; see "
            "docs/operations.md."});
}

} // namespace tocsin::roles
