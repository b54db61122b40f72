#pragma once
#include "actors/mitigator.hpp"
#include "mitigators/driver_machine.hpp"
#include "tests/sim/world.hpp"

#include <functional>
#include <map>
#include <memory>

namespace tocsin::sim {

/// A network device with its driver program. What is in force there outlives
/// the program and the node, as it does in a kernel.
class site final : public mitigators::backend {
public:
  explicit site(world& in) : world_{in} {}

  /// How MITIGATOR starts the driver program.
  actors::driver_starter starter();

  /// The program ends, as by a defect.
  void die();

  /// From now on it works, or it says of every order that it cannot.
  void set_working(bool value);

  const std::map<std::string, mitigators::rule>& rules() const {
    return rules_;
  }

  /// A program runs that was synchronised, and this long already.
  duration steady() const;

  /// Looks at every rule that is put into force.
  std::function<void(const mitigators::rule&)> judge;

  /// For tests of the judge: a device that does not give up rules.
  bool keeps_rules = false;
  void lose_rules() { rules_.clear(); }

private:
  struct process;
  class link;

  mitigators::to_node::hello describe() const override;
  failures sync(const mitigators::batch& all) override;
  failures install(const mitigators::batch& some) override;
  failures withdraw(const std::vector<std::string>& ids) override;
  result<mitigators::totals> counters() override;
  mitigators::to_node::status health() const override;
  void shutdown(bool) override {}

  void say(const std::shared_ptr<process>& to, const std::string& lines);
  void count(const std::shared_ptr<process>& to);
  void answer(const std::shared_ptr<process>& from, const std::string& lines);

  world& world_;
  std::map<std::string, mitigators::rule> rules_;
  std::map<std::string, std::uint64_t> packets_;
  std::shared_ptr<process> running_;
  std::optional<time_point> since_; ///< synchronised
  time_point latest_;               ///< line on its way: a pipe keeps the order
  bool working_ = true;
};

} // namespace tocsin::sim
