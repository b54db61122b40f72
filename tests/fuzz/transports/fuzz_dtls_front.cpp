// Arbitrary datagrams against what faces the network before anyone is
// authenticated: the cookie guard, a fresh server or client association, and
// an established association, which must survive them all.
#include "tests/support/test_pki.hpp"
#include "transports/cookie_guard.hpp"
#include "transports/dtls.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace {

using namespace tocsin;
using namespace tocsin::transports;

constexpr std::size_t max_answers = 64;
const time_point start = time_point{} + std::chrono::hours{1000};

std::shared_ptr<const credentials> load(bool server) {
  static test::test_pki pki;
  test::temporary_directory directory;
  auto own = server ? pki.server("dots.example") : pki.client("client");
  auto files = test::write_files(directory, "own", own, pki);
  auto x = credentials::load(
      {files.certificate, files.key, files.trust, std::nullopt});
  if (!x)
    std::abort();
  return *x;
}

struct parties {
  std::shared_ptr<const credentials> server = load(true);
  std::shared_ptr<const credentials> client = load(false);
  std::unique_ptr<dtls_association> established;

  std::unique_ptr<dtls_association> fresh_server() const {
    auto x = dtls_association::server(server, {}, {}, start);
    return x ? *std::move(x) : nullptr;
  }
  std::unique_ptr<dtls_association> fresh_client() const {
    auto x = dtls_association::client(client, "dots.example", {}, start);
    return x ? *std::move(x) : nullptr;
  }

  parties() {
    auto peer = fresh_client();
    auto here = *socket_address::parse("192.0.2.1:1000");
    cookie_guard guard{{}, start};
    bytes hello;
    for (int i = 0; i < 2; ++i) { // without, then with a cookie
      if (!peer->next_datagram(hello))
        std::abort();
      auto outcome = guard.judge(hello, here, here, start);
      if (outcome.what == cookie_guard::verdict::needs_cookie)
        peer->receive(outcome.reply, start);
      else
        established =
            *dtls_association::server(server, outcome.prestate, {}, start);
    }
    established->receive(hello, start);
    for (int i = 0; i < 4; ++i) {
      for (bytes x; established->next_datagram(x);)
        peer->receive(x, start);
      for (bytes x; peer->next_datagram(x);)
        established->receive(x, start);
    }
    if (established->current() != dtls_association::state::established)
      std::abort();
  }
};

void drain(dtls_association& x) {
  std::size_t count = 0;
  for (bytes out; x.next_datagram(out);)
    if (++count > max_answers)
      std::abort();
  for (bytes out; x.next_plaintext(out);)
    std::abort(); // nobody here is authenticated
}

// Splits the input into datagrams, each with its length in two octets before
// it, and gives them to `take`.
template <class Take>
void each_datagram(byte_view input, Take take) {
  while (input.size() >= 2) {
    auto size =
        std::min<std::size_t>(input[0] << 8 | input[1], input.size() - 2);
    take(input.subspan(2, size));
    input = input.subspan(2 + size);
  }
}

void feed(dtls_association& x, byte_view input) {
  auto now = start;
  each_datagram(input, [&](byte_view datagram) {
    x.receive(datagram, now);
    drain(x);
    now += std::chrono::milliseconds{300};
    x.on_time(now);
    drain(x);
  });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static parties all;
  if (size == 0)
    return 0;
  byte_view input{data + 1, size - 1};
  switch (data[0] % 4) {
  case 0: {
    static cookie_guard guard{{}, start};
    auto peer = *socket_address::parse("192.0.2.1:1000");
    each_datagram(input, [&](byte_view x) {
      if (guard.judge(x, peer, peer, start).what
          == cookie_guard::verdict::verified)
        std::abort(); // no cookie was ever handed to the fuzzer
    });
    break;
  }
  case 1:
    feed(*all.fresh_server(), input);
    break;
  case 2:
    feed(*all.fresh_client(), input);
    break;
  case 3:
    feed(*all.established, input);
    if (all.established->current() != dtls_association::state::established)
      std::abort();
    break;
  }
  return 0;
}
