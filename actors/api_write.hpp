#pragma once
#include "actors/views.hpp"
#include "protocol/json/writer.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Parts that several answers of the operator API have in common.
namespace tocsin::actors {

/// A list under that name; none if it is empty.
void write_texts(protocol::json::writer& out, std::string_view name,
                 const std::vector<std::string>& texts);

/// The leaves of RFC 9132, Section 5.3; an empty list is left out.
void write_target(protocol::json::writer& out,
                  const protocol::signal::target& what);

/// The member "enforcement".
void write_enforcement(protocol::json::writer& out,
                       const std::vector<enforcement_view>& xs);

} // namespace tocsin::actors
