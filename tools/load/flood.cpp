// What an attacker sends from invented addresses of the loopback interface.
#include "tools/load/crowd.hpp"
#include "tools/load/loopback.hpp"
#include "tools/load/packets.hpp"
#include "tools/load/requests.hpp"
#include "tools/load/schedule.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <thread>

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;
using transports::socket_address;
using transports::udp_socket;

// Packets that leave between two looks at the clock and at what came back.
constexpr std::size_t burst = udp_socket::batch;

// Packets that a flood takes turns with: to invent one takes longer than to
// send it. Nothing that a server might remember of one is likely to last for so
// many others.
constexpr std::size_t different = 8192;

/// Says how many of a flood may go now, and waits while none may.
class flood_pace {
public:
  /// `per_second` 0: as many as go.
  flood_pace(std::uint64_t count, std::uint64_t per_second)
      : left_{count}, paced_{per_second > 0}, schedule_{std::max<std::uint64_t>(
                                                            per_second, 1),
                                                        clock_type::now()} {}

  bool done() const noexcept { return left_ == 0; }

  bool take() {
    if (left_ == 0 || (paced_ && !schedule_.take(clock_type::now())))
      return false;
    --left_;
    return true;
  }

  /// How long until the next one; zero if it may go now.
  duration pause() const {
    if (done() || !paced_)
      return {};
    return std::max(schedule_.next() - clock_type::now(), duration{0});
  }

private:
  std::uint64_t left_;
  bool paced_;
  schedule schedule_;
};

using packet_maker = std::function<bytes(std::mt19937&)>;

std::vector<bytes> invent(const packet_maker& make, std::mt19937& dice) {
  std::vector<bytes> out(different);
  for (auto& x : out)
    x = make(dice);
  return out;
}

/// Sends from addresses all over 127.128.0.0/9: apart from those of sessions.
class spoofed_flood {
public:
  spoofed_flood(const arguments& with, packet_maker make)
      : with_{with}, dice_{with.seed}, packets_{invent(make, dice_)},
        meter_{with.watch} {}

  result<load_report> run();

private:
  result<void> open();
  void send_one();
  void take_answers();
  socket_address random_address();
  load_report report() const;

  const arguments& with_;
  std::mt19937 dice_;
  const std::vector<bytes> packets_;
  meter meter_;
  socket_address server_;
  std::array<std::unique_ptr<udp_socket>, 8> sockets_; // source ports
  std::size_t turn_ = 0;
  std::size_t next_ = 0; // of `packets_`
  double seconds_ = 0;
  std::uint64_t sent_octets_ = 0, answers_ = 0, answer_octets_ = 0;
};

result<void> spoofed_flood::open() {
  auto server = parse_loopback(with_.server);
  if (!server)
    return server.error();
  server_ = *server;
  for (auto& x : sockets_) {
    // A wildcard server socket is told, and may choose, its own address.
    auto opened = udp_socket::open(socket_address{}, {true, 4u << 20});
    if (!opened)
      return opened.error();
    x = *std::move(opened);
  }
  return {};
}

socket_address spoofed_flood::random_address() {
  auto host = dice_();
  return socket_address::v4({127, static_cast<std::uint8_t>(128 | host >> 24),
                             static_cast<std::uint8_t>(host >> 16),
                             static_cast<std::uint8_t>(host >> 8)},
                            0);
}

void spoofed_flood::send_one() {
  const auto& what = packets_[next_++ % different];
  sent_octets_ += what.size();
  sockets_[turn_ % sockets_.size()]->queue(server_, random_address(), what);
}

void spoofed_flood::take_answers() {
  for (auto& socket : sockets_) {
    socket->flush();
    for (bool more = true; more;)
      for (const auto& x : socket->receive(more)) {
        ++answers_;
        answer_octets_ += x.data.size();
      }
  }
}

load_report spoofed_flood::report() const {
  udp_socket::counters sum;
  for (const auto& x : sockets_)
    sum += x->counted();
  load_report out;
  out.measured = meter_.result();
  out.measured.rate = static_cast<double>(sum.sent) / seconds_;
  auto count = [&out](const char* name, std::uint64_t x) {
    out.counted.emplace_back(name, static_cast<double>(x));
  };
  count("sent", sum.sent);
  count("sent_octets", sent_octets_);
  count("send_errors", sum.send_errors);
  count("answers", answers_);
  count("answer_octets", answer_octets_);
  return out;
}

result<load_report> spoofed_flood::run() {
  if (auto ok = open(); !ok)
    return ok.error();
  flood_pace pace{with_.count, with_.rate};
  auto began = clock_type::now();
  meter_.begin(began);
  while (!pace.done()) {
    // One socket for each burst: it sends that in one system call.
    ++turn_;
    for (std::size_t i = 0; i < burst && pace.take(); ++i)
      send_one();
    take_answers();
    std::this_thread::sleep_for(pace.pause());
  }
  auto end = clock_type::now();
  meter_.end(end);
  seconds_ = std::chrono::duration<double>(end - began).count();
  std::this_thread::sleep_for(std::chrono::milliseconds{200}); // last answers
  take_answers();
  return report();
}

/// Records without sense that seem to come from sessions.
class garbage_flood final : crowd {
public:
  explicit garbage_flood(const arguments& with)
      : crowd{with}, with_{with}, dice_{with.seed},
        packets_{invent(false_record, dice_)}, meter_{with.watch} {}

  result<load_report> run();

private:
  void on_session_lost(std::size_t, const std::string& why) override {
    meter_.note("session", "lost: " + why);
  }
  double send();
  std::size_t alive();

  const arguments& with_;
  std::mt19937 dice_;
  const std::vector<bytes> packets_;
  meter meter_;
};

// Returns the rate that was reached.
double garbage_flood::send() {
  flood_pace pace{with_.count, with_.rate};
  auto began = clock_type::now();
  meter_.begin(began);
  for (std::size_t slot = 0; !pace.done();) {
    for (std::size_t i = 0; i < burst && pace.take(); ++i) {
      clients().inject(slot % with_.sessions, packets_[slot % different]);
      ++slot;
    }
    turn(pace.pause());
  }
  auto end = clock_type::now();
  meter_.end(end);
  return static_cast<double>(with_.count)
         / std::chrono::duration<double>(end - began).count();
}

// How many sessions answer a heartbeat. The first may drown in what is left of
// the flood in the server's socket, which says nothing about their session.
std::size_t garbage_flood::alive() {
  std::size_t good = 0;
  for (int tries = 0; tries < 3 && good < with_.sessions; ++tries)
    good = ask_all(request_kind::heartbeat).good;
  return good;
}

result<load_report> garbage_flood::run() {
  if (auto ok = connect(); !ok)
    return ok.error();
  auto rate = send();
  auto good = alive();
  auto out = report();
  out.measured = meter_.result();
  out.measured.rate = rate;
  out.counted.emplace_back("sent", with_.count);
  out.counted.emplace_back("sessions_alive", good);
  out.counted.emplace_back("sessions_lost", with_.sessions - good);
  close();
  return out;
}

} // namespace

result<load_report> run_hello_flood(const arguments& with, bool with_cookie) {
  return spoofed_flood{with,
                       [with_cookie](std::mt19937& dice) {
                         return client_hello(dice, with_cookie);
                       }}
      .run();
}

result<load_report> run_noise_flood(const arguments& with) {
  return spoofed_flood{with, noise}.run();
}

result<load_report> run_garbage_flood(const arguments& with) {
  return garbage_flood{with}.run();
}

} // namespace tocsin::tools::load
