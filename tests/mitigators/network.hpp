#pragma once
#include <cstdint>
#include <string>

namespace tocsin::test {

/// Moves the calling thread, and what it starts, into a fresh network
/// namespace with only a loopback interface, which is up. Throws, with advice,
/// if that is not allowed.
void enter_fresh_network();

/// Runs a command with sh and returns its output; throws if it fails.
std::string shell(const std::string& command);

/// A UDP socket in the current namespace, IPv4 or IPv6 by the address.
class udp_socket {
public:
  udp_socket(const std::string& address, std::uint16_t port);
  ~udp_socket();
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;

  /// Sends `count` datagrams of `size` octets; what a firewall of this host
  /// drops counts as sent.
  void send(const udp_socket& to, int count, std::size_t size = 100);
  /// Datagrams received since the last call. Loopback delivers within send().
  int received();

private:
  int fd_;
};

} // namespace tocsin::test
