#pragma once
#include "protocol/data/wanted.hpp"
#include "roles/config/config.hpp"

#include <vector>

/// What the configuration says to a server over the data channel.
namespace tocsin::roles {

/// A published alias as that upstream has to see it. Fails if a translator
/// makes several of it, or it cannot be told at all.
result<protocol::data::wanted_entry>
published_alias(const alias_config& x, const upstream_config& upstream);

/// The filters in a file. The path in a failure is `where`.
result<std::vector<protocol::data::wanted_entry>>
read_filters(const std::filesystem::path& file);

/// All that this upstream shall hold: aliases, then filters.
result<std::vector<protocol::data::wanted_entry>>
wanted_of(const client_config& x, const upstream_config& upstream);

} // namespace tocsin::roles
