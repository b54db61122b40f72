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
  /// `name`: of the node, for records, where there are several.
  explicit site(world& in, std::string name = {})
      : world_{in}, name_{std::move(name)} {}

  /// How MITIGATOR starts the driver program.
  actors::driver_starter starter();

  /// The program ends, as by a defect.
  void die();

  /// From now on it works, or it says of every order that it cannot.
  void set_working(bool value);

  /// From now on it takes no more rules, since it is full, or it does again.
  void set_overloaded(bool value);

  /// Whether rules drop anything.
  void set_attacked(bool value) { attacked_ = value; }

  const std::map<std::string, mitigators::rule>& rules() const {
    return rules_;
  }

  /// A program runs that was synchronised, and for this long has taken what it
  /// was told.
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

  void note(const std::string& what);

  world& world_;
  std::string name_;
  std::map<std::string, mitigators::rule> rules_;
  std::map<std::string, std::uint64_t> packets_;
  std::shared_ptr<process> running_;
  std::optional<time_point> since_; ///< synchronised
  time_point latest_;               ///< line on its way: a pipe keeps the order
  bool working_ = true;
  bool overloaded_ = false;
  bool attacked_ = true;
};

} // namespace tocsin::sim
