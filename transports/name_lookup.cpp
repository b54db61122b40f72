#include "transports/name_lookup.hpp"

#include "transports/dns_query.hpp"

#include <algorithm>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>

namespace tocsin::transports {

namespace {

using protocol::signal::prefix;

void append(name_lookup::addresses& out, const addrinfo& x) {
  std::array<std::uint8_t, 16> octets{};
  if (x.ai_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, x.ai_addr, sizeof in);
    std::memcpy(octets.data(), &in.sin_addr, 4);
    out.emplace_back(prefix::family::ipv4, octets, std::uint8_t{32});
  } else if (x.ai_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, x.ai_addr, sizeof in);
    std::memcpy(octets.data(), &in.sin6_addr, 16);
    out.emplace_back(prefix::family::ipv6, octets, std::uint8_t{128});
  }
}

result<name_lookup::addresses> resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  int rc = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (rc == EAI_NONAME || rc == EAI_NODATA)
    return fail(ec::not_found, name, "the name has no address");
  if (rc != 0)
    return fail(ec::unavailable, name,
                std::string{"name lookup failed: "} + ::gai_strerror(rc));
  name_lookup::addresses found;
  for (auto* i = list; i != nullptr; i = i->ai_next)
    append(found, *i);
  ::freeaddrinfo(list);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

} // namespace

name_lookup::name_lookup(name_servers from)
    : from_{std::move(from)}, thread_{[this] { run(); }} {}

name_lookup::~name_lookup() {
  {
    std::lock_guard lock{guard_};
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void name_lookup::lookup(std::string name, done on_done) {
  constexpr std::size_t max_waiting = 1024;
  {
    std::lock_guard lock{guard_};
    if (jobs_.size() < max_waiting) {
      jobs_.push_back({std::move(name), std::move(on_done)});
      filled_.notify_one();
      return;
    }
  }
  on_done(fail(ec::unavailable, name, "too many name lookups are waiting"));
}

void name_lookup::run() {
  std::unique_lock lock{guard_};
  for (;;) {
    filled_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_)
      return;
    auto next = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    next.on_done(from_.servers.empty() ? resolve(next.name)
                                       : ask_name_servers(from_, next.name));
    lock.lock();
  }
}

} // namespace tocsin::transports
