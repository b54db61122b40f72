#include "transports/cookie_guard.hpp"

#include <algorithm>
#include <cstring>

#include <gnutls/crypto.h>
#include <gnutls/dtls.h>

namespace tocsin::transports {

namespace {

// Layout of a DTLS 1.2 record and of the ClientHello in it (RFC 6347, Sections
// 4.1 and 4.2.2).
constexpr std::size_t record_header = 13;
constexpr std::size_t handshake_header = 12;
constexpr std::size_t fragment_offset_at = record_header + 6;
constexpr std::size_t random_at = record_header + handshake_header + 2;
constexpr std::size_t session_id_at = random_at + 32;
constexpr std::uint8_t type_handshake = 22;
constexpr std::uint8_t client_hello = 1;

// What a cookie is bound to: both addresses, so that it proves nothing
// elsewhere.
struct binding {
  std::array<std::uint8_t, 48> data{};
  std::size_t size = 0;

  void add(const socket_address& x) {
    data[size++] = static_cast<std::uint8_t>(x.family());
    data[size++] = static_cast<std::uint8_t>(x.port() >> 8);
    data[size++] = static_cast<std::uint8_t>(x.port());
    auto octets = x.octets();
    std::ranges::copy(octets, data.begin() + static_cast<long>(size));
    size += octets.size();
  }
};

struct reply_buffer {
  std::array<std::uint8_t, 128>* space;
  std::size_t size = 0;
};

ssize_t keep_reply(gnutls_transport_ptr_t ptr, const void* data,
                   std::size_t size) {
  auto out = static_cast<reply_buffer*>(ptr);
  if (size > out->space->size())
    return -1;
  std::memcpy(out->space->data(), data, size);
  out->size = size;
  return static_cast<ssize_t>(size);
}

gnutls_datum_t datum(std::array<std::uint8_t, 16>& key) {
  return {key.data(), static_cast<unsigned>(key.size())};
}

void randomize(std::array<std::uint8_t, 16>& key) {
  gnutls_rnd(GNUTLS_RND_KEY, key.data(), key.size());
}

bool has_cookie(byte_view datagram) {
  auto at = session_id_at + 1 + datagram[session_id_at];
  return at < datagram.size() && datagram[at] != 0;
}

} // namespace

bool is_client_hello(byte_view x) noexcept {
  // Of a fragmented one, the first fragment: only there are random and cookie.
  return x.size() > session_id_at && x[0] == type_handshake && x[1] == 0xfe
         && x[3] == 0 && x[4] == 0 // epoch
         && x[record_header] == client_hello && x[fragment_offset_at] == 0
         && x[fragment_offset_at + 1] == 0 && x[fragment_offset_at + 2] == 0;
}

std::uint64_t client_hello_nonce(byte_view datagram) noexcept {
  // Not its first octets: some peers put the time there.
  std::uint64_t nonce = 0;
  if (datagram.size() > session_id_at)
    std::memcpy(&nonce, datagram.data() + random_at + 16, sizeof nonce);
  return nonce;
}

cookie_guard::cookie_guard(const limits& bounds, time_point now)
    : answers_{bounds.answers_per_second, bounds.burst, now},
      key_period_{bounds.key_period}, next_rotation_{now + bounds.key_period} {
  std::ranges::for_each(keys_, randomize);
}

void cookie_guard::rotate(time_point now) {
  if (now < next_rotation_)
    return;
  // After a pause of more than a period both keys are too old.
  if (now - next_rotation_ >= key_period_)
    randomize(keys_[0]);
  keys_[1] = keys_[0];
  randomize(keys_[0]);
  next_rotation_ = now + key_period_;
}

cookie_guard::outcome cookie_guard::judge(byte_view datagram,
                                          const socket_address& peer,
                                          const socket_address& local,
                                          time_point now) {
  if (!is_client_hello(datagram))
    return {};
  rotate(now);
  binding who;
  who.add(peer);
  who.add(local);
  gnutls_dtls_prestate_st state{};
  if (has_cookie(datagram)) {
    for (auto& x : keys_) {
      auto secret = datum(x);
      // GnuTLS only reads the message, its signature lacks the const.
      auto message = const_cast<std::uint8_t*>(datagram.data());
      if (gnutls_dtls_cookie_verify(&secret, who.data.data(), who.size, message,
                                    datagram.size(), &state)
          == GNUTLS_E_SUCCESS)
        return {verdict::verified,
                {},
                {state.record_seq, state.hsk_read_seq, state.hsk_write_seq}};
    }
  }
  if (!answers_.take(now))
    return {verdict::throttled, {}, {}};
  // The answer repeats the hello's record number (RFC 6347, Section 4.2.1).
  state.record_seq = datagram[10];
  reply_buffer out{&reply_};
  auto secret = datum(keys_[0]);
  if (gnutls_dtls_cookie_send(&secret, who.data.data(), who.size, &state, &out,
                              keep_reply)
      < 0)
    return {};
  return {verdict::needs_cookie, byte_view{reply_}.first(out.size), {}};
}

} // namespace tocsin::transports
