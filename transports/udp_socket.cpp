#include "transports/udp_socket.hpp"

#include "transports/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin::transports {

namespace {

constexpr std::size_t control_space =
    CMSG_SPACE(std::max(sizeof(in_pktinfo), sizeof(in6_pktinfo)));

struct alignas(cmsghdr) control_buffer {
  std::array<std::uint8_t, control_space> data;
};

template <std::size_t Capacity>
struct message_batch {
  std::array<mmsghdr, udp_socket::batch> headers{};
  std::array<iovec, udp_socket::batch> vectors{};
  std::array<sockaddr_storage, udp_socket::batch> addresses{};
  std::array<control_buffer, udp_socket::batch> controls{};
  std::array<std::array<std::uint8_t, Capacity>, udp_socket::batch> data;

  // Points message `i` to its buffers, all of them empty again.
  msghdr& prepare(std::size_t i) {
    auto& header = headers[i].msg_hdr;
    vectors[i] = {data[i].data(), Capacity};
    header = {};
    header.msg_name = &addresses[i];
    header.msg_namelen = sizeof addresses[i];
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].data.data();
    header.msg_controllen = control_space;
    return header;
  }
};

socket_address local_of(msghdr& header, const socket_address& fallback) {
  for (auto x = CMSG_FIRSTHDR(&header); x; x = CMSG_NXTHDR(&header, x)) {
    if (x->cmsg_level == IPPROTO_IP && x->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(x), sizeof info);
      std::array<std::uint8_t, 4> octets;
      std::memcpy(octets.data(), &info.ipi_addr, octets.size());
      return socket_address::v4(octets, fallback.port());
    }
    if (x->cmsg_level == IPPROTO_IPV6 && x->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(x), sizeof info);
      std::array<std::uint8_t, 16> octets;
      std::memcpy(octets.data(), &info.ipi6_addr, octets.size());
      auto scope =
          IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
      return socket_address::v6(octets, fallback.port(), scope);
    }
  }
  return fallback;
}

template <class Info>
void put_control(msghdr& header, int level, int type, const Info& info) {
  header.msg_controllen = CMSG_SPACE(sizeof info);
  auto x = CMSG_FIRSTHDR(&header);
  x->cmsg_level = level;
  x->cmsg_type = type;
  x->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(x), &info, sizeof info);
}

void set_source(msghdr& header, const socket_address& local) {
  if (local.family() == ip_family::v4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.octets().data(), 4);
    put_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.octets().data(), 16);
    info.ipi6_ifindex = local.scope();
    put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

bool enable(int fd, int level, int option) {
  int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

bool configure(int fd, ip_family family, const udp_socket::settings& how) {
  auto size =
      static_cast<int>(std::min<std::size_t>(how.receive_buffer, 1u << 30));
  // Forcing needs CAP_NET_ADMIN; without it the system's limit applies.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  auto v6 = family == ip_family::v6;
  if (v6 && !enable(fd, IPPROTO_IPV6, IPV6_V6ONLY))
    return false;
  if (!how.server)
    return true;
  return enable(fd, SOL_SOCKET, SO_REUSEPORT)
         && (v6 ? enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
                : enable(fd, IPPROTO_IP, IP_PKTINFO));
}

} // namespace

struct udp_socket::buffers {
  message_batch<receive_capacity> in;
  message_batch<send_capacity> out;
  std::array<udp_datagram, batch> received;
};

result<std::unique_ptr<udp_socket>>
udp_socket::open(const socket_address& local, const settings& how) {
  auto refused = [&local](int fd, const char* what) {
    auto error = errno;
    if (fd >= 0)
      ::close(fd);
    return fail(ec::io, local.to_string(),
                std::string{what} + ": " + std::strerror(error));
  };
  auto domain = local.family() == ip_family::v4 ? AF_INET : AF_INET6;
  auto fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return refused(fd, "cannot open a UDP socket");
  if (!configure(fd, local.family(), how))
    return refused(fd, "cannot set the options of a UDP socket");
  if (auto bound = bind_to_interface(fd, how.interface); !bound) {
    ::close(fd);
    return bound.error();
  }
  sockaddr_storage native{};
  auto size = local.to_native(native);
  if (bind(fd, reinterpret_cast<sockaddr*>(&native), size) != 0)
    return refused(fd, "cannot bind a UDP socket");
  size = sizeof native;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) != 0)
    return refused(fd, "cannot name a UDP socket");
  return std::unique_ptr<udp_socket>{
      new udp_socket{fd, socket_address::from_native(native), how.server}};
}

udp_socket::udp_socket(int descriptor, const socket_address& local, bool server)
    : descriptor_{descriptor}, local_{local}, many_locals_{server
                                                           && local.is_any()},
      buffers_{std::make_unique_for_overwrite<buffers>()} {}

udp_socket::~udp_socket() {
  ::close(descriptor_);
}

std::span<const udp_datagram> udp_socket::receive(bool& full) {
  auto& in = buffers_->in;
  for (std::size_t i = 0; i < batch; ++i)
    in.prepare(i);
  auto count =
      recvmmsg(descriptor_, in.headers.data(), batch, MSG_DONTWAIT, nullptr);
  full = count == static_cast<int>(batch);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR)
      ++counters_.receive_errors;
    return {};
  }
  counters_.received += static_cast<std::uint64_t>(count);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    auto& header = in.headers[i].msg_hdr;
    if (header.msg_flags & MSG_TRUNC) {
      ++counters_.truncated;
      continue;
    }
    auto& out = buffers_->received[kept++];
    out.peer = socket_address::from_native(in.addresses[i]);
    out.local = many_locals_ ? local_of(header, local_) : local_;
    out.data = byte_view{in.data[i]}.first(in.headers[i].msg_len);
  }
  return std::span{buffers_->received}.first(kept);
}

void udp_socket::queue(const socket_address& peer, const socket_address& local,
                       byte_view data) {
  if (data.size() > send_capacity) {
    ++counters_.send_errors;
    return;
  }
  if (queued_ == batch)
    flush();
  auto& out = buffers_->out;
  auto i = queued_++;
  auto& header = out.prepare(i);
  header.msg_namelen = peer.to_native(out.addresses[i]);
  if (!data.empty())
    std::memcpy(out.data[i].data(), data.data(), data.size());
  out.vectors[i].iov_len = data.size();
  if (many_locals_ && !local.is_any()) {
    set_source(header, local);
  } else {
    header.msg_control = nullptr;
    header.msg_controllen = 0;
  }
}

void udp_socket::flush() {
  auto& headers = buffers_->out.headers;
  for (std::size_t done = 0; done < queued_;) {
    auto count = sendmmsg(descriptor_, &headers[done],
                          static_cast<unsigned>(queued_ - done), MSG_DONTWAIT);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      counters_.sent += static_cast<std::uint64_t>(count);
    } else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
      // No room: to wait would hold up everybody; DTLS and CoAP repeat.
      counters_.send_errors += queued_ - done;
      break;
    } else if (errno != EINTR) { // this one cannot go, e.g. EPERM
      ++counters_.send_errors;
      ++done;
    }
  }
  queued_ = 0;
}

} // namespace tocsin::transports
