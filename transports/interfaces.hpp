#pragma once
#include "protocol/error.hpp"

#include <string>
#include <string_view>

namespace tocsin::transports {

/// May this be the name of a network interface? 1 to 15 octets, no blanks, no
/// slash or colon, not "." or "..", as Linux has it.
bool is_interface_name(std::string_view name) noexcept;

/// Binds a socket to an interface, so that nothing passes any other, whatever
/// the routes say; an empty name binds to none. `where` of a failure is the
/// name: ec::not_found tells which interfaces there are, ec::unauthorized what
/// is needed, ec::io the rest.
result<void> bind_to_interface(int socket, const std::string& name);

/// The same with a socket of its own: can it be done, now?
result<void> check_interface(const std::string& name);

} // namespace tocsin::transports
