#pragma once
#include "protocol/schema/labels.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// The elements of DOTS messages as a table: CBOR and JSON codecs, validation
/// and reference documentation walk the same rows.
namespace tocsin::protocol::schema {

/// Type of an element on the wire (RFC 9132, Table 5; RFC 9133, Section 5.1).
enum class wire : std::uint8_t {
  map,              ///< container
  list_of_maps,     ///< list
  text,             ///< string
  list_of_text,     ///< leaf-list of strings
  list_of_unsigned, ///< leaf-list of unsigned integers
  integer,          ///< of either sign
  enumeration,      ///< unsigned; a label in JSON
  boolean,          ///< simple value 20 or 21
  decimal,          ///< tag 4 [-2, hundredths]
};

/// Who may put an element into a body.
enum class flow : std::uint8_t {
  path_only, ///< has a key, yet never occurs in a body
  request,   ///< client to server
  response,  ///< server to client
  both,
};

/// Pseudo key of the outermost map.
inline constexpr std::uint16_t top = 0;

/// The keys of the maps in which an element may occur; `none` fills up.
using parents = std::array<std::uint16_t, 4>;
inline constexpr std::uint16_t none = 0xFFFF;
constexpr parents in(std::uint16_t a, std::uint16_t b = none,
                     std::uint16_t c = none, std::uint16_t d = none) {
  return {a, b, c, d};
}

/// One element.
struct field {
  std::uint16_t key;
  std::string_view leaf; ///< YANG name; top-level ones with the module's prefix
  wire type;
  /// Bounds of an integer, of a decimal in hundredths, or of the length of a
  /// text in octets; for lists those of an entry.
  std::int64_t min;
  std::uint64_t max;
  std::uint32_t most_entries; ///< of a list: refused beyond; else 0
  flow way;
  parents where;
  labels names;             ///< of an enumeration, from value 1
  std::string_view section; ///< of RFC 9132, where no other is named

