// data_negative_test PORT PKI_DIRECTORY PID ROUNDS
//
// Sends every row of the table to the data channel on 127.0.0.1 whose process
// is PID, ROUNDS times, and compares what comes of it. The server must survive,
// hold nothing but what it held before, and not grow. With TOCSIN_NEGATIVE_SHOW
// in the environment it prints the answer to each row.
#include "tests/negative/data/http_caller.hpp"
#include "tests/negative/memory_watch.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>

namespace tocsin::test::negative::data {

namespace {

/// Faults that are shown; the rest is counted.
constexpr std::size_t most_shown = 60;

class runner {
public:
  runner(std::uint16_t port, const std::string& pki) : rows_{all_rows()} {
    constexpr std::array names{"client", "second", "third", "stranger"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto file = pki + '/' + names[i] + ".example";
      targets_[i] = {port,
                     "server.example",
                     file + ".pem",
                     file + "-key.pem",
                     pki + "/ca.pem",
                     "http/1.1"};
    }
  }

  std::size_t rows() const { return rows_.size(); }
  std::uint64_t sent() const { return sent_; }
  std::size_t faults() const { return faults_; }
  bool hopeless() const { return faults_ >= 10 * most_shown; }

  void prepare() {
    for (const auto& x : prelude())
      play(x);
    held_ = held();
  }

  /// `each`: looks after every row whether it changed something.
  void round(bool each) {
    for (const auto& x : rows_) {
      play(x);
      if (each)
        compare(x.name);
    }
    compare("a row");
  }

private:
  http_caller* caller_of(caller who) {
    const auto i = static_cast<std::size_t>(who);
    auto& x = callers_[i];
    if (x && x->over()) {
      x->close();
      x.reset();
    }
    if (x)
      return x.get();
    auto made = open_tls(targets_[i]);
    if (!made) {
      note("a connection", to_string(made.error()));
      return nullptr;
    }
    x = std::make_unique<http_caller>(*std::move(made));
    return x.get();
  }

  std::optional<answer> ask(const row& x) {
    auto* connection = caller_of(x.who);
    if (connection == nullptr)
      return std::nullopt;
    ++sent_;
    auto found = connection->play(x);
    if (!found)
      callers_[static_cast<std::size_t>(x.who)].reset();
    return found;
  }

  void play(const row& x) {
    const auto found = ask(x);
    note(x.name, found ? judge(x, *found) : "no answer");
    if (show_ && found)
      std::cout << x.name << ": " << found->status << ' ' << found->body
                << '\n';
  }

  /// What each of the clients has, as the server tells it.
  std::string held() {
    std::string out;
    for (auto who : {caller::customer, caller::sibling, caller::other}) {
      row x{.name = "the configuration",
            .who = who,
            .path = path_of("{dd}?content=config"),
            .answer = {200}};
      if (auto found = ask(x); found && found->status == 200)
        out += found->body + '\n';
    }
    return out;
  }

  void compare(const std::string& after) {
    auto now = held();
    if (now == held_)
      return;
    note(after, "it changed what the server holds: " + now);
    held_ = std::move(now);
  }

  void note(const std::string& name, const std::string& fault) {
    if (fault.empty())
      return;
    if (++faults_ <= most_shown)
      std::cout << "  FAILED: " << name << ": " << fault << '\n';
  }

  bool show_ = std::getenv("TOCSIN_NEGATIVE_SHOW") != nullptr;
  table rows_;
  std::array<call_target, 4> targets_;
  std::array<std::unique_ptr<http_caller>, 4> callers_;
  std::string held_;
  std::uint64_t sent_ = 0;
  std::size_t faults_ = 0;
};

unsigned number(std::string_view digits) {
  unsigned x = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), x);
  return x;
}

int run(std::uint16_t port, const std::string& pki, const std::string& pid,
        unsigned rounds) {
  runner r{port, pki};
  memory_watch memory{pid, rounds};
  r.prepare();
  for (unsigned i = 0; i < rounds && !r.hopeless(); ++i) {
    r.round(i == 0);
    memory.after(i);
  }
  memory.conclude();
  std::cout << "  " << r.rows() << " rows, " << rounds << " times: " << r.sent()
            << " requests\n  resident memory " << memory.before()
            << " KiB after the warm-up, " << memory.after()
            << " KiB at the end\n  " << r.faults() << " faults\n";
  memory.tell();
  return r.faults() == 0 && memory.alive() && memory.flat() ? 0 : 1;
}

} // namespace

} // namespace tocsin::test::negative::data

int main(int argc, char** argv) {
  using namespace tocsin::test::negative::data;
  if (argc != 5) {
    std::cerr << "data_negative_test PORT PKI_DIRECTORY PID ROUNDS\n";
    return 2;
  }
  return run(static_cast<std::uint16_t>(number(argv[1])), argv[2], argv[3],
             number(argv[4]));
}
