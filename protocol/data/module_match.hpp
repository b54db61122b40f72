#pragma once
#include "protocol/yang/schema.hpp"

#include <array>
#include <string_view>

/// Rows for what entries match: the groupings of RFC 8519 as far as this
/// server supports them. Fields that are optional in RFC 8783, Section 4.2 and
/// not offered here have no row, so that they are refused as unknown elements.
///
/// The containers of matches have a presence here, which the modules do not
/// give them: `"tcp": {}` means all of TCP, and what is mandatory within is
/// mandatory only where the container stands.
namespace tocsin::protocol::data::rows {

using yang::leaf_type;
using yang::node_kind;
using yang::schema_node;

/// Defines the identities of ACL types and actions (RFC 8519).
inline constexpr std::string_view acl_module = "ietf-access-control-list";

inline constexpr std::array<std::string_view, 3> operator_bits{"not", "match",
                                                               "any"};
inline constexpr std::array<std::string_view, 4> fragment_bits{"df", "isf",
                                                               "ff", "lf"};
inline constexpr std::array<std::string_view, 4> port_operators{"lte", "gte",
                                                                "eq", "neq"};

constexpr schema_node bits_operator_row() {
  return {.name = "operator",
          .type = leaf_type::bits,
          .names = operator_bits,
          .default_value = "match",
          .section = "RFC 8783 4.3"};
}

constexpr std::array<schema_node, 2> fragment_rows() {
  return {{bits_operator_row(),
           {.name = "type",
            .type = leaf_type::bits,
            .names = fragment_bits,
            .mandatory = true,
            .section = "RFC 8783 4.3"}}};
}

constexpr std::array<schema_node, 2> flags_bitmask_rows() {
  return {{bits_operator_row(),
           {.name = "bitmask",
            .type = leaf_type::uint16,
            .mandatory = true,
            .section = "RFC 8783 4.3"}}};
}

/// Grouping port-range-or-operator (RFC 8519, ietf-packet-fields).
constexpr std::array<schema_node, 4> port_rows() {
  schema_node port{.name = "lower-port",
                   .type = leaf_type::uint16,
                   .mandatory = true,
                   .choice = "port-range-or-operator",
                   .in_case = "range",
                   .section = "RFC 8519 4.2"};
  auto upper = port;
  upper.name = "upper-port";
  auto single = port;
  single.name = "port";
  single.in_case = "operator";
  return {{port,
           upper,
           {.name = "operator",
            .type = leaf_type::enumeration,
            .names = port_operators,
            .default_value = "eq",
            .choice = "port-range-or-operator",
            .in_case = "operator",
            .section = "RFC 8519 4.2"},
           single}};
}

// One table for each place: the address of a row identifies the node.
inline constexpr auto ipv4_fragment = fragment_rows();
inline constexpr auto ipv6_fragment = fragment_rows();
inline constexpr auto tcp_flags_bitmask = flags_bitmask_rows();
inline constexpr auto tcp_source_port = port_rows();
inline constexpr auto tcp_destination_port = port_rows();
inline constexpr auto udp_source_port = port_rows();
inline constexpr auto udp_destination_port = port_rows();

constexpr schema_node number_row(std::string_view name, leaf_type type,
                                 std::uint64_t max = 0) {
  return {.name = name, .type = type, .max = max, .section = "RFC 8519 4.2"};
}

constexpr schema_node prefix_row(std::string_view name, leaf_type type) {
  return {.name = name, .type = type, .section = "RFC 8519 4.2"};
}

constexpr schema_node match_container(std::string_view name,
                                      yang::schema_children children,
                                      std::string_view choice = {}) {
  return {.name = name,
          .kind = node_kind::container,
          .presence = true,
          .choice = choice,
          .in_case = choice.empty() ? choice : name,
          .children = children,
          .section = "RFC 8783 4.3"};
}

inline constexpr std::array<schema_node, 8> ipv4{{
    number_row("dscp", leaf_type::uint8, 63),
    number_row("ecn", leaf_type::uint8, 3),
    number_row("length", leaf_type::uint16),
    number_row("ttl", leaf_type::uint8),
    number_row("protocol", leaf_type::uint8),
    prefix_row("destination-ipv4-network", leaf_type::ipv4_prefix),
    prefix_row("source-ipv4-network", leaf_type::ipv4_prefix),
    match_container("fragment", ipv4_fragment),
}};

inline constexpr std::array<schema_node, 8> ipv6{{
    number_row("dscp", leaf_type::uint8, 63),
    number_row("ecn", leaf_type::uint8, 3),
    number_row("length", leaf_type::uint16),
    number_row("ttl", leaf_type::uint8),
    number_row("protocol", leaf_type::uint8),
    prefix_row("destination-ipv6-network", leaf_type::ipv6_prefix),
    prefix_row("source-ipv6-network", leaf_type::ipv6_prefix),
    match_container("fragment", ipv6_fragment),
}};

inline constexpr std::array<schema_node, 3> tcp{{
    match_container("flags-bitmask", tcp_flags_bitmask),
    match_container("source-port-range-or-operator", tcp_source_port),
    match_container("destination-port-range-or-operator", tcp_destination_port),
}};

inline constexpr std::array<schema_node, 3> udp{{
    number_row("length", leaf_type::uint16),
    match_container("source-port-range-or-operator", udp_source_port),
    match_container("destination-port-range-or-operator", udp_destination_port),
}};

inline constexpr std::array<schema_node, 2> icmp{{
    number_row("type", leaf_type::uint8),
    number_row("code", leaf_type::uint8),
}};

inline constexpr std::array<schema_node, 5> matches{{
    match_container("ipv4", ipv4, "l3"),
    match_container("ipv6", ipv6, "l3"),
    match_container("tcp", tcp, "l4"),
    match_container("udp", udp, "l4"),
    match_container("icmp", icmp, "l4"),
}};

} // namespace tocsin::protocol::data::rows
