#include "roles/config/session_terms.hpp"

#include "protocol/coap/parameters.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace sig = protocol::signal;

namespace {

std::uint32_t seconds_of(std::chrono::seconds x) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(x.count(), 0, 0xffffffff));
}

void include(sig::value_range& range, std::uint32_t value) {
  range.min = std::min(range.min, value);
  range.max = std::max(range.max, value);
}

sig::session_values values_of(std::chrono::seconds interval,
                              std::uint32_t missing) {
  sig::session_values x;
  x.heartbeat_interval = interval;
  x.missing_hb_allowed = missing;
  return x;
}

sig::session_sets sets_of(const upstream_config& x) {
  auto busy = x.mitigating_heartbeat_interval.value_or(x.heartbeat_interval);
  return {values_of(busy, x.missing_hb_allowed),
          values_of(x.heartbeat_interval, x.missing_hb_allowed)};
}

} // namespace

sig::config_policy terms_of(const server_config& x) {
  sig::config_policy out;
  const auto& s = x.session;
  out.heartbeat_interval = {seconds_of(s.min_heartbeat_interval),
                            seconds_of(s.max_heartbeat_interval)};
  out.missing_hb_allowed = {s.min_missing_hb_allowed, s.max_missing_hb_allowed};
  out.probing_rate.max = s.max_probing_rate;
  out.max_age = seconds_of(s.max_age);
  out.end_when_stale = s.end_when_stale;
  out.defaults = values_of(x.heartbeat_interval, x.missing_hb_allowed);
  return out;
}

transports::reactor_limits limits_of(const server_config& x) {
  auto share = [&x](std::uint32_t of_all) {
    return std::max<std::size_t>(1, of_all / std::max(1u, x.reactors));
  };
  transports::reactor_limits out;
  out.max_associations = share(x.max_sessions);
  out.max_connections = share(x.max_connections);
  out.max_handshakes = x.max_handshakes;
  out.cookies.answers_per_second = x.cookie_rate;
  return out;
}

sig::redirect_settings redirects_of(const server_config& x) {
  sig::redirect_settings out;
  if (!x.redirect)
    return out;
  const auto& r = *x.redirect;
  auto& to = out.alternate.emplace();
  to.where.alt_server = r.alt_server;
  for (const auto& address : r.addresses)
    to.where.alt_server_records.push_back(address.address_string());
  to.max_age = seconds_of(r.max_age);
  out.max_sessions = r.max_sessions;
  out.when_mitigators_out = r.when_mitigators_fail;
  out.when_full = r.when_full;
  out.tolerance = r.tolerance;
  return out;
}

std::optional<sig::session_sets> wishes_of(const upstream_config& x) {
  auto sets = sets_of(x);
  if (sets == sig::session_sets{})
    return std::nullopt;
  return sets;
}

sig::config_policy terms_of(const upstream_config& x) {
  sig::config_policy out;
  auto sets = sets_of(x);
  for (const auto& one : {sets.idle, sets.mitigating}) {
    if (one.heartbeat_interval.count() != 0)
      include(out.heartbeat_interval, seconds_of(one.heartbeat_interval));
    include(out.missing_hb_allowed, one.missing_hb_allowed);
  }
  return out;
}

std::size_t datagram_octets(const upstream_config& x, bool ipv4) {
  constexpr std::size_t ipv4_header = 20, ipv6_header = 40, udp_header = 8;
  return ipv4 ? x.ipv4_path_mtu.value_or(x.path_mtu) - ipv4_header - udp_header
              : x.path_mtu - ipv6_header - udp_header;
}

std::size_t request_octets(const upstream_config& x) {
  // RFC 7252, Section 4.6 leaves as much between a message and its body.
  constexpr std::size_t largest_body = 1024;
  constexpr std::size_t coap_header = 1152 - largest_body;
  const std::size_t datagram =
      std::min(datagram_octets(x, true), datagram_octets(x, false));
  const auto message = datagram - protocol::coap::parameters{}.record_overhead;
  return std::min(largest_body, message - coap_header);
}

} // namespace tocsin::roles
