#pragma once
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "transports/descriptor.hpp"
#include "transports/socket_address.hpp"

#include <string>

namespace tocsin::transports {

/// Opens a listening socket: non-blocking, SO_REUSEPORT, IPv6 is V6ONLY, with
/// Fast Open where the system has it (RFC 9132, Section 7.1). Fails with
/// ec::io; `where` is the address.
result<descriptor> open_tcp_listener(const socket_address& local);

/// A connection that an accept() took.
struct tcp_newcomer {
  descriptor socket; ///< non-blocking; none if accept() failed
  socket_address peer;
  int error = 0; ///< errno of a failure
};

/// Takes the next connection of a listening socket, if there is one.
tcp_newcomer accept_tcp(const descriptor& listener);

/// Is this error of accept() about one connection only, so that the next may
/// be tried at once? (accept(2), "Error handling")
bool concerns_one_connection(int accept_error) noexcept;

/// Opens a non-blocking client socket. `local` may be a wildcard and have port
/// 0; with an `interface` nothing passes any other. Fails with ec::io; `where`
/// is the address, or the interface.
result<descriptor> open_tcp_client(const socket_address& local,
                                   const std::string& interface = {});

/// Begins to connect; 0, or the errno of a failure that is known already.
int connect_tcp(const descriptor& socket, const socket_address& peer) noexcept;

/// The address that a socket is bound to.
socket_address local_address_of(const descriptor& socket) noexcept;

/// The error that the kernel keeps for a socket, which it forgets by this.
int pending_error(const descriptor& socket) noexcept;

/// Closes with RST: nothing lingers in the kernel, what was not sent is lost.
void abort_tcp(descriptor socket) noexcept;

/// Sends as much of the front of `out` as the kernel takes, and removes it
/// there. 0, or the errno of a broken connection.
int write_tcp(const descriptor& socket, bytes& out) noexcept;

/// What an errno means, for people.
std::string describe_error(int error);

} // namespace tocsin::transports
