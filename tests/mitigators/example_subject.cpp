#include "tests/mitigators/subject.hpp"
#include "tests/support/temporary_directory.hpp"

#include <simdjson.h>

namespace tocsin::test {

namespace {

/// The driver of the documentation, with its file of rules.
class example_subject final : public subject {
public:
  std::vector<std::string> argv() const override {
    return {TOCSIN_PYTHON, TOCSIN_DRIVER, file()};
  }
  std::vector<std::string> cleanup_arguments() const override {
    return {"--cleanup-on-exit"};
  }
  std::set<std::string> in_force() override {
    std::set<std::string> result;
    simdjson::dom::parser parser;
    simdjson::dom::object rules;
    if (!parser.load(file()).get(rules))
      for (auto [id, x] : rules)
        result.emplace(id);
    return result;
  }
  std::string form(const std::string& id) override {
    simdjson::dom::parser parser;
    simdjson::dom::element rules;
    return parser.load(file()).get(rules)
               ? ""
               : simdjson::to_string(rules[id].value());
  }

private:
  std::string file() const { return directory_.path() / "rules"; }

  temporary_directory directory_;
};

} // namespace

std::unique_ptr<subject> make_subject() {
  return std::make_unique<example_subject>();
}

} // namespace tocsin::test
