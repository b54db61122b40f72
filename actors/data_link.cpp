#include "actors/data_link.hpp"

namespace tocsin::actors {

namespace {

using transports::reactor;
using transports::socket_address;

bytes copy(byte_view x) {
  return {x.begin(), x.end()};
}

/// The reactor may call when the actors of this turn have had their time
/// already; without a task it would sleep on their mail.
void wake(reactor& where) {
  where.post([] {});
}

class session_port final : public transports::stream_handler {
public:
  session_port(data_session_actor to, reactor& where)
      : to_{std::move(to)}, home_{where} {}

  void on_octets(byte_view octets) override {
    caf::anon_send(to_, atom::packet_v, copy(octets));
  }
  void on_drained() override {
    caf::anon_send(to_, atom::drained_v);
    wake(home_);
  }
  void on_closed(const std::string& why) override {
    caf::anon_send(to_, atom::gone_v, why);
    wake(home_);
  }
  void on_evicted() override {
    caf::anon_send(to_, atom::gone_v, std::string{"the node shuts down"});
  }

private:
  data_session_actor to_;
  reactor& home_;
};

class client_port final : public transports::stream_handler {
public:
  client_port(data_client_actor to, std::uint64_t number, reactor& where)
      : to_{std::move(to)}, number_{number}, home_{where} {}

  void on_connected() override { caf::anon_send(to_, atom::opened_v, number_); }
  void on_octets(byte_view octets) override {
    caf::anon_send(to_, atom::packet_v, number_, copy(octets));
  }
  void on_drained() override {
    caf::anon_send(to_, atom::drained_v, number_);
    wake(home_);
  }
  void on_closed(const std::string& why) override {
    caf::anon_send(to_, atom::gone_v, number_, why);
    wake(home_);
  }
  void on_evicted() override {
    caf::anon_send(to_, atom::finish_v); // its timer is the reactor's, too
  }

private:
  data_client_actor to_;
  std::uint64_t number_;
  reactor& home_;
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

std::shared_ptr<transports::stream_handler> make_port(data_session_actor to,
                                                      reactor& where) {
  return std::make_shared<session_port>(std::move(to), where);
}

data_connector connect_from(reactor& where,
                            std::optional<socket_address> source) {
  return [&where, source](const std::string& address, std::uint64_t number,
                          data_client_actor self) -> result<data_link> {
    auto peer = socket_address::parse(address);
    if (!peer)
      return peer.error();
    bool is_v4 = peer->family() == transports::ip_family::v4;
    auto from = is_v4 ? socket_address::v4({}, 0) : socket_address::v6({}, 0);
    if (source && source->family() == peer->family())
      from = *source;
    auto id = where.connect_stream(
        from, *peer,
        std::make_shared<client_port>(std::move(self), number, where));
    if (!id)
      return id.error();
    return data_link{
        [&where, id = *id](byte_view x) { where.send_stream(id, x); },
        [&where, id = *id] { where.close_stream(id, true); }};
  };
}

} // namespace tocsin::actors
