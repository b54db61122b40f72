#pragma once
#include "mitigators/protocol.hpp"
#include "transports/child_process.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::test {

/// A driver program under test, as the node sees it.
class driver {
public:
  explicit driver(std::vector<std::string> argv);

  void send(const mitigators::order& x);
  void send_line(std::string line);
  /// Says hello and syncs; returns the failures of the sync.
  void start(std::vector<mitigators::rule> rules = {},
             std::vector<mitigators::filter_set> filters = {});

  /// The next report of type T, passing over others; fails the test if none
  /// comes in time.
  template <class T>
  T next() {
    while (auto x = take())
      if (auto wanted = std::get_if<T>(&*x))
        return *wanted;
    ADD_FAILURE() << "no such report came";
    return {};
  }

  /// Orders with a seq of their own, awaiting their `done`.
  mitigators::to_node::done
  sync(std::vector<mitigators::rule> rules,
       std::vector<mitigators::filter_set> filters = {});
  mitigators::to_node::done
  install(std::vector<mitigators::rule> rules,
          std::vector<mitigators::filter_set> filters = {});
  mitigators::to_node::done withdraw(std::vector<std::string> ids);

  /// The totals of `id`, as soon as they have reached `packets`.
  mitigators::rule_counters counted(const std::string& id,
                                    std::uint64_t packets);
  /// The same for an entry of a filter set.
  mitigators::entry_counters counted(const std::string& set,
                                     const std::string& entry,
                                     std::uint64_t packets);

  void close_input() { process_->terminate(std::chrono::minutes{1}); }
  pid_t pid() const { return process_->pid(); }
  void signal(int number);
  /// Awaits the end: the status as from waitpid(2).
  int wait_exit();
  std::string log();

private:
  std::optional<mitigators::report> take();
  mitigators::to_node::done done(std::uint64_t seq);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<mitigators::report> reports_;
  std::map<std::string, mitigators::rule_counters> totals_;
  using entry_name = std::pair<std::string, std::string>;
  std::map<entry_name, mitigators::entry_counters> filter_totals_;
  std::string log_;
  std::optional<int> status_;
  std::uint64_t seq_ = 100;
  std::unique_ptr<transports::child_process> process_; // dies first
};

} // namespace tocsin::test
