#include "tests/mitigators/driver.hpp"

#include <csignal>

namespace tocsin::test {

using namespace mitigators;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

} // namespace

driver::driver(std::vector<std::string> argv) {
  transports::child_process::options with;
  with.argv = std::move(argv);
  auto process = transports::child_process::spawn(
      with, {[this](std::string line) {
               auto x = decode_report(line);
               std::lock_guard guard{mutex_};
               if (x)
                 reports_.push_back(std::move(*x));
               else
                 ADD_FAILURE() << line << ": " << tocsin::to_string(x.error());
               changed_.notify_all();
             },
             [this](std::string line) {
               std::lock_guard guard{mutex_};
               log_ += line + "\n";
             },
             [this](int status) {
               std::lock_guard guard{mutex_};
               status_ = status;
               changed_.notify_all();
             }});
  if (process)
    process_ = std::move(*process);
  else
    throw std::runtime_error{tocsin::to_string(process.error())};
}

void driver::send(const order& x) {
  send_line(encode(x));
}

void driver::send_line(std::string line) {
  EXPECT_TRUE(process_->write_line(std::move(line)));
}

void driver::start(std::vector<rule> rules, std::vector<filter_set> filters) {
  send(to_driver::hello{protocol_version, "test", "1"});
  EXPECT_EQ(next<to_node::hello>().version, protocol_version);
  EXPECT_TRUE(sync(std::move(rules), std::move(filters)).failures.empty())
      << log();
}

std::optional<report> driver::take() {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, patience,
                    [this] { return !reports_.empty() || status_; });
  if (reports_.empty())
    return std::nullopt;
  auto x = std::move(reports_.front());
  reports_.pop_front();
  if (auto totals = std::get_if<to_node::counters>(&x)) {
    for (const auto& c : totals->rules)
      totals_[c.id] = c;
    for (const auto& c : totals->filters)
      filter_totals_[{c.set, c.entry}] = c;
  }
  return x;
}

to_node::done driver::done(std::uint64_t seq) {
  auto x = next<to_node::done>();
  EXPECT_EQ(x.seq, seq);
  return x;
}

to_node::done driver::sync(std::vector<rule> rules,
                           std::vector<filter_set> filters) {
  send(to_driver::sync{++seq_, std::move(rules), false, 0, std::move(filters)});
  return done(seq_);
}

to_node::done driver::install(std::vector<rule> rules,
                              std::vector<filter_set> filters) {
  send(to_driver::install{++seq_, std::move(rules), false, 0,
                          std::move(filters)});
  return done(seq_);
}

to_node::done driver::withdraw(std::vector<std::string> ids) {
  send(to_driver::withdraw{++seq_, std::move(ids)});
  return done(seq_);
}

rule_counters driver::counted(const std::string& id, std::uint64_t packets) {
  while (totals_[id].packets < packets && take())
    continue;
  if (totals_[id].packets >= packets)
    return totals_[id];
  ADD_FAILURE() << "the counters do not reach " << packets;
  return {};
}

entry_counters driver::counted(const std::string& set, const std::string& entry,
                               std::uint64_t packets) {
  auto& totals = filter_totals_[{set, entry}];
  while (totals.packets < packets && take())
    continue;
  if (totals.packets >= packets)
    return totals;
  ADD_FAILURE() << "the counters do not reach " << packets;
  return {};
}

void driver::signal(int number) {
  kill(process_->pid(), number);
}

int driver::wait_exit() {
  std::unique_lock lock{mutex_};
  EXPECT_TRUE(changed_.wait_for(lock, patience,
                                [this] { return status_.has_value(); }));
  return status_.value_or(-1);
}

std::string driver::log() {
  std::lock_guard guard{mutex_};
  return log_;
}

} // namespace tocsin::test
