// tocsin-bench-driver: accepts every rule and does nothing, so that tools/bench
// measures the server and not the kernel's packet filter.
#include "mitigators/driver_loop.hpp"

#include <unordered_set>

namespace {

using namespace tocsin;
using namespace tocsin::mitigators;

class idle_backend final : public backend {
public:
  to_node::hello describe() const override {
    to_node::hello x;
    x.driver = "idle";
    x.drop = x.rate_limit = x.ipv4 = x.ipv6 = true;
    return x;
  }
  failures sync(const std::vector<rule>& rules) override {
    ids_.clear();
    return install(rules);
  }
  failures install(const std::vector<rule>& rules) override {
    for (const auto& x : rules)
      ids_.insert(x.id);
    return {};
  }
  failures withdraw(const std::vector<std::string>& ids) override {
    for (const auto& x : ids)
      ids_.erase(x);
    return {};
  }
  result<std::vector<rule_counters>> counters() override {
    return std::vector<rule_counters>{};
  }
  to_node::status health() const override {
    to_node::status x;
    x.installed = ids_.size();
    return x;
  }
  void shutdown(bool) override {}

private:
  std::unordered_set<std::string> ids_;
};

} // namespace

int main() {
  idle_backend target;
  return run_driver(target, {});
}
