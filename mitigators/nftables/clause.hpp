#pragma once
#include "protocol/signal/body.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What nftables rules compare, as JSON for libnftables.
namespace tocsin::mitigators::nftables {

/// One thing to compare, and the values of which any will do.
struct condition {
  std::string left;                ///< JSON
  std::vector<std::string> values; ///< JSON; one, unless `op` is "=="
  std::string_view op = "==";
};

/// What must all hold.
using clause = std::vector<condition>;

/// A header field by name, e.g. "ip", "saddr".
condition field(std::string_view protocol, std::string_view name,
                std::vector<std::string> values);
/// The protocol behind all IP headers, any of these.
condition layer4(const std::vector<std::uint8_t>& protocols);

std::string value(const protocol::signal::prefix& x);
std::string value(protocol::signal::port_range x);

/// The clause as lists of statements of which one must match: a rule each. Each
/// list that is not empty ends with a comma.
std::vector<std::string> matches(const clause& x);

/// Removes what lies within another prefix; in order.
void merge(std::vector<protocol::signal::prefix>& xs);

/// A command that adds a rule; `statements` is JSON without brackets.
std::string add_rule(std::string_view table, std::string_view chain,
                     std::string_view statements,
                     std::string_view comment = {});

} // namespace tocsin::mitigators::nftables
