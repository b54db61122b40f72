#include "transports/reactor_impl.hpp"

#include <utility>

// The members of the reactor that concern TCP, and the counters of both.
namespace tocsin::transports {

tcp_streams& reactor::impl::tcp() {
  if (!streams)
    streams = std::make_unique<tcp_streams>(limits, wheel, poll, streams_tag);
  return *streams;
}

void reactor::impl::close_stream_listener(socket_id id) {
  if (streams)
    streams->close_listener(id.value & ~stream_listener_bit);
}

socket_address reactor::impl::stream_listener_address(socket_id id) const {
  return streams ? streams->local_address(id.value & ~stream_listener_bit)
                 : socket_address{};
}

void reactor::impl::publish_streams() {
  const auto& x = streams->counted();
  counted.streams_accepted.set(x.accepted);
  counted.streams_refused.set(x.refused);
  counted.streams_timed_out.set(x.timed_out);
  counted.streams_overflowed.set(x.overflowed);
  counted.accept_errors.set(x.accept_errors);
  counted.stream_octets_received.set(x.octets_received);
  counted.stream_octets_sent.set(x.octets_sent);
  counted.streams.set(streams->size());
  counted.stream_handshakes.set(streams->handshakes());
}

result<socket_id> reactor::listen_stream(const socket_address& local,
                                         stream_accept_function accept) {
  if (!accept)
    return fail(ec::internal, local.to_string(), "nobody to accept peers");
  auto index = impl_->tcp().listen(local, std::move(accept));
  if (!index)
    return index.error();
  return socket_id{*index | stream_listener_bit};
}

result<connection> reactor::connect_stream(
    const socket_address& local_or_any, const socket_address& peer,
    std::shared_ptr<stream_handler> handler, const std::string& interface) {
  if (!handler)
    return fail(ec::internal, peer.to_string(), "nobody to serve the peer");
  return impl_->tcp().connect(local_or_any, peer, std::move(handler),
                              interface);
}

void reactor::send_stream(connection id, byte_view octets) {
  if (impl_->streams)
    impl_->streams->send(id, octets);
}

void reactor::close_stream(connection id, bool flush) {
  if (impl_->streams)
    impl_->streams->close(id, flush, impl_->now);
}

void reactor::handshake_done(connection id) {
  if (impl_->streams)
    impl_->streams->handshake_done(id);
}

reactor_stats reactor::stats() const {
  const auto& x = impl_->counted;
  return {x.received.get(),
          x.sent.get(),
          x.delivered.get(),
          x.cookies_sent.get(),
          x.cookies_throttled.get(),
          x.unknown_dropped.get(),
          x.accepted.get(),
          x.replaced.get(),
          x.refused.get(),
          x.truncated.get(),
          x.send_errors.get(),
          x.receive_errors.get(),
          x.associations.get(),
          x.handshakes.get(),
          x.streams_accepted.get(),
          x.streams_refused.get(),
          x.streams_timed_out.get(),
          x.streams_overflowed.get(),
          x.accept_errors.get(),
          x.stream_octets_received.get(),
          x.stream_octets_sent.get(),
          x.streams.get(),
          x.stream_handshakes.get()};
}

} // namespace tocsin::transports
