#pragma once
#include "transports/secure_association.hpp"

#include <deque>
#include <string>

namespace tocsin::sim {

/// What an octet string is, as far as the network can see.
enum class record : std::uint8_t {
  hello = 'H',   ///< client: wants an association
  welcome = 'W', ///< server: its half of the key
  finish = 'F',  ///< client: has the key
  done = 'D',    ///< server: has the key
  data = 'A',
  goodbye = 'X', ///< close_notify
};

/// How long each side takes for a handshake at most, as with the real one.
inline constexpr std::chrono::seconds client_patience{60};
inline constexpr std::chrono::seconds server_patience{15};

/// A security association without cryptography: a handshake of four messages
/// that the client repeats, proof of both names, a key that belongs to one
/// association alone, and refusal of records that were seen before. Over a
/// stream the same records have a length in front.
class fake_association final : public transports::secure_association {
public:
  struct settings {
    bool server = false;
    bool reliable = false;
    std::string name;        ///< of this side, proved to the other
    std::uint64_t nonce = 0; ///< fresh
    time_point born;
  };

  explicit fake_association(settings x);

  void receive(byte_view octets, time_point now) override;
  result<void> send(byte_view plaintext) override;
  bool next_datagram(bytes& out) override;
  bool next_plaintext(bytes& out) override;
  void close() override;
  state current() const noexcept override { return state_; }
  const std::string& failure_reason() const noexcept override {
    return failure_;
  }
  std::optional<time_point> next_deadline() const noexcept override;
  void on_time(time_point now) override;
  const transports::peer_identity& peer() const noexcept override {
    return peer_;
  }
  std::size_t max_plaintext() const noexcept override;
  bool reliable() const noexcept override { return settings_.reliable; }
  std::string_view protocol() const noexcept override {
    return settings_.reliable ? "simulated TLS" : "simulated DTLS";
  }
  bool resumed() const noexcept override { return false; }

private:
  void take(byte_view one);
  void handshake(record what, byte_view rest);
  void on_data(byte_view rest);
  bool fresh(std::uint64_t number);
  void establish(const std::string& name);
  void fail_with(std::string why);
  void put(record what, std::uint64_t first, std::uint64_t second,
           byte_view rest);
  std::uint64_t key() const { return client_nonce_ ^ (server_nonce_ << 1); }

  settings settings_;
  state state_ = state::handshaking;
  std::string failure_;
  transports::peer_identity peer_;
  std::string claimed_; ///< the client's name, until it has the key
  std::uint64_t client_nonce_ = 0;
  std::uint64_t server_nonce_ = 0;
  bool confirmed_ = false;   ///< client: the server has the key
  std::uint64_t sent_ = 0;   ///< number of the last record sent
  std::uint64_t newest_ = 0; ///< highest number received
  std::uint64_t window_ = 0; ///< the 64 numbers up to it
  std::optional<time_point> repeat_;
  duration pause_{};
  bytes partial_; ///< of a stream: the piece of a record
  std::deque<bytes> out_, in_;
};

/// What the network may learn of a datagram.
record kind_of(byte_view datagram);

/// The number of a record with data, which no other of its sender bears.
std::uint64_t number_of(byte_view datagram);

/// Whoever listens there wants to know if a newcomer means it: a hello.
bool is_hello(byte_view datagram);

} // namespace tocsin::sim
