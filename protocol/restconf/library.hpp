#pragma once
#include "protocol/yang/tree.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::protocol::restconf {

/// One entry of the YANG library.
struct yang_module {
  std::string_view name;
  std::string_view revision;
  std::string_view namespace_uri;
  bool implemented = false; ///< else imported only
  std::span<const std::string_view> features{};
};

/// The modules of a data channel server (RFC 8783; those which it imports; what
/// RFC 8040 demands). RFC 8519's identities of ACL types exist with its
/// features only.
std::span<const yang_module> data_channel_modules();

namespace rows {

using yang::leaf_type;
using yang::node_kind;
using yang::schema_node;

inline constexpr std::array<std::string_view, 2> conformance{"implement",
                                                             "import"};

/// RFC 7895, Section 2.2.
inline constexpr std::array module_rows{
    schema_node{.name = "name", .section = "RFC 7895 2.2"},
    schema_node{.name = "revision", .section = "RFC 7895 2.2"},
    schema_node{
        .name = "namespace", .type = leaf_type::uri, .section = "RFC 7895 2.2"},
    schema_node{.name = "feature",
                .kind = node_kind::leaf_list,
                .section = "RFC 7895 2.2"},
    schema_node{.name = "conformance-type",
                .type = leaf_type::enumeration,
                .names = conformance,
                .section = "RFC 7895 2.2"},
};

inline constexpr std::array modules_state_rows{
    schema_node{.name = "module-set-id", .section = "RFC 7895 2.1.2"},
    schema_node{.name = "module",
                .kind = node_kind::list,
                .key = "name revision",
                .children = module_rows,
                .section = "RFC 7895 2.1.3"},
};

/// RFC 8040, Section 9.1.
inline constexpr std::array capabilities_rows{
    schema_node{.name = "capability",
                .kind = node_kind::leaf_list,
                .type = leaf_type::uri,
                .section = "RFC 8040 9.1"},
};

inline constexpr std::array restconf_state_rows{
    schema_node{.name = "capabilities",
                .kind = node_kind::container,
                .children = capabilities_rows,
                .section = "RFC 8040 9.1"},
};

/// The API resource (RFC 8040, Section 3.3). `data` and `operations` are other
/// resources, which are not expanded.
inline constexpr std::array api_rows{
    schema_node{.name = "data",
                .kind = node_kind::container,
                .config = false,
                .presence = true,
                .section = "RFC 8040 3.3.1"},
    schema_node{.name = "operations",
                .kind = node_kind::container,
                .config = false,
                .presence = true,
                .section = "RFC 8040 3.3.2"},
    schema_node{.name = "yang-library-version",
                .config = false,
                .section = "RFC 8040 3.3.3"},
};

inline constexpr std::array api_root_rows{
    schema_node{.name = "restconf",
                .kind = node_kind::container,
                .config = false,
                .presence = true,
                .children = api_rows,
                .module = "ietf-restconf",
                .section = "RFC 8040 3.3"},
};

inline constexpr schema_node api_root{.name = "api",
                                      .kind = node_kind::container,
                                      .children = api_root_rows,
                                      .module = "ietf-restconf"};

} // namespace rows

/// Top-level rows which every RESTCONF server has; a schema's root has them
/// beside those of its own modules: see yang::concatenate.
inline constexpr std::array library_rows{
    yang::schema_node{.name = "modules-state",
                      .kind = yang::node_kind::container,
                      .config = false,
                      .children = rows::modules_state_rows,
                      .module = "ietf-yang-library",
                      .section = "RFC 7895 2.1"},
    yang::schema_node{.name = "restconf-state",
                      .kind = yang::node_kind::container,
                      .config = false,
                      .children = rows::restconf_state_rows,
                      .module = "ietf-restconf-monitoring",
                      .section = "RFC 8040 9.1"},
};

/// Whether a path leads into `library_rows`, of which the owner of the data
/// knows nothing.
bool is_library(const yang::schema_node& top);

/// Puts their content into a tree whose root row has `library_rows`.
void add_library(yang::data_node& root, std::span<const yang_module> modules);

/// The API resource as a tree of `rows::api_root`.
yang::data_node api_tree();

} // namespace tocsin::protocol::restconf
