#include "transports/dns_query.hpp"

#include "transports/descriptor.hpp"
#include "transports/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

namespace tocsin::transports {

namespace {

using protocol::signal::prefix;
using addresses = name_lookup::addresses;

constexpr std::chrono::milliseconds patience{2000};
constexpr int attempts = 2;

/// No EDNS is asked for, so an answer has no more (RFC 1035, Section 4.2.1);
/// room for servers that send more all the same.
constexpr std::size_t longest_answer = 4096;

constexpr std::size_t header_octets = 12;

failure malformed(const std::string& name, const char* why) {
  return fail(ec::malformed, name,
              std::string{"answer of a DNS server: "} + why);
}

std::optional<prefix> address_in(const ns_rr& record, dns_type type) {
  std::size_t size = type == dns_type::a ? 4 : 16;
  if (ns_rr_type(record) != static_cast<ns_type>(type)
      || ns_rr_class(record) != ns_c_in || ns_rr_rdlen(record) != size)
    return {};
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), ns_rr_rdata(record), size);
  return prefix{type == dns_type::a ? prefix::family::ipv4
                                    : prefix::family::ipv6,
                octets, static_cast<std::uint8_t>(size * 8)};
}

bool same_name(std::string_view a, std::string_view b) {
  for (auto* x : {&a, &b})
    if (x->ends_with('.'))
      x->remove_suffix(1);
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// An off-path attacker has to guess it, and the port.
std::uint16_t random_id() {
  std::uint16_t out = 0;
  while (getrandom(&out, sizeof out, 0) != sizeof out)
    continue; // interrupted
  return out;
}

/// A socket that hears this server alone.
result<descriptor> call(const socket_address& server,
                        const std::string& interface) {
  auto domain = server.family() == ip_family::v4 ? AF_INET : AF_INET6;
  descriptor out{::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!out)
    return fail(ec::io, server.to_string(), std::strerror(errno));
  if (auto bound = bind_to_interface(out.get(), interface); !bound)
    return bound.error();
  sockaddr_storage native{};
  auto size = server.to_native(native);
  if (::connect(out.get(), reinterpret_cast<sockaddr*>(&native), size) != 0)
    return fail(ec::unavailable, server.to_string(), std::strerror(errno));
  return out;
}

/// The answer to this question; others, late or forged, are passed over.
result<addresses> hear(const descriptor& socket, const std::string& name,
                       dns_type type, std::uint16_t id) {
  auto due = std::chrono::steady_clock::now() + patience;
  std::array<std::uint8_t, longest_answer> answer{};
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(
        due - std::chrono::steady_clock::now());
    pollfd wait{socket.get(), POLLIN, 0};
    if (left.count() <= 0
        || ::poll(&wait, 1, static_cast<int>(left.count())) == 0)
      return fail(ec::timeout, name, "no answer");
    auto size =
        ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (size < 0)
      return fail(ec::unavailable, name, std::strerror(errno));
    auto read = read_dns_answer({answer.data(), static_cast<std::size_t>(size)},
                                name, type, id);
    if (read || read.error().code != ec::malformed)
      return read;
  }
}

result<addresses> ask(const socket_address& server,
                      const std::string& interface, const std::string& name,
                      dns_type type) {
  result<addresses> out = fail(ec::timeout, name, "no answer");
  for (int i = 0; i < attempts; ++i) {
    auto id = random_id();
    auto question = make_dns_question(name, type, id);
    if (!question)
      return question.error();
    auto socket = call(server, interface);
    if (!socket)
      return socket.error();
    if (::send(socket->get(), question->data(), question->size(), MSG_NOSIGNAL)
        < 0)
      out = fail(ec::unavailable, name, std::strerror(errno));
    else
      out = hear(*socket, name, type, id);
    if (out || out.error().code != ec::timeout)
      return out;
  }
  return out;
}

} // namespace

result<bytes> make_dns_question(const std::string& name, dns_type type,
                                std::uint16_t id) {
  struct __res_state state {};
  if (res_ninit(&state) != 0)
    return fail(ec::io, name, "the system's resolver cannot be set up");
  std::array<std::uint8_t, NS_PACKETSZ> out{};
  auto size = res_nmkquery(&state, ns_o_query, name.c_str(), ns_c_in,
                           static_cast<int>(type), nullptr, 0, nullptr,
                           out.data(), out.size());
  res_nclose(&state);
  if (size < static_cast<int>(header_octets))
    return fail(ec::malformed, name, "this is no DNS name");
  ns_put16(id, out.data());
  return bytes{out.begin(), out.begin() + size};
}

result<addresses> read_dns_answer(byte_view answer, const std::string& name,
                                  dns_type type, std::uint16_t id) {
  ns_msg message;
  if (answer.size() < header_octets
      || ns_initparse(answer.data(), static_cast<int>(answer.size()), &message)
             != 0)
    return malformed(name, "it cannot be read");
  ns_rr record;
  if (ns_msg_id(message) != id || ns_msg_getflag(message, ns_f_qr) == 0
      || ns_msg_count(message, ns_s_qd) != 1
      || ns_parserr(&message, ns_s_qd, 0, &record) != 0
      || ns_rr_type(record) != static_cast<ns_type>(type)
      || !same_name(ns_rr_name(record), name))
    return malformed(name, "it is to another question");
  auto code = ns_msg_getflag(message, ns_f_rcode);
  if (code == ns_r_nxdomain)
    return fail(ec::not_found, name, "the name does not exist");
  if (code != ns_r_noerror)
    return fail(ec::unavailable, name,
                "a DNS server refuses, code " + std::to_string(code));
  addresses out;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    if (ns_parserr(&message, ns_s_an, i, &record) != 0)
      return malformed(name, "it breaks off");
    if (auto found = address_in(record, type))
      out.push_back(*found);
  }
  return out;
}

result<addresses> ask_name_servers(const name_servers& where,
                                   const std::string& name) {
  failure last = fail(ec::unavailable, name, "no DNS server was asked");
  for (const auto& server : where.servers) {
    addresses all;
    bool heard = false;
    for (auto type : {dns_type::a, dns_type::aaaa}) {
      auto found = ask(server, where.interface, name, type);
      if (!found) {
        last = found.error();
        last.detail += ", says " + server.to_string();
        continue;
      }
      heard = true;
      all.insert(all.end(), found->begin(), found->end());
    }
    std::ranges::sort(all);
    auto doubles = std::ranges::unique(all);
    all.erase(doubles.begin(), doubles.end());
    if (!all.empty())
      return all;
    if (heard)
      last = fail(ec::not_found, name,
                  "the name has no address, says " + server.to_string());
    if (last.code == ec::not_found)
      return last;
  }
  return last;
}

} // namespace tocsin::transports
