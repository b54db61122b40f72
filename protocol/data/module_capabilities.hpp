#pragma once
#include "protocol/data/module_match.hpp"

/// Rows for the read-only container `capabilities` (RFC 8783, Section 7.1).
namespace tocsin::protocol::data::rows {

inline constexpr std::array<std::string_view, 2> address_families{"ipv4",
                                                                  "ipv6"};
inline constexpr std::array<std::string_view, 2> forwarding_actions{"accept",
                                                                    "drop"};

constexpr schema_node flag_row(std::string_view name) {
  return {.name = name,
          .type = leaf_type::boolean,
          .config = false,
          .section = "RFC 8783 4.3"};
}

template <class... Names>
constexpr std::array<schema_node, sizeof...(Names)> flag_rows(Names... names) {
  return {{flag_row(names)...}};
}

inline constexpr auto ipv4_capabilities = flag_rows(
    "dscp", "ecn", "length", "ttl", "protocol", "ihl", "flags", "offset",
    "identification", "source-prefix", "destination-prefix", "fragment");

inline constexpr auto ipv6_capabilities =
    flag_rows("dscp", "ecn", "length", "hoplimit", "protocol",
              "destination-prefix", "source-prefix", "flow-label", "fragment");

inline constexpr auto tcp_capabilities =
    flag_rows("sequence-number", "acknowledgement-number", "data-offset",
              "reserved", "flags", "window-size", "urgent-pointer", "options",
              "flags-bitmask", "source-port", "destination-port", "port-range");

inline constexpr auto udp_capabilities =
    flag_rows("length", "source-port", "destination-port", "port-range");

inline constexpr auto icmp_capabilities =
    flag_rows("type", "code", "rest-of-header");

constexpr schema_node state_container(std::string_view name,
                                      yang::schema_children children) {
  return {.name = name,
          .kind = node_kind::container,
          .config = false,
          .children = children,
          .section = "RFC 8783 4.3"};
}

inline constexpr std::array<schema_node, 9> capabilities{{
    {.name = "address-family",
     .kind = node_kind::leaf_list,
     .type = leaf_type::enumeration,
     .names = address_families,
     .config = false,
     .section = "RFC 8783 4.3"},
    {.name = "forwarding-actions",
     .kind = node_kind::leaf_list,
     .type = leaf_type::identityref,
     .names = forwarding_actions,
     .names_module = acl_module,
     .config = false,
     .section = "RFC 8783 4.3"},
    flag_row("rate-limit"),
    {.name = "transport-protocols",
     .kind = node_kind::leaf_list,
     .type = leaf_type::uint8,
     .config = false,
     .section = "RFC 8783 4.3"},
    state_container("ipv4", ipv4_capabilities),
    state_container("ipv6", ipv6_capabilities),
    state_container("tcp", tcp_capabilities),
    state_container("udp", udp_capabilities),
    state_container("icmp", icmp_capabilities),
}};

} // namespace tocsin::protocol::data::rows
