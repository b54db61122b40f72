#pragma once
#include "roles/cli/orders.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Filters that are switched while a mitigation runs (RFC 9133).
namespace tocsin::roles::cli {

/// "NAME=immediate", "NAME=when-mitigating" or "NAME=off"; the labels of the
/// YANG module will do, too. Fails with ec::malformed.
result<protocol::signal::filter_control> parse_filter(std::string_view text);

/// "web-friends off, slow-dns immediate"
std::string
say_filters(const std::vector<protocol::signal::filter_control>& xs);

/// `tocsin control MID NAME=WHEN...`
exit_code control(node_client& node, const name_options& options,
                  const std::vector<std::string>& filters, bool wait);

} // namespace tocsin::roles::cli
