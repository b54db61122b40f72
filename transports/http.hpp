#pragma once
#include <cstdint>
#include <functional>
#include <string>

/// What the local operator API speaks of: HTTP/1.1 messages as values.
namespace tocsin::transports {

struct http_request {
  std::string method; ///< as received, e.g. "GET"
  std::string target; ///< path and query, still percent-encoded
  std::string body;
  std::uint32_t peer_uid = 0; ///< user of the calling process (SO_PEERCRED)
};

struct http_response {
  unsigned status = 200; ///< 200 to 599
  std::string body;
  std::string content_type = "application/json";
};

/// Answers one request. Callable from any thread; only the first call counts,
/// and it is harmless after the caller or the server is gone. Destroying the
/// last copy without a call answers 500, so that no caller waits in vain.
using http_reply = std::function<void(http_response)>;

/// Takes one request. Runs on the server's thread and must not block; an
/// exception answers 500.
using http_handler = std::function<void(http_request, http_reply)>;

} // namespace tocsin::transports
