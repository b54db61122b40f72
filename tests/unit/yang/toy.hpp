#pragma once
#include "protocol/yang/schema.hpp"

#include <array>

/// A module with one of everything, and another that augments it.
namespace tocsin::test::toy {

using protocol::yang::leaf_type;
using protocol::yang::node_kind;
using protocol::yang::schema_node;

using namespace std::string_view_literals;

inline constexpr std::array colours{"red"sv, "green"sv, "blue"sv};
inline constexpr std::array flags{"not"sv, "match"sv, "any"sv};
inline constexpr std::array shapes{"square"sv, "circle"sv};

inline constexpr std::array range_rows{
    schema_node{.name = "lower", .type = leaf_type::uint16, .mandatory = true},
    schema_node{.name = "upper", .type = leaf_type::uint16},
};

inline constexpr std::array match_rows{
    schema_node{.name = "bits",
                .type = leaf_type::bits,
                .names = flags,
                .default_value = "match"},
    schema_node{.name = "mask", .type = leaf_type::uint16, .mandatory = true},
};

inline constexpr std::array port_rows{
    schema_node{.name = "from",
                .type = leaf_type::uint16,
                .mandatory = true,
                .choice = "port",
                .in_case = "range"},
    schema_node{.name = "to",
                .type = leaf_type::uint16,
                .mandatory = true,
                .choice = "port",
                .in_case = "range"},
    schema_node{.name = "operator",
                .type = leaf_type::enumeration,
                .names = colours,
                .default_value = "green",
                .choice = "port",
                .in_case = "single"},
    schema_node{.name = "port",
                .type = leaf_type::uint16,
                .mandatory = true,
                .choice = "port",
                .in_case = "single"},
};

inline constexpr std::array part_rows{
    schema_node{.name = "name", .min = 1, .max = 8},
    schema_node{
        .name = "ports", .kind = node_kind::container, .children = port_rows},
    schema_node{.name = "match",
                .kind = node_kind::container,
                .presence = true,
                .children = match_rows},
    schema_node{.name = "rate", .type = leaf_type::decimal64, .max = 100000},
    schema_node{.name = "action",
                .type = leaf_type::enumeration,
                .names = colours,
                .mandatory = true},
    schema_node{.name = "hits", .type = leaf_type::uint64, .config = false},
};

inline constexpr std::array parts_rows{
    schema_node{.name = "part",
                .kind = node_kind::list,
                .key = "name",
                .user_ordered = true,
                .children = part_rows},
};

inline constexpr std::array item_rows{
    schema_node{.name = "name"},
    schema_node{.name = "shape",
                .type = leaf_type::identityref,
                .names = shapes,
                .names_module = "shapes"},
    schema_node{.name = "colour",
                .type = leaf_type::enumeration,
                .names = colours,
                .default_value = "red"},
    schema_node{.name = "prefix",
                .kind = node_kind::leaf_list,
                .type = leaf_type::ip_prefix,
                .max_entries = 3},
    schema_node{.name = "range",
                .kind = node_kind::list,
                .key = "lower",
                .children = range_rows},
    schema_node{
        .name = "parts", .kind = node_kind::container, .children = parts_rows},
    schema_node{.name = "left", .type = leaf_type::int32, .config = false},
    schema_node{.name = "note", .module = "extra"},
};

inline constexpr std::array items_rows{
    schema_node{.name = "item",
                .kind = node_kind::list,
                .key = "name",
                .user_ordered = true,
                .max_entries = 5,
                .children = item_rows},
};

inline constexpr std::array pair_rows{
    schema_node{.name = "a"},
    schema_node{.name = "b", .type = leaf_type::uint8},
    schema_node{.name = "blob", .type = leaf_type::binary, .min = 1, .max = 4},
    schema_node{.name = "host", .type = leaf_type::domain_name},
    schema_node{.name = "link", .type = leaf_type::uri},
    schema_node{.name = "on", .type = leaf_type::boolean},
    schema_node{.name = "four", .type = leaf_type::ipv4_prefix},
    schema_node{.name = "six", .type = leaf_type::ipv6_prefix},
};

inline constexpr std::array owner_rows{
    schema_node{.name = "id", .min = 1},
    schema_node{.name = "items",
                .kind = node_kind::container,
                .envelope = true,
                .children = items_rows},
    schema_node{.name = "pair",
                .kind = node_kind::list,
                .key = "a b",
                .children = pair_rows},
};

inline constexpr std::array limit_rows{
    schema_node{.name = "size", .type = leaf_type::uint32},
    schema_node{.name = "kind",
                .kind = node_kind::leaf_list,
                .type = leaf_type::string},
};

inline constexpr std::array top_rows{
    schema_node{.name = "owner",
                .kind = node_kind::list,
                .key = "id",
                .children = owner_rows},
    schema_node{.name = "limits",
                .kind = node_kind::container,
                .config = false,
                .children = limit_rows},
};

inline constexpr std::array extra_rows{
    schema_node{.name = "tags",
                .kind = node_kind::container,
                .presence = true,
                .children = range_rows,
                .module = "extra"},
};

inline constexpr auto all_top_rows =
    protocol::yang::concatenate(top_rows, extra_rows);

inline constexpr std::array data_rows{
    schema_node{.name = "top",
                .kind = node_kind::container,
                .shared = true,
                .children = all_top_rows,
                .module = "toy"},
};

inline constexpr schema_node schema{.name = "data",
                                    .kind = node_kind::container,
                                    .children = data_rows,
                                    .module = "ietf-restconf"};
static_assert(protocol::yang::well_formed(schema));

} // namespace tocsin::test::toy
