// Arbitrary octets against both sides of an HTTP connection: whatever comes,
// nothing grows beyond its bounds, what is taken does not depend on how the
// stream is cut, and a server that answers ends up idle or finished.
#include "transports/http_exchange.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace tocsin;
using namespace tocsin::transports;

const time_point start = time_point{} + std::chrono::hours{1000};

http_exchange_limits small() {
  http_exchange_limits x;
  x.message = {64, 512, 8, 1024};
  x.waiting = 2;
  return x;
}

void require(bool x) {
  if (!x)
    std::abort();
}

template <class Exchange>
std::string drain(Exchange& x) {
  std::string out;
  for (bytes piece; x.next_output(piece);)
    out += as_text(piece);
  return out;
}

// All that was taken and said, for one way of cutting the stream.
std::string serve(byte_view input, std::size_t piece) {
  http_server_exchange x{small(),
                         [](unsigned status, std::string_view why) {
                           return web_response{status, {}, std::string{why}};
                         },
                         [] { return unix_seconds{0}; }, start};
  std::string seen, said;
  while (!input.empty()) {
    auto first = std::min(piece, input.size());
    x.receive(input.first(first), start);
    input = input.subspan(first);
    while (auto request = x.next_request()) {
      const auto& message = request->message;
      require(message.body.size() <= 1024 && message.fields.size() <= 8
              && message.target.size() <= 64);
      require(message.fields.count("content-length")
                  + message.fields.count("transfer-encoding")
              <= 1);
      seen += message.method + ' ' + message.target + ' ' + message.body + '\n';
      x.answer(request->id, {200, {}, message.body}, start);
    }
    said += drain(x);
  }
  x.stop();
  said += drain(x);
  require(x.finished());
  // Whether 100 was said depends on what had come by then.
  for (std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";;) {
    auto at = said.find(go_on);
    if (at == said.npos)
      return seen + said;
    said.erase(at, go_on.size());
  }
}

std::string ask(byte_view input, std::size_t piece, const char* method) {
  http_client_exchange x{"h", {{64, 512, 8, 1024}, 2}};
  require(static_cast<bool>(x.request({method, "/", {}, ""})));
  while (!input.empty()) {
    auto first = std::min(piece, input.size());
    x.receive(input.first(first));
    input = input.subspan(first);
  }
  x.end_of_stream(true);
  require(!x.usable());
  auto answer = x.next_response();
  require(answer.has_value());
  if (!*answer)
    return std::string{to_string(answer->error().code)};
  require((*answer)->body.size() <= 1024 && (*answer)->status >= 200);
  return std::to_string((*answer)->status) + (*answer)->body;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  // Some errors are seen at once or when the frame of a chunk becomes too long,
  // depending on the cuts: so that they are seen, something follows.
  bytes input(data + 1, data + std::min<std::size_t>(size, 8192));
  input.resize(input.size() + 5000, 'x');
  auto piece = std::max<std::size_t>(data[0] >> 2, 1);
  switch (data[0] & 3) {
  case 0:
  case 1:
    require(serve(input, piece) == serve(input, 16384));
    break;
  default:
    auto method = data[0] & 1 ? "HEAD" : "GET";
    require(ask(input, piece, method) == ask(input, 16384, method));
  }
  return 0;
}
