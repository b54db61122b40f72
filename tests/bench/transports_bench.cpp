// Measures the transport layer alone: cookie answers, timers, handshakes, and
// messages echoed over DTLS on loopback. One line per figure.
#include "tests/support/test_pki.hpp"
#include "transports/dtls.hpp"
#include "transports/reactor.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace tocsin;
using namespace tocsin::transports;
using clock_type = std::chrono::steady_clock;

// CPU time of this thread: other work on the machine does not count.
double thread_seconds() {
  timespec x{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &x);
  return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_nsec) / 1e9;
}

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

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

bytes first_hello(const std::shared_ptr<const credentials>& own) {
  auto x = dtls_association::client(own, "dots.example", {}, clock_type::now());
  bytes hello;
  if (!x || !(*x)->next_datagram(hello))
    std::abort();
  return hello;
}

void measure_cookies(const bytes& hello) {
  auto now = clock_type::now();
  cookie_guard guard{{1e9, 1e9, std::chrono::seconds{60}}, now};
  auto local = *socket_address::parse("192.0.2.9:4646");
  constexpr int count = 300000;
  auto begin = thread_seconds();
  for (int i = 0; i < count; ++i)
    guard.judge(hello,
                socket_address::v4({10, static_cast<std::uint8_t>(i >> 16),
                                    static_cast<std::uint8_t>(i >> 8),
                                    static_cast<std::uint8_t>(i)},
                                   1000),
                local, now);
  std::printf("cookie answers, codec alone: %.0f/s\n",
              count / (thread_seconds() - begin));
}

// A whole handshake in memory; the server's part of the time.
void measure_handshake() {
  auto server_side = load(true), client_side = load(false);
  auto now = clock_type::now();
  auto here = *socket_address::parse("192.0.2.1:1000");
  cookie_guard guard{{}, now};
  constexpr int count = 200;
  double spent = 0;
  auto begin = thread_seconds();
  for (int i = 0; i < count; ++i) {
    auto client =
        *dtls_association::client(client_side, "dots.example", {}, now);
    bytes x;
    client->next_datagram(x);
    client->receive(guard.judge(x, here, here, now).reply, now);
    client->next_datagram(x);
    auto cookie = guard.judge(x, here, here, now);
    auto from = thread_seconds();
    auto server =
        *dtls_association::server(server_side, cookie.prestate, {}, now);
    server->receive(x, now);
    spent += thread_seconds() - from;
    while (server->next_datagram(x))
      client->receive(x, now);
    from = thread_seconds();
    for (bytes y; client->next_datagram(y);)
      server->receive(y, now);
    spent += thread_seconds() - from;
    if (server->current() != dtls_association::state::established)
      std::abort();
  }
  std::printf("handshake in memory: %.2f ms server, %.2f ms both\n",
              spent * 1e3 / count, (thread_seconds() - begin) * 1e3 / count);
}

struct idle final : timer_client {
  void on_timer(time_point) override {}
};

void measure_wheel(std::size_t timers) {
  auto now = clock_type::now();
  timer_wheel wheel{now};
  idle client;
  std::vector<timer_id> ids(timers);
  std::mt19937 random{1};
  std::vector<std::uint32_t> order(1u << 16);
  for (auto& x : order)
    x = random() % static_cast<std::uint32_t>(timers);
  for (auto& x : ids)
    wheel.rearm(x, now + std::chrono::seconds{30 + random() % 300}, &client);
  constexpr int count = 5000000;
  auto begin = thread_seconds();
  for (int i = 0; i < count; ++i) {
    now += std::chrono::microseconds{10};
    wheel.rearm(ids[order[static_cast<std::size_t>(i) & 0xffff]],
                now + std::chrono::seconds{300}, &client);
    if (i % 64 == 0)
      wheel.advance(now);
  }
  std::printf("timer re-armed, %zu timers: %.1f ns\n", timers,
              (thread_seconds() - begin) * 1e9 / count);
}

// A peer of one association: sends back whatever it gets, so that one request
// goes round for ever.
class endpoint final : public association_handler, public timer_client {
public:
  explicit endpoint(reactor& home) : home_{home} {}
  ~endpoint() override { home_.timers().cancel(timer_); }

