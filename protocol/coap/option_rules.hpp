#pragma once
#include "protocol/coap/message.hpp"

#include <optional>
#include <string>

namespace tocsin::protocol::coap {

/// How a request is refused before the application sees it.
struct refusal {
  coap::code code = coap::code::bad_option;
  std::string detail; ///< diagnostic payload
};

/// Applies the rules that hold for every resource (RFC 7252, Sections 5.4 and
/// 5.8; RFC 8768, Section 3) and removes from `x` what is to be ignored:
/// elective options of wrong length or in surplus, the payload of GET and
/// DELETE. What Block options say is left to `agent`. Unknown elective options
/// stay: a gateway may have to forward them.
std::optional<refusal> check_request(message& x);

/// The same for a response; false if it must be rejected. Options that only
/// requests may carry are ignored instead: a known DOTS server repeats the
/// Uri-Path in its responses.
bool check_response(message& x);

} // namespace tocsin::protocol::coap
