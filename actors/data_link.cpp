#include "actors/data_link.hpp"

namespace tocsin::actors {

namespace {

using transports::reactor;
using transports::socket_address;

bytes copy(byte_view x) {
  return {x.begin(), x.end()};
}

class session_port final : public transports::stream_handler {
public:
  explicit session_port(data_session_actor to) : to_{std::move(to)} {}

  void on_octets(byte_view octets) override {
    caf::anon_send(to_, atom::packet_v, copy(octets));
  }
  void on_drained() override { caf::anon_send(to_, atom::drained_v); }
  void on_closed(const std::string& why) override {
    caf::anon_send(to_, atom::gone_v, why);
  }
  void on_evicted() override {
    caf::anon_send(to_, atom::gone_v, std::string{"the node shuts down"});
  }

private:
  data_session_actor to_;
};

class client_port final : public transports::stream_handler {
public:
  client_port(data_client_actor to, std::uint64_t number)
      : to_{std::move(to)}, number_{number} {}

  void on_connected() override { caf::anon_send(to_, atom::opened_v, number_); }
  void on_octets(byte_view octets) override {
    caf::anon_send(to_, atom::packet_v, number_, copy(octets));
  }
  void on_drained() override { caf::anon_send(to_, atom::drained_v, number_); }
  void on_closed(const std::string& why) override {
    caf::anon_send(to_, atom::gone_v, number_, why);
  }
  void on_evicted() override {
    caf::anon_send(to_, atom::finish_v); // its timer is the reactor's, too
  }

private:
  data_client_actor to_;
  std::uint64_t number_;
};

} // namespace

void attach(data_session_setup& setup, reactor& where,
            transports::connection id) {
  setup.reactor = &where;
  setup.send = [&where, id](byte_view octets) {
    where.send_stream(id, octets);
  };
  setup.established = [&where, id] { where.handshake_done(id); };
  setup.forget = [&where, id] { where.close_stream(id, true); };
}

std::shared_ptr<transports::stream_handler> make_port(data_session_actor to) {
  return std::make_shared<session_port>(std::move(to));
}

data_connector connect_from(reactor& where,
                            std::optional<socket_address> source,
                            const std::string& interface) {
  return [&where, source,
          interface](const std::string& address, std::uint64_t number,
                     data_client_actor self) -> result<data_link> {
    auto peer = socket_address::parse(address);
    if (!peer)
      return peer.error();
    bool is_v4 = peer->family() == transports::ip_family::v4;
    auto from = is_v4 ? socket_address::v4({}, 0) : socket_address::v6({}, 0);
    if (source && source->family() == peer->family())
      from = *source;
    auto id = where.connect_stream(
        from, *peer, std::make_shared<client_port>(std::move(self), number),
        interface);
    if (!id)
      return id.error();
    return data_link{
        [&where, id = *id](byte_view x) { where.send_stream(id, x); },
        [&where, id = *id] { where.close_stream(id, true); }};
  };
}

} // namespace tocsin::actors
