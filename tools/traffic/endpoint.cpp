#include "tools/traffic/endpoint.hpp"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace tocsin::tools::traffic {

namespace {

bool within(std::uint32_t address, std::uint32_t network, int bits) {
  return address >> (32 - bits) == network >> (32 - bits);
}

} // namespace

result<address> address::parse(std::string_view text) {
  std::string copy{text};
  address x;
  if (inet_pton(AF_INET, copy.c_str(), &x.four_) == 1)
    return x;
  x.ipv4_ = false;
  if (inet_pton(AF_INET6, copy.c_str(), &x.six_) == 1)
    return x;
  return fail(ec::malformed, copy, "is not a numeric address");
}

result<address> address::of(const sockaddr& from) {
  address x;
  if (from.sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &from, sizeof in);
    x.four_ = in.sin_addr;
    return x;
  }
  if (from.sa_family != AF_INET6)
    return fail(ec::malformed, "address", "is neither IPv4 nor IPv6");
  sockaddr_in6 in;
  std::memcpy(&in, &from, sizeof in);
  x.ipv4_ = false;
  x.six_ = in.sin6_addr;
  return x;
}

bool address::is_loopback() const noexcept {
  if (ipv4_)
    return within(ntohl(four_.s_addr), 0x7f000000, 8);
  return IN6_IS_ADDR_LOOPBACK(&six_);
}

bool address::is_documentation() const noexcept {
  if (!ipv4_)
    return six_.s6_addr[0] == 0x20 && six_.s6_addr[1] == 0x01
           && six_.s6_addr[2] == 0x0d && six_.s6_addr[3] == 0xb8;
  auto x = ntohl(four_.s_addr);
  return within(x, 0xc0000200, 24)     // 192.0.2.0/24
         || within(x, 0xc6336400, 24)  // 198.51.100.0/24
         || within(x, 0xcb007100, 24); // 203.0.113.0/24
}

bool address::is_link_local() const noexcept {
  return !ipv4_ && IN6_IS_ADDR_LINKLOCAL(&six_);
}

std::string address::to_string() const {
  char text[INET6_ADDRSTRLEN]{};
  if (ipv4_)
    inet_ntop(AF_INET, &four_, text, sizeof text);
  else
    inet_ntop(AF_INET6, &six_, text, sizeof text);
  return text;
}

sockaddr_storage address::with_port(std::uint16_t port, socklen_t& size) const {
  sockaddr_storage all{};
  if (ipv4_) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr = four_;
    in.sin_port = htons(port);
    size = sizeof in;
    std::memcpy(&all, &in, sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_addr = six_;
    in.sin6_port = htons(port);
    size = sizeof in;
    std::memcpy(&all, &in, sizeof in);
  }
  return all;
}

result<endpoint> endpoint::parse(std::string_view text) {
  auto bad = fail(ec::malformed, std::string{text},
                  "is not an endpoint; write 192.0.2.2:53 or "
                  "[2001:db8::2]:53");
  auto colon = text.rfind(':');
  if (colon == text.npos)
    return bad;
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets)
    host = host.substr(1, host.size() - 2);
  auto parsed = address::parse(host);
  if (!parsed || parsed->is_ipv4() == brackets)
    return bad;
  std::uint16_t port = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0)
    return bad;
  return endpoint{*parsed, port};
}

} // namespace tocsin::tools::traffic
