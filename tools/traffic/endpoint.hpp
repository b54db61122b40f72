#pragma once
#include "protocol/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace tocsin::tools::traffic {

/// An address of IPv4 or IPv6, without a port.
class address {
public:
  /// Numeric addresses only: a name could resolve to anything.
  static result<address> parse(std::string_view text);
  /// The address in a socket address; neither IPv4 nor IPv6: malformed.
  static result<address> of(const sockaddr& from);

  bool is_ipv4() const noexcept { return ipv4_; }
  /// 127.0.0.0/8 (RFC 1122, Section 3.2.1.3) or ::1 (RFC 4291, Section 2.5.3).
  bool is_loopback() const noexcept;
  /// In a prefix for documentation (RFC 5737, Section 3; RFC 3849, Section 2).
  bool is_documentation() const noexcept;
  /// fe80::/10 (RFC 4291, Section 2.5.6).
  bool is_link_local() const noexcept;
  std::string to_string() const;

  /// As the system calls take it; `size` is set to what is used.
  sockaddr_storage with_port(std::uint16_t port, socklen_t& size) const;

private:
  bool ipv4_ = true;
  in_addr four_{};
  in6_addr six_{};
};

/// "192.0.2.2:53" or "[2001:db8::2]:53".
struct endpoint {
  address host;
  std::uint16_t port = 0;

  static result<endpoint> parse(std::string_view text);
};

} // namespace tocsin::tools::traffic
