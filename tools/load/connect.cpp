#include "tools/load/connect.hpp"

#include "tools/load/loopback.hpp"

#include <algorithm>

namespace tocsin::tools::load {

result<swarm_target> target_of(const arguments& with) {
  auto server = parse_loopback(with.server);
  if (!server)
    return server.error();
  auto credentials = transports::credentials::load(
      {with.certificate, with.key, with.ca, std::nullopt});
  if (!credentials)
    return credentials.error();
  return swarm_target{*server, with.server_name, *std::move(credentials)};
}

result<void> connector::begin() {
  for (auto i = std::min(in_flight, clients_.size()); i > 0; --i)
    if (auto ok = open_next(); !ok)
      return ok;
  return {};
}

result<void> connector::on_up() {
  ++up_;
  return open_next();
}

result<void> connector::open_next() {
  if (opened_ == clients_.size())
    return {};
  return clients_.open(opened_++);
}

} // namespace tocsin::tools::load