  void begin(association id, std::unique_ptr<dtls_association> x) {
    id_ = id;
    dtls_ = std::move(x);
    pump();
  }
  void on_datagram(byte_view x) override {
    dtls_->receive(x, home_.now());
    pump();
  }
  void on_timer(time_point now) override {
    dtls_->on_time(now);
    pump();
  }
  bool ready() const {
    return dtls_->current() == dtls_association::state::established;
  }
  void ask() {
    static const bytes request(100, 'x');
    if (dtls_->send(request))
      pump();
  }
  std::uint64_t answers = 0;

private:
  void pump() {
    while (dtls_->next_datagram(buffer_))
      home_.send(id_, buffer_);
    while (dtls_->next_plaintext(text_)) {
      ++answers;
      if (dtls_->send(text_))
        while (dtls_->next_datagram(buffer_))
          home_.send(id_, buffer_);
    }
    if (ready())
      home_.handshake_done(id_);
    if (auto next = dtls_->next_deadline())
      home_.timers().rearm(timer_, *next, this);
    else
      home_.timers().cancel(timer_);
  }
  reactor& home_;
  association id_;
  std::unique_ptr<dtls_association> dtls_;
  timer_id timer_;
  bytes buffer_, text_;
};

void measure_echo(std::size_t sessions, std::size_t outstanding) {
  auto server_side = load(true), client_side = load(false);
  reactor_limits limits;
  limits.max_handshakes = sessions;
  reactor server{limits}, client;
  auto at = server.listen(
      *socket_address::parse("127.0.0.1:0"), [&](const new_peer& x) {
        auto made =
            dtls_association::server(server_side, x.prestate, {}, server.now());
        auto out = std::make_shared<endpoint>(server);
        out->begin(x.id, *std::move(made));
        return out;
      });
  auto to = server.local_address(*at);
  double server_cpu = 0, shaking_cpu = 0;
  std::thread runner{[&] {
    server.run();
    server_cpu = thread_seconds() - shaking_cpu;
  }};
  std::vector<std::shared_ptr<endpoint>> all;
  auto begin = clock_type::now();
  for (std::size_t i = 0; i < sessions; ++i) {
    auto from = client.open(*socket_address::parse("127.0.0.1:0"));
    auto x = std::make_shared<endpoint>(client);
    auto id = client.add(*from, to, x);
    x->begin(*id, *dtls_association::client(client_side, "dots.example", {},
                                            client.now()));
    all.push_back(x);
    while (!x->ready())
      client.turn(std::chrono::milliseconds{1});
  }
  auto took = seconds_since(begin);
  std::promise<double> so_far;
  server.post([&] {
    shaking_cpu = thread_seconds();
    so_far.set_value(shaking_cpu);
  });
  std::printf("handshakes: %.0f/s one after the other, %.2f ms of server CPU\n",
              static_cast<double>(sessions) / took,
              so_far.get_future().get() * 1e3 / static_cast<double>(sessions));
  for (std::size_t i = 0; i < outstanding; ++i)
    all[i % sessions]->ask();
  begin = clock_type::now();
  while (seconds_since(begin) < 3)
    client.turn(std::chrono::milliseconds{1});
  took = seconds_since(begin);
  server.stop();
  runner.join();
  std::uint64_t answers = 0;
  for (auto& x : all)
    answers += x->answers;
  std::printf("echoes over DTLS, %zu sessions, %zu outstanding: %.0f/s, "
              "%.1f us of server CPU\n",
              sessions, outstanding, static_cast<double>(answers) / took,
              server_cpu * 1e6 / static_cast<double>(answers));
}

struct deaf final : association_handler {
  void on_datagram(byte_view) override {}
};

// Hellos through the whole reactor, sockets included, and their answers.
void measure_flood(const bytes& hello) {
  reactor_limits limits;
  limits.cookies = {1e9, 1e9, std::chrono::seconds{60}};
  reactor server{limits}, client;
  auto at = server.listen(*socket_address::parse("127.0.0.1:0"),
                          [](const new_peer&) { return nullptr; });
  auto from = client.open(*socket_address::parse("127.0.0.1:0"));
  auto id =
      client.add(*from, server.local_address(*at), std::make_shared<deaf>());
  double spent = 0;
  for (int round = 0; round < 2000; ++round) {
    for (int i = 0; i < 64; ++i)
      client.send(*id, hello);
    client.turn(std::chrono::milliseconds{0});
    auto begin = thread_seconds();
    server.turn(std::chrono::milliseconds{0});
    spent += thread_seconds() - begin;
  }
  std::printf("cookie answers, reactor and sockets: %.0f/s of one core\n",
              static_cast<double>(server.stats().cookies_sent) / spent);
}

} // namespace

int main() {
  auto hello = first_hello(load(false));
  measure_cookies(hello);
  measure_flood(hello);
  measure_handshake();
  measure_wheel(1000);
  measure_wheel(100000);
  measure_echo(1, 1);
  measure_echo(100, 32);
  measure_echo(100, 256);
}
