#pragma once
#include "transports/reactor.hpp"
#include "transports/tcp_socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace tocsin::transports {

/// A TCP connection at home in a reactor, as a session would be.
class stream_endpoint final : public stream_handler {
public:
  explicit stream_endpoint(reactor& where) : home{where} {}

  void on_connected() override {
    ++connected;
    if (when_connected)
      when_connected(*this);
  }
  void on_octets(byte_view octets) override {
    ++pieces;
    largest = std::max(largest, octets.size());
    heard += as_text(octets);
    if (echo)
      home.send_stream(id, octets);
    if (when_heard)
      when_heard(*this);
  }
  void on_closed(const std::string& why) override { closed = why; }
  void on_evicted() override { evicted = true; }

  void say(std::string_view text) { home.send_stream(id, as_octets(text)); }

  reactor& home;
  connection id;
  socket_address peer, local;
  std::string heard;
  std::optional<std::string> closed;
  std::function<void(stream_endpoint&)> when_connected, when_heard;
  std::size_t largest = 0;
  int connected = 0;
  int pieces = 0;
  bool echo = false;
  bool evicted = false;
};

/// A peer without manners: a plain socket, non-blocking.
class raw_peer {
public:
  raw_peer(const socket_address& from, const socket_address& to) {
    auto opened = open_tcp_client(from);
    EXPECT_TRUE(opened);
    if (!opened)
      return;
    socket_ = *std::move(opened);
    EXPECT_EQ(connect_tcp(socket_, to), 0);
  }

  /// Sends what the kernel takes, and returns how much that is.
  std::size_t say(std::string_view text) {
    bytes out(text.begin(), text.end());
    write_tcp(socket_, out);
    return text.size() - out.size();
  }
  /// Reads what is there, up to `most` octets.
  void hear(std::size_t most = SIZE_MAX) {
    std::array<char, 4096> buffer;
    while (most > 0 && !ended && error == 0) {
      auto count = recv(socket_.get(), buffer.data(),
                        std::min(most, buffer.size()), MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN)
        return;
      if (count < 0)
        error = errno;
      else if (count == 0)
        ended = true;
      else
        heard.append(buffer.data(), static_cast<std::size_t>(count));
      most -= count > 0 ? static_cast<std::size_t>(count) : 0;
    }
  }
  void finish_sending() { shutdown(socket_.get(), SHUT_WR); }
  void reset() { abort_tcp(std::move(socket_)); }
  void leave() { socket_ = descriptor{}; }
  socket_address local() const { return local_address_of(socket_); }

  std::string heard;
  bool ended = false; ///< FIN came
  int error = 0;      ///< errno of a broken connection

private:
  descriptor socket_;
};

/// A server and a client reactor on loopback, turned by the test's thread.
class tcp_fixture : public ::testing::Test {
protected:
  using endpoint_ptr = std::shared_ptr<stream_endpoint>;

  tcp_fixture() { open_reactors({}); }

  void open_reactors(const reactor_limits& limits) {
    accepted.clear();
    server = std::make_unique<reactor>(limits);
    client = std::make_unique<reactor>();
  }

  static socket_address at(const std::string& text) {
    return *socket_address::parse(text);
  }

  socket_address listen(const std::string& where) {
    auto opened = server->listen_stream(
        at(where), [this](const new_stream& x) { return accept(x); });
    EXPECT_TRUE(opened) << to_string(opened.error());
    listener = *opened;
    return server->local_address(listener);
  }

  std::shared_ptr<stream_handler> accept(const new_stream& x) {
    if (refusing)
      return nullptr;
    auto out = std::make_shared<stream_endpoint>(*server);
    out->id = x.id;
    out->peer = x.peer;
    out->local = x.local;
    out->echo = echo;
    if (trusting)
      server->handshake_done(x.id);
    accepted.push_back(out);
    return out;
  }

  endpoint_ptr connect(const socket_address& from, const socket_address& to) {
    auto out = std::make_shared<stream_endpoint>(*client);
    auto id = client->connect_stream(from, to, out);
    EXPECT_TRUE(id) << to_string(id.error());
    out->id = *id;
    return out;
  }
  endpoint_ptr connect(const socket_address& to) {
    return connect(at("127.0.0.1:0"), to);
  }

  /// A plain peer and the server's end of its connection.
  std::unique_ptr<raw_peer> join(const socket_address& to,
                                 const std::string& from = "127.0.0.1:0") {
    auto count = accepted.size();
    auto out = std::make_unique<raw_peer>(at(from), to);
    EXPECT_TRUE(turn_until([&] { return accepted.size() > count; }));
    return out;
  }

  bool turn_until(const std::function<bool()>& done) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!done()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      client->turn(std::chrono::milliseconds{0});
      server->turn(std::chrono::milliseconds{1});
    }
    return true;
  }

  /// As often as is enough for what flies on loopback to land.
  void turn_a_little() {
    for (int i = 0; i < 20; ++i) {
      client->turn(std::chrono::milliseconds{0});
      server->turn(std::chrono::milliseconds{0});
    }
  }

  void one_turn() { server->turn(std::chrono::milliseconds{0}); }

  socket_id listener;
  bool echo = true;
  bool trusting = false; // the handshake is over at once
  bool refusing = false;
  std::vector<endpoint_ptr> accepted;
  std::unique_ptr<reactor> server;
  std::unique_ptr<reactor> client;
};

} // namespace tocsin::transports
