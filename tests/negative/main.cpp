// negative_test dtls|tls PORT PKI_DIRECTORY PID ONE FRESH
//
// Sends every row of the table to the server on 127.0.0.1 whose process is PID,
// and compares what comes of it: ONE times over one session of each caller,
// then FRESH times over new ones. The server must survive, answer a good
// request, and not grow. With TOCSIN_NEGATIVE_SHOW in the environment it
// prints what came of each row.
#include "tests/negative/caller_session.hpp"
#include "tests/negative/memory_watch.hpp"
#include "tests/negative/octets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>

namespace tocsin::test::negative {

namespace {

/// Faults that are shown; the rest is counted.
constexpr std::size_t most_shown = 60;

class runner {
public:
  runner(bool stream, std::uint16_t port, const std::string& pki)
      : stream_{stream}, rows_{all_rows()} {
    constexpr std::array names{"client", "second", "stranger"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto file = pki + '/' + names[i] + ".example";
      targets_[i] = {port, "server.example", file + ".pem", file + "-key.pem",
                     pki + "/ca.pem"};
    }
    std::erase_if(rows_, [stream](const row& x) {
      return (stream ? x.on_stream : x.on_datagram).what == reaction::skip;
    });
  }

  std::size_t rows() const { return rows_.size(); }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t sessions() const { return opened_; }
  std::size_t faults() const { return faults_; }

  void round(bool fresh) {
    if (fresh)
      hang_up();
    for (const auto& x : rows_)
      play(x);
  }

  void conclude() {
    for (const auto& x : epilogue())
      play(x);
    hang_up();
  }

private:
  caller_session* session_of(caller who) {
    auto& x = sessions_[static_cast<std::size_t>(who)];
    if (x && x->sent() >= caller_session::most_messages)
      drop(x);
    if (x)
      return x.get();
    auto made =
        caller_session::open(targets_[static_cast<std::size_t>(who)], stream_);
    if (!made) {
      note("a session", to_string(made.error()));
      return nullptr;
    }
    ++opened_;
    x = *std::move(made);
    if (who == caller::customer)
      for (const auto& first : prelude())
        if (++sent_; !coap::is_success(x->ask(first)))
          note(first.name, "it was not accepted");
    return x.get();
  }

  void play(const row& x) {
    if (x.instead_of_csm) {
      auto made = caller_session::open(targets_[0], stream_, false);
      ++opened_;
      ++sent_;
      note(x.name, made ? (*made)->play(x) : to_string(made.error()));
      return;
    }
    auto* session = session_of(x.who);
    if (session == nullptr)
      return;
    const auto fault = session->play(x);
    ++sent_;
    note(x.name, fault);
    if (show_)
      std::cout << x.name << ": " << session->found() << '\n';
    auto& place = sessions_[static_cast<std::size_t>(x.who)];
    if (session->over())
      place.reset();
    else if (!fault.empty())
      drop(place); // what comes late must not be taken for another's
  }

  void drop(std::unique_ptr<caller_session>& x) {
    if (x)
      x->close();
    x.reset();
  }

  void hang_up() {
    for (auto& x : sessions_)
      drop(x);
  }

  void note(const std::string& name, const std::string& fault) {
    if (fault.empty())
      return;
    if (++faults_ <= most_shown)
      std::cout << "  FAILED: " << name << ": " << fault << '\n';
  }

  bool stream_;
  bool show_ = std::getenv("TOCSIN_NEGATIVE_SHOW") != nullptr;
  table rows_;
  std::array<call_target, 3> targets_;
  std::array<std::unique_ptr<caller_session>, 3> sessions_;
  std::uint64_t sent_ = 0;
  std::uint64_t opened_ = 0;
  std::size_t faults_ = 0;
};

struct order {
  bool stream = false;
  std::uint16_t port = 0;
  std::string pki, pid;
  unsigned one = 0, fresh = 0;
};

void print(const order& x, const runner& r, double seconds,
           const memory_watch& memory) {
  const auto rate = static_cast<double>(r.sent()) / seconds;
  std::cout << "  " << r.rows() << " rows over " << (x.stream ? "TLS" : "DTLS")
            << ", " << x.one << " times over one session and " << x.fresh
            << " times over fresh ones\n  " << r.sent() << " requests over "
            << r.sessions() << " sessions in " << seconds
            << " s: " << static_cast<std::uint64_t>(rate)
            << "/s\n  resident memory " << memory.before()
            << " KiB after the warm-up, " << memory.after()
            << " KiB at the end\n  " << r.faults() << " faults\n";
}

int run(const order& x) {
  const auto began = std::chrono::steady_clock::now();
  runner r{x.stream, x.port, x.pki};
  const auto all = x.one + x.fresh;
  memory_watch memory{x.pid, all};
  // Both kinds belong to the warm-up, so they alternate in proportion.
  for (unsigned i = 0, fresh = 0; i < all && r.faults() < 10 * most_shown;
       ++i) {
    const bool next = (i + 1) * x.fresh > fresh * all + all / 2;
    fresh += next ? 1 : 0;
    r.round(next);
    memory.after(i);
  }
  r.conclude();
  memory.conclude();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - began;
  print(x, r, took.count(), memory);
  memory.tell();
  return r.faults() == 0 && memory.alive() && memory.flat() ? 0 : 1;
}

unsigned number(const char* text) {
  unsigned x = 0;
  const std::string_view digits{text};
  std::from_chars(digits.begin(), digits.end(), x);
  return x;
}

} // namespace

} // namespace tocsin::test::negative

int main(int argc, char** argv) {
  using namespace tocsin::test::negative;
  if (argc != 7) {
    std::cerr << "negative_test dtls|tls PORT PKI_DIRECTORY PID ONE FRESH\n";
    return 2;
  }
  return run({argv[1] == std::string_view{"tls"},
              static_cast<std::uint16_t>(number(argv[2])), argv[3], argv[4],
              number(argv[5]), number(argv[6])});
}
