// hello_flood PORT hello|garbage COUNT PER_SECOND SEED
//
// Sends to a DTLS server on 127.0.0.1, and nowhere else, from addresses all
// over 127.0.0.0/8: first flights of handshakes that never go on, half of them
// with a cookie that the server never gave; or octets without sense. Counts
// what comes back; prints a JSON object.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using octets = std::vector<std::uint8_t>;
using steady = std::chrono::steady_clock;

constexpr std::uint64_t most_packets = 100'000;
constexpr std::size_t sockets = 32; ///< source ports
constexpr std::size_t longest_garbage = 2'000;

struct order {
  std::uint16_t port = 0;
  bool garbage = false;
  std::uint64_t count = 0;
  std::uint64_t per_second = 0;
  std::uint32_t seed = 0;
};

struct tally {
  std::uint64_t sent = 0;
  std::uint64_t sent_octets = 0;
  std::uint64_t answers = 0;
  std::uint64_t answer_octets = 0;
};

void put(octets& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_random(octets& out, std::mt19937& dice, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(dice()));
}

/// ClientHello of DTLS 1.2 (RFC 6347, Section 4.2.2) in a record of its own.
octets client_hello(std::mt19937& dice) {
  octets body;
  put(body, 0xFEFD, 2);
  put_random(body, dice, 32);
  put(body, 0, 1); // session_id
  const std::size_t cookie = dice() % 2 == 0 ? 0 : 20;
  put(body, cookie, 1);
  put_random(body, dice, cookie);
  put(body, 2, 2);
  put(body, 0xC02B, 2); // ECDHE-ECDSA-AES128-GCM-SHA256
  put(body, 0x0100, 2); // compression: null
  // supported_groups: P-256; point formats; signature: ECDSA with SHA-256
  constexpr std::array<std::uint8_t, 22> extensions{
      0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3};
  put(body, extensions.size(), 2);
  body.insert(body.end(), extensions.begin(), extensions.end());
  octets out;
  put(out, 22, 1); // handshake
  put(out, 0xFEFF, 2);
  put(out, 0, 8); // epoch and sequence number
  put(out, body.size() + 12, 2);
  put(out, 1, 1); // client_hello
  put(out, body.size(), 3);
  put(out, 0, 5); // message number, offset of the fragment
  put(out, body.size(), 3);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

/// Any octets; half of them begin like a record of DTLS.
octets garbage(std::mt19937& dice) {
  octets out;
  put_random(out, dice, dice() % (longest_garbage + 1));
  if (out.size() > 3 && dice() % 2 == 0) {
    out[0] = static_cast<std::uint8_t>(20 + dice() % 4);
    out[1] = 0xFE;
    out[2] = dice() % 2 == 0 ? 0xFD : 0xFF;
  }
  return out;
}

int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0)
    return -1;
  return fd;
}

/// From a random address of 127.0.0.0/8 to 127.0.0.1.
bool send_from_anywhere(int fd, std::uint16_t port, octets& what,
                        std::mt19937& dice) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  iovec data{what.data(), what.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = IPPROTO_IP;
  head->cmsg_type = IP_PKTINFO;
  head->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo from{};
  const auto host = 2 + dice() % 0xFFFFF0; // neither the network nor 127.0.0.1
  from.ipi_spec_dst.s_addr = htonl(0x7F000000U | host);
  std::memcpy(CMSG_DATA(head), &from, sizeof from);
  return ::sendmsg(fd, &message, 0) == static_cast<ssize_t>(what.size());
}

void take_answers(int fd, tally& sum) {
  std::array<char, 4096> space;
  for (;;) {
    const auto n = ::recv(fd, space.data(), space.size(), 0);
    if (n < 0)
      return;
    ++sum.answers;
    sum.answer_octets += static_cast<std::uint64_t>(n);
  }
}

tally flood(const order& x, const std::vector<int>& ports) {
  std::mt19937 dice{x.seed};
  tally sum;
  const auto begin = steady::now();
  for (std::uint64_t i = 0; i < x.count; ++i) {
    const auto due =
        begin + std::chrono::nanoseconds{i * 1'000'000'000 / x.per_second};
    if (due > steady::now())
      std::this_thread::sleep_until(due);
    const int fd = ports[i % ports.size()];
    auto what = x.garbage ? garbage(dice) : client_hello(dice);
    if (send_from_anywhere(fd, x.port, what, dice)) {
      ++sum.sent;
      sum.sent_octets += what.size();
    }
    take_answers(fd, sum);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  for (const int fd : ports)
    take_answers(fd, sum);
  return sum;
}

std::uint64_t number(const char* text, std::uint64_t most) {
  return std::clamp<std::uint64_t>(std::strtoull(text, nullptr, 10), 1, most);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "hello_flood PORT hello|garbage COUNT PER_SECOND SEED\n";
    return 2;
  }
  order x;
  x.port = static_cast<std::uint16_t>(number(argv[1], 65535));
  x.garbage = argv[2] == std::string_view{"garbage"};
  x.count = number(argv[3], most_packets);
  x.per_second = number(argv[4], most_packets);
  x.seed = static_cast<std::uint32_t>(number(argv[5], 0xFFFFFFFF));
  std::vector<int> ports;
  for (std::size_t i = 0; i < sockets; ++i)
    ports.push_back(open_socket());
  if (std::ranges::count(ports, -1) != 0) {
    std::cerr << "no sockets\n";
    return 1;
  }
  const auto sum = flood(x, ports);
  std::cout << "{\"sent\":" << sum.sent
            << ",\"sent_octets\":" << sum.sent_octets
            << ",\"answers\":" << sum.answers
            << ",\"answer_octets\":" << sum.answer_octets << "}\n";
  for (const int fd : ports)
    ::close(fd);
}
