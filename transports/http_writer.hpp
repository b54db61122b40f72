#pragma once
// Writes HTTP messages; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "protocol/time.hpp"
#include "transports/http_message.hpp"

#include <cstddef>
#include <deque>
#include <string>

namespace tocsin::transports {

/// Octets that wait to be sent, given out in pieces.
class http_output {
public:
  void add(std::string text);
  bool empty() const noexcept { return parts_.empty(); }
  /// Moves the next octets, `most` or fewer, into `out`; false if none wait.
  bool take(bytes& out, std::size_t most);

private:
  std::deque<std::string> parts_; // none is empty
  std::size_t taken_ = 0;         // of the first
};

/// What the connection adds to a response.
struct http_framing {
  bool head = false;      ///< it answers HEAD: no body
  bool keep_alive = true; ///< else this is the last one
  unsigned version = 11;  ///< of the request
  unix_seconds date = 0;
};

/// Would it be one response on the wire, and not two?
bool can_be_written(const web_response& x) noexcept;
bool can_be_written(const web_request& x) noexcept;

/// Appends a response, which can be written.
void write_response(http_output& to, web_response x,
                    const http_framing& framing);

/// Appends a request, which can be written.
void write_request(http_output& to, const web_request& x,
                   const std::string& host);

} // namespace tocsin::transports
