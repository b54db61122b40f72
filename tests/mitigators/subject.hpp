#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tocsin::test {

/// A driver program for the contract suite, with a way to see what it does
/// that does not go through the program. To check another driver, implement
/// this and make_subject(), and link them with contract_test.cpp.
class subject {
public:
  virtual ~subject() = default;

  /// The program and its arguments; the same ones mean the same state.
  virtual std::vector<std::string> argv() const = 0;
  /// Additional arguments that make it withdraw everything at its end.
  virtual std::vector<std::string> cleanup_arguments() const = 0;
  /// The ids of the rules and filter sets that are in force.
  virtual std::set<std::string> in_force() = 0;
  /// Something that changes when the rule or filter set is replaced or put in
  /// anew.
  virtual std::string form(const std::string& id) = 0;
};

/// A fresh one, with nothing in force.
std::unique_ptr<subject> make_subject();

} // namespace tocsin::test
