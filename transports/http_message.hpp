#pragma once
#include "protocol/time.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// HTTP/1.1 messages of the data channel as values (RFC 9110, RFC 9112); those
/// of the operator API, which know no header fields, are in http.hpp.
namespace tocsin::transports {

/// One field of a header.
struct http_field {
  std::string name; ///< in lower case
  std::string value;
  friend bool operator==(const http_field&, const http_field&) = default;
};

/// The fields of one header in their order. Names are given in lower case.
class http_fields {
public:
  http_fields() = default;
  http_fields(std::initializer_list<http_field> all) : all_{all} {}

  /// Appends one. The name is turned into lower case.
  void add(std::string_view name, std::string value);
  /// Replaces all of that name by one.
  void set(std::string_view name, std::string value);
  /// Takes all of that name out.
  void erase(std::string_view name);
  /// The first of that name, or null.
  const std::string* find(std::string_view name) const noexcept;
  /// How many have that name.
  std::size_t count(std::string_view name) const noexcept;
  /// The values of all of that name, as if they were one list (RFC 9110,
  /// Section 5.3); empty if there is none.
  std::string list(std::string_view name) const;

  bool empty() const noexcept { return all_.empty(); }
  std::size_t size() const noexcept { return all_.size(); }
  auto begin() const noexcept { return all_.begin(); }
  auto end() const noexcept { return all_.end(); }

  friend bool operator==(const http_fields&, const http_fields&) = default;

private:
  std::vector<http_field> all_;
};

struct web_request {
  std::string method; ///< as received: methods are case-sensitive
  std::string target; ///< "/path?query", or "*"; still percent-encoded
  http_fields fields;
  std::string body;
};

struct web_response {
  unsigned status = 200; ///< 200 to 599
  http_fields fields;
  std::string body;
};

/// What a message may consist of; a header of sixteen KiB and a URI of eight
/// are what common servers take (RFC 9110, Section 4.1, wants 8000 octets).
struct http_message_limits {
  std::size_t target = 8192;
  std::size_t header = 16384; ///< octets, with the first line
  std::size_t fields = 64;
  /// Octets of the body. All ACLs of a client with some thousand entries.
  std::size_t body = 1024 * 1024;
};

/// Is it a token (RFC 9110, Section 5.6.2), as methods and names of fields are?
bool is_http_token(std::string_view text) noexcept;

/// May it be the value of a field: no control characters but tabs?
bool is_http_value(std::string_view text) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, Section 5.6.7).
std::string http_date(unix_seconds when);

/// Does a comma-separated list have this token, in any case?
bool http_list_has(std::string_view list, std::string_view token) noexcept;

/// The same in lower case (ASCII).
std::string http_lower_case(std::string_view text);

} // namespace tocsin::transports
