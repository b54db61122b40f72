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
    x.drop = x.rate_limit = x.ipv4 = x.ipv6 = x.filters = true;
    return x;
  }
  failures sync(const batch& all) override {
    ids_.clear();
    return install(all);
  }
  failures install(const batch& some) override {
    for (const auto& x : some.rules)
      ids_.insert(x.id);
    return {};
  }
  failures withdraw(const std::vector<std::string>& ids) override {
    for (const auto& x : ids)
      ids_.erase(x);
    return {};
  }
  result<totals> counters() override { return totals{}; }
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
