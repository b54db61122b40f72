// Arbitrary octets against what faces a stream before anyone is authenticated:
// a fresh server, in one piece or several, and a fresh client.
#include "tests/support/test_pki.hpp"
#include "transports/tls.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace {

using namespace tocsin;
using namespace tocsin::transports;

const time_point start = time_point{} + std::chrono::hours{1000};

// No more can be the answer to anything that proves nothing.
constexpr std::size_t max_answer = 65536;

std::shared_ptr<const credentials> load(bool server) {
  static test::test_pki pki;
  test::temporary_directory directory;
  auto own = server ? pki.server("dots.example") : pki.client("client");
  auto files = test::write_files(directory, "own", own, pki);
  auto keys =
      directory.write("keys", "a:000102030405060708090a0b0c0d0e0f", 0600);
  auto x =
      credentials::load({files.certificate, files.key, files.trust, {}, keys});
  if (!x)
    std::abort();
  return *x;
}

template <class Result>
void feed(Result made, byte_view input, std::size_t piece) {
  if (!made)
    std::abort();
  auto x = *std::move(made);
  std::size_t size = 0;
  auto drain = [&] {
    for (bytes out; x->next_datagram(out);)
      size += out.size();
    if (size > max_answer)
      std::abort();
    bytes text;
    if (x->next_plaintext(text)
        || x->current() == secure_association::state::established)
      std::abort(); // nobody here is authenticated
  };
  drain();
  while (!input.empty()) {
    auto first = std::min(piece, input.size());
    x->receive(input.first(first), start);
    drain();
    input = input.subspan(first);
  }
  x->close();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static auto server = load(true), client = load(false);
  static tls_options options{std::chrono::seconds{60},
                             "coap",
                             true,
                             {ticket_keys::random(), nullptr, {}}};
  if (size == 0)
    return 0;
  byte_view input{data + 1, size - 1};
  auto piece = data[0] & 2 ? std::size_t{1} + (data[0] >> 2) : input.size();
  if (data[0] & 1)
    feed(tls_association::client(client, "dots.example", options, start), input,
         std::max<std::size_t>(piece, 1));
  else
    feed(tls_association::server(server, options, start), input,
         std::max<std::size_t>(piece, 1));
  return 0;
}
