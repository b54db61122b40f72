// tocsin-bench-driver [--full]: accepts every rule and does nothing, so that
// tools/bench measures the server and not the kernel's packet filter. --full:
// it has no room left, so help is called for every rule.
#include "mitigators/driver_loop.hpp"

#include <string_view>
#include <unordered_set>

namespace {

using namespace tocsin;
using namespace tocsin::mitigators;

class idle_backend final : public backend {
public:
  explicit idle_backend(bool full) : full_{full} {}

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
    failures none_left;
    for (const auto& x : some.rules)
      if (full_)
        none_left.push_back({x.id, ec::too_large, "there is no room left"});
      else
        ids_.insert(x.id);
    return none_left;
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
  bool full_;
  std::unordered_set<std::string> ids_;
};

} // namespace

int main(int argc, char** argv) {
  using namespace std::string_view_literals;
  idle_backend target{argc > 1 && argv[1] == "--full"sv};
  return run_driver(target, {});
}
