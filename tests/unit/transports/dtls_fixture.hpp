#pragma once
#include "tests/unit/transports/security_fixture.hpp"
#include "transports/dtls.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::transports {

/// What a link does to datagrams; the same seed does the same.
struct link_quality {
  unsigned seed = 1;
  double loss = 0;
  double duplication = 0;
  std::chrono::milliseconds delay{10};
  std::chrono::milliseconds jitter{0}; ///< makes datagrams overtake others
};

/// A client and a server association with a virtual link and virtual time
/// between them, and a cookie guard before the server as in a reactor.
class dtls_fixture : public security_fixture {
protected:
  static constexpr auto handshaking = dtls_association::state::handshaking;
  static constexpr auto established = dtls_association::state::established;
  static constexpr auto closed = dtls_association::state::closed;

  struct flying {
    time_point due;
    bool to_server;
    bytes data;
  };

  void start_client(credentials_ptr credentials,
                    const std::string& server_name = "dots.example") {
    client_name = server_name;
    auto x = dtls_association::client(std::move(credentials), server_name,
                                      options, now);
    ASSERT_TRUE(x);
    client = *std::move(x);
    drain();
  }

  /// Lets the two shake hands until one of them is closed or both are ready,
  /// at most for `limit`.
  void shake(credentials_ptr server_side, credentials_ptr client_side,
             const std::string& server_name = "dots.example",
             std::chrono::seconds limit = std::chrono::seconds{120}) {
    server_credentials_ = std::move(server_side);
    start_client(std::move(client_side), server_name);
    run(limit, [this] {
      auto both = server && server->current() == established
                  && client->current() == established;
      return both || (server && server->current() == closed && flights.empty())
             || client->current() == closed;
    });
    settle();
  }

  void shake() { shake(server_credentials(), client_credentials()); }

  void run(std::chrono::milliseconds limit, std::function<bool()> done) {
    auto end = now + limit;
    for (int events = 0; now < end && !done(); ++events) {
      ASSERT_LT(events, 100000);
      auto next = next_event();
      if (!next)
        return;
      now = std::max(now, *next);
      deliver_due();
      client->on_time(now);
      if (server)
        server->on_time(now);
      drain();
    }
  }

  /// Delivers what flies, without any timer.
  void settle() {
    while (!flights.empty()) {
      now = std::max(now, *next_event());
      deliver_due();
      drain();
    }
  }

  std::vector<std::string> received_by(dtls_association& x) {
    std::vector<std::string> out;
    for (bytes text; x.next_plaintext(text);)
      out.emplace_back(as_text(text));
    return out;
  }

  /// Moves what the associations want to send onto the link.
  void drain() {
    for (bytes x; client->next_datagram(x);)
      dispatch(true, x);
    for (bytes x; server && server->next_datagram(x);)
      dispatch(false, x);
  }

  void to_server(byte_view x) {
    if (server)
      return server->receive(x, now);
    auto outcome = guard.judge(x, client_address, server_address, now);
    if (outcome.what == cookie_guard::verdict::needs_cookie)
      dispatch(false, {outcome.reply.begin(), outcome.reply.end()});
    if (outcome.what != cookie_guard::verdict::verified)
      return;
    auto made = dtls_association::server(server_credentials_, outcome.prestate,
                                         options, now);
    ASSERT_TRUE(made);
    server = *std::move(made);
    server->receive(x, now);
  }

  void dispatch(bool to_server_side, const bytes& x) {
    if (tap)
      tap(to_server_side, x);
    auto chance = std::uniform_real_distribution<>{0, 1};
    for (int copies = chance(random) < quality.duplication ? 2 : 1; copies > 0;
         --copies) {
      auto jitter = quality.jitter * chance(random);
      auto due =
          now + quality.delay + std::chrono::duration_cast<duration>(jitter);
      if (chance(random) >= quality.loss)
        flights.push_back({due, to_server_side, x});
    }
  }

  void degrade(const link_quality& x) {
    quality = x;
    random.seed(x.seed);
  }

  time_point now = time_point{} + std::chrono::hours{1000};
  dtls_options options;
  link_quality quality;
  std::mt19937 random{1};
  std::vector<flying> flights;
  std::function<void(bool, const bytes&)> tap;
  socket_address client_address = *socket_address::parse("192.0.2.1:1000");
  socket_address server_address = *socket_address::parse("192.0.2.9:4646");
  cookie_guard guard{{}, now};
  credentials_ptr server_credentials_;
  std::unique_ptr<dtls_association> client;
  std::unique_ptr<dtls_association> server;

private:
  std::optional<time_point> next_event() const {
    std::optional<time_point> first;
    auto consider = [&first](std::optional<time_point> x) {
      if (x && (!first || *x < *first))
        first = x;
    };
    for (const auto& x : flights)
      consider(x.due);
    consider(client->next_deadline());
    if (server)
      consider(server->next_deadline());
    return first;
  }

  void deliver_due() {
    auto all = std::exchange(flights, {});
    std::stable_sort(all.begin(), all.end(),
                     [](auto& a, auto& b) { return a.due < b.due; });
    for (auto& x : all) {
      if (x.due > now)
        flights.push_back(std::move(x));
      else if (x.to_server)
        to_server(x.data);
      else
        client->receive(x.data, now);
    }
  }

  std::string client_name;
};

} // namespace tocsin::transports
