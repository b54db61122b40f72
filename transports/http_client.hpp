#pragma once
#include "protocol/error.hpp"
#include "transports/http.hpp"

#include <chrono>
#include <string>

namespace tocsin::transports {

/// Sends one request to the Unix-domain socket `path` and blocks until its
/// answer is complete, at most `timeout` in all. An answer with an error status
/// is a success here. Failures, with a sentence for a person in `detail`:
/// ec::unavailable (nobody listens there), ec::unauthorized (file permissions),
/// ec::timeout, ec::closed (hung up before the answer was complete),
/// ec::malformed (the answer is not HTTP, or larger than 64 MiB),
/// ec::out_of_range (path too long for a socket), ec::io.
result<http_response> call(const std::string& path, const std::string& method,
                           const std::string& target, const std::string& body,
                           std::chrono::milliseconds timeout);

} // namespace tocsin::transports
