#pragma once
#include "transports/http_exchange.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace tocsin::transports {

/// The server's side of a connection whose client is the test.
class exchange_fixture : public ::testing::Test {
protected:
  using request = http_server_exchange::request;

  void SetUp() override { open(); }

  void open() {
    uut = std::make_unique<http_server_exchange>(
        limits,
        [this](unsigned status, std::string_view detail) {
          refused.push_back(status);
          return web_response{
              status, {{"content-type", "text/plain"}}, std::string{detail}};
        },
        [] { return unix_seconds{784111777}; }, now);
    refused.clear();
  }

  void say(std::string_view text) { uut->receive(as_octets(text), now); }

  /// Everything that the client is sent.
  std::string heard() {
    std::string text;
    for (bytes piece; uut->next_output(piece);)
      text += as_text(piece);
    return text;
  }

  /// The next request, which has to be there.
  request take() {
    auto x = uut->next_request();
    EXPECT_TRUE(x) << "no request";
    return x ? *std::move(x) : request{};
  }

  void answer(std::uint64_t id, web_response x = {200, {}, "yes"}) {
    uut->answer(id, std::move(x), now);
  }

  /// What a fresh connection says to this and nothing else: the status of the
  /// refusal, or 0 if the request is taken.
  unsigned verdict(std::string_view text) {
    open();
    say(text);
    if (uut->next_request())
      return 0;
    auto out = heard();
    return out.starts_with("HTTP/1.1 ") && uut->finished()
               ? static_cast<unsigned>(std::stoul(out.substr(9, 3)))
               : 999;
  }

  http_exchange_limits limits;
  time_point now = time_point{} + std::chrono::hours{1000};
  std::vector<unsigned> refused;
  std::unique_ptr<http_server_exchange> uut;
};

} // namespace tocsin::transports