  constexpr bool allowed_in(std::uint16_t parent) const noexcept {
    return std::ranges::find(where, parent) != where.end();
  }
  /// RFC 7951, Section 6.1: 64-bit integers and decimals are JSON strings.
  constexpr bool string_in_json() const noexcept {
    return type == wire::decimal || max > 0xFFFFFFFF;
  }
};

inline constexpr std::uint64_t u16 = 0xFFFF;
inline constexpr std::uint64_t u32 = 0xFFFFFFFF;
inline constexpr std::uint64_t u64 = 0xFFFFFFFFFFFFFFFF;
/// A decimal64 parameter as hundredths: as wide as its integer siblings.
inline constexpr std::uint64_t max_hundredths = u16 * 100;
/// Entries of any list at which we stop reading (a limit of ours; requests
/// have tighter ones in signal/validate.hpp).
inline constexpr std::uint32_t many = 4096;
/// Octets of any name that no RFC bounds (a limit of ours).
inline constexpr std::uint64_t long_name = 255;

/// RFC 9132, Table 5, and RFC 9133, Section 5.1, in the order of keys. Key 22
/// and key 53 are two lists of ACLs: one is told in a conflict, the other is
/// filter control.
// clang-format off
inline constexpr std::array signal_fields{
  field{1, "ietf-dots-signal-channel:mitigation-scope", wire::map, 0, 0, 0,
        flow::both, in(top), {}, "5.1"},
  field{2, "scope", wire::list_of_maps, 0, 0, many,
        flow::both, in(1), {}, "4.4.1.1"},
  field{3, "cdid", wire::text, 1, long_name, 0,
        flow::path_only, in(none), {}, "4.4.1.2"},
  field{4, "cuid", wire::text, 1, long_name, 0,
        flow::path_only, in(none), {}, "4.4.1.1"},
  field{5, "mid", wire::integer, 0, u32, 0,
        flow::response, in(2, 21), {}, "4.4.1.1"},
  field{6, "target-prefix", wire::list_of_text, 1, 64, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{7, "target-port-range", wire::list_of_maps, 0, 0, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{8, "lower-port", wire::integer, 0, u16, 0,
        flow::both, in(7), {}, "4.4.1.1"},
  field{9, "upper-port", wire::integer, 0, u16, 0,
        flow::both, in(7), {}, "4.4.1.1"},
  field{10, "target-protocol", wire::list_of_unsigned, 0, 255, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{11, "target-fqdn", wire::list_of_text, 1, long_name, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{12, "target-uri", wire::list_of_text, 1, 2048, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{13, "alias-name", wire::list_of_text, 1, long_name, many,
        flow::both, in(2, 21), {}, "4.4.1.1"},
  field{14, "lifetime", wire::integer, -1, u32, 0,
        flow::both, in(2), {}, "4.4.1.1"},
  field{15, "mitigation-start", wire::integer, 0, u64, 0,
        flow::response, in(2), {}, "4.4.2"},
  field{16, "status", wire::enumeration, 1, 8, 0,
        flow::response, in(2), status_labels, "10.6.2"},
  field{17, "conflict-information", wire::map, 0, 0, 0,
        flow::response, in(2), {}, "4.4.1.3"},
  field{18, "conflict-status", wire::enumeration, 1, 3, 0,
        flow::response, in(17), conflict_status_labels, "10.6.3"},
  field{19, "conflict-cause", wire::enumeration, 1, 3, 0,
        flow::response, in(17), conflict_cause_labels, "10.6.4"},
  field{20, "retry-timer", wire::integer, 0, u32, 0,
        flow::response, in(17), {}, "4.4.1.3"},
  field{21, "conflict-scope", wire::map, 0, 0, 0,
        flow::response, in(17), {}, "4.4.1.3"},
  field{22, "acl-list", wire::list_of_maps, 0, 0, many,
        flow::response, in(21), {}, "4.4.1.3"},
  field{23, "acl-name", wire::text, 1, long_name, 0,
        flow::both, in(22, 53), {}, "4.4.1.3"},
  field{24, "acl-type", wire::text, 1, long_name, 0,
        flow::response, in(22), {}, "4.4.1.3"},
  field{25, "bytes-dropped", wire::integer, 0, u64, 0,
        flow::response, in(2), {}, "4.4.2"},
  field{26, "bps-dropped", wire::integer, 0, u64, 0,
        flow::response, in(2), {}, "4.4.2"},
  field{27, "pkts-dropped", wire::integer, 0, u64, 0,
        flow::response, in(2), {}, "4.4.2"},
  field{28, "pps-dropped", wire::integer, 0, u64, 0,
        flow::response, in(2), {}, "4.4.2"},
  field{29, "attack-status", wire::enumeration, 1, 2, 0,
        flow::request, in(2), attack_status_labels, "10.6.5"},
  field{30, "ietf-dots-signal-channel:signal-config", wire::map, 0, 0, 0,
        flow::both, in(top), {}, "5.1"},
  field{31, "sid", wire::integer, 0, u32, 0,
        flow::path_only, in(none), {}, "4.5.2"},
  field{32, "mitigating-config", wire::map, 0, 0, 0,
        flow::both, in(30), {}, "4.5.2"},
  field{33, "heartbeat-interval", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{34, "max-value", wire::integer, 0, u16, 0,
        flow::response, in(33, 37, 38, 50), {}, "4.5.1"},
  field{35, "min-value", wire::integer, 0, u16, 0,
        flow::response, in(33, 37, 38, 50), {}, "4.5.1"},
  field{36, "current-value", wire::integer, 0, u16, 0,
        flow::both, in(33, 37, 38, 50), {}, "4.5.1"},
  field{37, "missing-hb-allowed", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{38, "max-retransmit", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{39, "ack-timeout", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{40, "ack-random-factor", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{41, "max-value-decimal", wire::decimal, 0, max_hundredths, 0,
        flow::response, in(39, 40), {}, "4.5.1"},
  field{42, "min-value-decimal", wire::decimal, 0, max_hundredths, 0,
        flow::response, in(39, 40), {}, "4.5.1"},
  field{43, "current-value-decimal", wire::decimal, 0, max_hundredths, 0,
        flow::both, in(39, 40), {}, "4.5.1"},
  field{44, "idle-config", wire::map, 0, 0, 0, flow::both, in(30), {}, "4.5.2"},
  field{45, "trigger-mitigation", wire::boolean, 0, 1, 0,
        flow::both, in(2), {}, "4.4.1.1"},
  field{46, "ietf-dots-signal-channel:redirected-signal", wire::map, 0, 0, 0,
        flow::response, in(top), {}, "4.6"},
  field{47, "alt-server", wire::text, 1, long_name, 0,
        flow::response, in(46), {}, "4.6"},
  field{48, "alt-server-record", wire::list_of_text, 1, 64, 64,
        flow::response, in(46), {}, "4.6"},
  field{49, "ietf-dots-signal-channel:heartbeat", wire::map, 0, 0, 0,
        flow::both, in(top), {}, "4.7"},
  field{50, "probing-rate", wire::map, 0, 0, 0,
        flow::both, in(32, 44), {}, "4.5.2"},
  field{51, "peer-hb-status", wire::boolean, 0, 1, 0,
        flow::both, in(49), {}, "4.7"},
  field{52, "activation-type", wire::enumeration, 1, 3, 0,
        flow::both, in(53), activation_labels, "RFC 9133, 3.2.1"},
  field{53, "ietf-dots-signal-control:acl-list", wire::list_of_maps, 0, 0, many,
        flow::both, in(2), {}, "RFC 9133, 3.2.1"},
};
// clang-format on

/// The row of a key, or null.
constexpr const field* find_field(std::uint64_t key) noexcept {
  return key >= 1 && key <= signal_fields.size() ? &signal_fields[key - 1]
                                                 : nullptr;
}

/// The row of a name, or null.
constexpr const field* find_field(std::string_view leaf) noexcept {
  auto i = std::ranges::find(signal_fields, leaf, &field::leaf);
  return i != signal_fields.end() ? &*i : nullptr;
}

/// Whether a key is one at all (RFC 9132, Section 10.6.1.1).
constexpr bool valid_key(std::uint64_t key) noexcept {
  return key >= 1 && key <= 65535;
}

/// Whether a message with this key must be refused by who does not know the
/// key (RFC 9132, Section 10.6.1.1): 1-127 and 256-16383.
constexpr bool comprehension_required(std::uint64_t key) noexcept {
  return (key >= 1 && key <= 127) || (key >= 256 && key <= 16383);
}

/// The table and its key ranges as Markdown, for the reference documentation.
std::string write_reference();

} // namespace tocsin::protocol::schema
