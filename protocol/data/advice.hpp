#pragma once
#include "protocol/error.hpp"
#include "protocol/restconf/message.hpp"

namespace tocsin::protocol::data {

/// Why a server of the data channel did not do what it was asked for, in words
/// for an operator: `where` is the place below the client that its answer
/// names, or empty; `detail` says what the server said, and what to do. Headers
/// are looked up in lower case.
failure explain(const restconf::response& x);

} // namespace tocsin::protocol::data
