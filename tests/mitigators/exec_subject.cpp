#include "tests/mitigators/subject.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tocsin::test {

namespace {

/// Keeps a file per rule in force; each run of the hook makes another inode.
constexpr std::string_view hook = R"(#!/bin/sh
set -e
cd "${0%/*}/rules"
case $TOCSIN_ACTION in
install)
  test $TOCSIN_KIND = filters || test ! -e "$TOCSIN_ID"
  echo "$TOCSIN_PREFIXES $$" > "$TOCSIN_ID";;
withdraw) rm "$TOCSIN_ID";;
esac
)";

class exec_subject final : public subject {
public:
  exec_subject() {
    std::filesystem::create_directory(rules());
    hook_ = directory_.write("hook", hook, 0700);
  }
  std::vector<std::string> argv() const override {
    return {TOCSIN_DRIVER, "--hook",  hook_,
            "--filters",   "--state", (directory_.path() / "state").string()};
  }
  std::vector<std::string> cleanup_arguments() const override {
    return {"--cleanup-on-exit"};
  }
  std::set<std::string> in_force() override {
    std::set<std::string> result;
    for (const auto& x : std::filesystem::directory_iterator{rules()})
      result.insert(x.path().filename());
    return result;
  }
  std::string form(const std::string& id) override {
    std::ifstream file{rules() / id};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

private:
  std::filesystem::path rules() const { return directory_.path() / "rules"; }

  temporary_directory directory_;
  std::string hook_;
};

} // namespace

std::unique_ptr<subject> make_subject() {
  return std::make_unique<exec_subject>();
}

} // namespace tocsin::test
