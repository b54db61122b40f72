#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/body.hpp"
#include "protocol/signal/request.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The answers of a DOTS server: codes and standard bodies.
namespace tocsin::protocol::signal {

/// CoAP Content-Format of application/dots+cbor (RFC 9132, Section 10.3).
inline constexpr std::uint16_t content_format_dots = 271;

/// CoAP response codes which DOTS uses; the value is the octet on the wire
/// (class << 5 | detail).
enum class response_code : std::uint8_t {
  created = 0x41,
  deleted = 0x42,
  valid = 0x43,
  changed = 0x44,
  content = 0x45,
  bad_request = 0x80,
  unauthorized = 0x81,
  bad_option = 0x82,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  request_incomplete = 0x88,
  conflict = 0x89,
  request_too_large = 0x8D,
  unsupported_content_format = 0x8F,
  unprocessable = 0x96,
  internal_error = 0xA0,
  unavailable = 0xA3,
  hop_limit_reached = 0xA8,
};

/// "4.09".
std::string to_string(response_code x);

/// The one table from failures to response codes (RFC 9132, Section 9). A
/// target which the client is not entitled to is `unauthorized`, thus 4.01, as
/// for a client that may not request mitigation at all (Section 8).
response_code code_of(ec code) noexcept;

/// Longest diagnostic payload, in octets: with headers and DTLS it stays far
/// from any path MTU.
inline constexpr std::size_t max_diagnostic = 200;

/// The diagnostic payload of an error response (RFC 7252, Section 5.5.2):
/// UTF-8, one line, at most max_diagnostic octets, cut between characters.
std::string diagnostic(const failure& why);

/// Body of 2.01 and 2.04 to a PUT: mid and the lifetime granted.
body accepted(std::uint32_t mid, std::int64_t lifetime);

/// Body of 4.09 for a request that overlaps one with a higher mid of the same
/// client (RFC 9132, Section 4.4.1.3).
body overlap_conflict(std::uint32_t existing_mid);

/// Body of 4.09 for a cuid that another client uses: the cause, nothing else.
body cuid_collision();

/// Body of 5.03 to a request whose acl-list could not be applied: the entries
/// that failed (RFC 9133, Section 3.2.1).
body filters_failed(std::uint32_t mid, std::vector<filter_control> acls);

/// Body of 2.05 to a GET of `mitigate`: the mitigations in the order given, as
/// far as the filter lets them through. mid and lifetime always stay;
/// attack-status never does (RFC 9132, Section 5.1), and mitigation-start is
/// left out of a mitigation that waits for signal loss (Section 4.4.2).
body mitigation_list(std::vector<mitigation> entries,
                     content_filter filter = content_filter::all);

} // namespace tocsin::protocol::signal
