#include "tools/load/loopback.hpp"

namespace tocsin::tools::load {

result<transports::socket_address> parse_loopback(std::string_view text) {
  auto out = transports::socket_address::parse(text);
  if (!out)
    return out;
  if (out->family() != transports::ip_family::v4 || out->octets()[0] != 127)
    return fail(ec::unauthorized, out->to_string(),
                "is refused: load and floods, with their invented source "
                "addresses, go to 127.0.0.0/8 only; run this program beside "
                "the server, and let that listen there");
  return out;
}

} // namespace tocsin::tools::load
