#pragma once
#include "protocol/signal/body.hpp"

#include <concepts>
#include <type_traits>

/// Which key of the wire belongs to which member, said once for encoder and
/// decoder. Each function shows the members of one map to a visitor:
///   member(key, x)             absent if an optional is unset, a list or text
///                              is empty
///   mandatory(key, x)          always there
///   or_else(key, x, fallback)  absent if equal to another member
///   part(key, x, pointer)      member of an optional group inside this map
/// `parent` is the key of the map itself.
namespace tocsin::protocol::signal {

template <class T, class U>
concept maybe_const = std::same_as<std::remove_const_t<T>, U>;

/// The outermost map; a valid message has exactly one member.
struct message {
  std::optional<mitigation_scope> mitigation;
  std::optional<signal_config> config;
  std::optional<redirected_signal> redirect;
  std::optional<heartbeat_body> heartbeat;
};

template <class V, maybe_const<message> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(1, x.mitigation);
  v.member(30, x.config);
  v.member(46, x.redirect);
  v.member(49, x.heartbeat);
}

template <class V, maybe_const<mitigation_scope> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(2, x.scope);
}

template <class V, maybe_const<port_range> T>
void members(V& v, T& x, std::uint16_t) {
  v.mandatory(8, x.lower);
  v.or_else(9, x.upper, x.lower);
}

/// Not a map by itself: its members belong to the map around it.
template <class V, maybe_const<target> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(6, x.prefixes);
  v.member(7, x.ports);
  v.member(10, x.protocols);
  v.member(11, x.fqdns);
  v.member(12, x.uris);
  v.member(13, x.aliases);
}

template <class V, maybe_const<conflict_scope::acl> T>
void members(V& v, T& x, std::uint16_t) {
  v.mandatory(23, x.name);
  v.member(24, x.type);
}

template <class V, maybe_const<conflict_scope> T>
void members(V& v, T& x, std::uint16_t parent) {
  v.member(5, x.mid);
  members(v, x.what, parent);
  v.member(22, x.acls);
}

template <class V, maybe_const<conflict_information> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(18, x.status);
  v.member(19, x.cause);
  v.member(20, x.retry_timer);
  v.member(21, x.scope);
}

template <class V, maybe_const<filter_control> T>
void members(V& v, T& x, std::uint16_t) {
  v.mandatory(23, x.name);
  v.member(52, x.when);
}

template <class V, maybe_const<mitigation> T>
void members(V& v, T& x, std::uint16_t parent) {
  v.member(5, x.mid);
  members(v, x.what, parent);
  v.member(14, x.lifetime);
  v.member(15, x.start);
  v.member(16, x.state);
  v.member(17, x.conflict);
  v.part(25, x.dropped, &counters::bytes_dropped);
  v.part(26, x.dropped, &counters::bps_dropped);
  v.part(27, x.dropped, &counters::pkts_dropped);
  v.part(28, x.dropped, &counters::pps_dropped);
  v.member(29, x.attack);
  v.member(45, x.trigger_mitigation);
  v.member(53, x.acls);
}

template <class V, maybe_const<setting> T>
void members(V& v, T& x, std::uint16_t parent) {
  bool decimal = parent == 39 || parent == 40; // ack-timeout, -random-factor
  v.member(decimal ? 41 : 34, x.max);
  v.member(decimal ? 42 : 35, x.min);
  v.member(decimal ? 43 : 36, x.current);
}

/// In the order of RFC 9132, Figure 23, which is not quite that of the keys.
template <class V, maybe_const<config_set> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(33, x.heartbeat_interval);
  v.member(37, x.missing_hb_allowed);
  v.member(50, x.probing_rate);
  v.member(38, x.max_retransmit);
  v.member(39, x.ack_timeout);
  v.member(40, x.ack_random_factor);
}

template <class V, maybe_const<signal_config> T>
void members(V& v, T& x, std::uint16_t) {
  v.member(32, x.mitigating);
  v.member(44, x.idle);
}

template <class V, maybe_const<redirected_signal> T>
void members(V& v, T& x, std::uint16_t) {
  v.mandatory(47, x.alt_server);
  v.member(48, x.alt_server_records);
}

template <class V, maybe_const<heartbeat_body> T>
void members(V& v, T& x, std::uint16_t) {
  v.mandatory(51, x.peer_hb_status);
}

} // namespace tocsin::protocol::signal
