#pragma once
#include "protocol/yang/error.hpp"

#include <string_view>
#include <vector>

namespace tocsin::protocol::restconf {

/// Errors of one answer that are read; more would tell nobody more.
inline constexpr std::size_t max_read_errors = 16;

/// The `ietf-restconf:errors` of an answer (RFC 8040, Section 7.1), in JSON.
/// Empty if it is anything else. Tags that are not known count as
/// operation-failed; texts are cut to a sane length.
std::vector<yang::error> read_errors(std::string_view body);

} // namespace tocsin::protocol::restconf
