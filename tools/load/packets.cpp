#include "tools/load/packets.hpp"

#include <array>

namespace tocsin::tools::load {

namespace {

constexpr std::size_t cookie_size = 20;

void put(bytes& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_random(bytes& out, std::mt19937& dice, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::uint8_t>(dice()));
}

bytes hello_body(std::mt19937& dice, std::size_t cookie) {
  bytes out;
  put(out, 0xFEFD, 2);
  put_random(out, dice, 32);
  put(out, 0, 1); // session_id
  put(out, cookie, 1);
  put_random(out, dice, cookie);
  put(out, 2, 2);
  put(out, 0xC02B, 2); // ECDHE-ECDSA-AES128-GCM-SHA256
  put(out, 0x0100, 2); // compression: null
  // supported_groups: P-256; point formats; signature: ECDSA with SHA-256
  constexpr std::array<std::uint8_t, 22> extensions{
      0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3};
  put(out, extensions.size(), 2);
  out.insert(out.end(), extensions.begin(), extensions.end());
  return out;
}

} // namespace

bytes client_hello(std::mt19937& dice, bool with_cookie) {
  auto body = hello_body(dice, with_cookie ? cookie_size : 0);
  bytes out;
  put(out, 22, 1); // handshake
  put(out, 0xFEFF, 2);
  put(out, 0, 8); // epoch and sequence number
  put(out, body.size() + 12, 2);
  put(out, 1, 1); // client_hello
  put(out, body.size(), 3);
  put(out, 0, 5); // message number, offset of the fragment
  put(out, body.size(), 3);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

bytes noise(std::mt19937& dice) {
  bytes out;
  put_random(out, dice, dice() % (noise_limit + 1));
  if (out.size() > 3 && dice() % 2 == 0) {
    out[0] = static_cast<std::uint8_t>(20 + dice() % 4);
    out[1] = 0xFE;
    out[2] = dice() % 2 == 0 ? 0xFD : 0xFF;
  }
  return out;
}

bytes false_record(std::mt19937& dice) {
  const auto size = 24 + dice() % 200; // an explicit nonce and a tag fit
  bytes out;
  put(out, dice() % 4 == 0 ? 21 : 23, 1);
  put(out, 0xFEFD, 2);
  put(out, 1, 2);      // epoch
  put(out, dice(), 6); // sequence number: ahead of the window, or in it
  put(out, size, 2);
  put_random(out, dice, size);
  return out;
}

} // namespace tocsin::tools::load
