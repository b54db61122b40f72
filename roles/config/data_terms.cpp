#include "roles/config/data_terms.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace data = protocol::data;

data::datastore_settings settings_of(const data_config& x) {
  data::datastore_settings out;
  out.lifetime = std::chrono::duration_cast<std::chrono::minutes>(x.lifetime);
  out.acls.allow_immediate = x.allow_immediate;
  out.acls.immediate_needs_destination = x.immediate_needs_destination;
  out.acls.never_filtered = x.never_filtered;
  out.acls.least_ipv4_source = static_cast<std::uint8_t>(x.min_source_length);
  out.acls.least_ipv6_source =
      static_cast<std::uint8_t>(x.min_ipv6_source_length);
  out.conflicts = x.conflict_policy;
  out.quotas = x.quotas;
  out.direct_configuration = x.direct_configuration;
  return out;
}

transports::http_exchange_limits http_limits_of(const data_config& x) {
  transports::http_exchange_limits out;
  out.message.body = x.max_body;
  out.idle = x.idle_timeout;
  return out;
}

data::filter_abilities abilities_of(const mitigator_config& x) {
  if (x.driver != "exec" || std::ranges::count(x.arguments, "--filters") > 0)
    return data::all_abilities;
  return {};
}

data::filter_abilities abilities_of(const server_config& server,
                                    const customer_config& x) {
  if (x.mitigators.empty())
    return {};
  auto out = data::all_abilities;
  for (const auto& one : server.mitigators)
    if (std::ranges::count(x.mitigators, one.name) > 0)
      out = data::common(out, abilities_of(one));
  return out;
}

} // namespace tocsin::roles
