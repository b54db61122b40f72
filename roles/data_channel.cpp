#include "roles/data_channel.hpp"

#include "roles/config/data_terms.hpp"

namespace tocsin::roles {

void add_data_channel(actors::supervisor_setup& setup, const data_config& x) {
  setup.data = actors::data_channel_setup{settings_of(x), x.root};
  for (const auto& where : x.listen)
    setup.listening.push_back("https " + where.to_string());
}

actors::data_limits data_limits_of(const data_config& x) {
  constexpr double seconds_per_minute = 60;
  actors::data_limits out;
  out.http = http_limits_of(x);
  out.sessions = x.max_connections;
  out.rate = x.requests_per_minute / seconds_per_minute;
  out.burst = x.request_burst;
  return out;
}

} // namespace tocsin::roles
