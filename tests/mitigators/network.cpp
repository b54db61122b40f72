#include "tests/mitigators/network.hpp"

#include "protocol/signal/prefix.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tocsin::test {

namespace {

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

struct address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

address make_address(const std::string& text, std::uint16_t port) {
  address result;
  if (text.find(':') == std::string::npos) {
    auto& x = reinterpret_cast<sockaddr_in&>(result.storage);
    x.sin_family = AF_INET;
    x.sin_port = htons(port);
    inet_pton(AF_INET, text.c_str(), &x.sin_addr);
    result.length = sizeof x;
  } else {
    auto& x = reinterpret_cast<sockaddr_in6&>(result.storage);
    x.sin6_family = AF_INET6;
    x.sin6_port = htons(port);
    inet_pton(AF_INET6, text.c_str(), &x.sin6_addr);
    result.length = sizeof x;
  }
  return result;
}

} // namespace

void enter_fresh_network() {
  if (unshare(CLONE_NEWNET) != 0)
    give_up("These tests need the right to make network namespaces "
            "(CAP_SYS_ADMIN, e.g. root); configure with TOCSIN_NO_NETNS=1 in "
            "the environment to leave them out");
  shell("ip link set lo up");
}

std::string shell(const std::string& command) {
  std::string output;
  auto pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "re");
  if (!pipe)
    give_up(command);
  std::array<char, 4096> buffer;
  while (auto n = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), n);
  if (pclose(pipe) != 0)
    throw std::runtime_error{command + " failed: " + output};
  return output;
}

udp_socket::udp_socket(const std::string& text, std::uint16_t port) {
  auto local = make_address(text, port);
  fd_ = socket(local.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int room = 4 * 1024 * 1024;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  if (fd_ < 0 || bind(fd_, local.get(), local.length) != 0)
    give_up("bind " + text);
}

udp_socket::~udp_socket() {
  close(fd_);
}

void udp_socket::send(const udp_socket& to, int count, std::size_t size) {
  address peer;
  getsockname(to.fd_, peer.get(), &peer.length);
  std::vector<char> payload(size);
  for (int i = 0; i < count; ++i)
    if (sendto(fd_, payload.data(), size, 0, peer.get(), peer.length) < 0
        && errno != EPERM && errno != ECONNREFUSED)
      give_up("sendto");
}

int udp_socket::received() {
  std::array<char, 65536> buffer;
  int count = 0;
  while (recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0)
    ++count;
  return count;
}

} // namespace tocsin::test
