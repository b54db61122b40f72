#include "tests/mitigators/network.hpp"
#include "tests/mitigators/subject.hpp"

#include <regex>

namespace tocsin::test {

namespace {

/// Looks at the kernel with nft, in a namespace of its own.
class nftables_subject final : public subject {
public:
  nftables_subject() { enter_fresh_network(); }

  std::vector<std::string> argv() const override { return {TOCSIN_DRIVER}; }
  std::vector<std::string> cleanup_arguments() const override {
    return {"--cleanup-on-exit"};
  }
  /// A rule is in force if the dispatch leads to its chain and that drops; a
  /// filter set, if it leads to a chain of it with an entry.
  std::set<std::string> in_force() override {
    auto listing = shell("nft list ruleset");
    std::set<std::string> result;
    for (const auto& id : all(listing, "chain m_([^ ]+) "))
      if (listing.find("jump m_" + id) != std::string::npos
          && listing.find("counter name \"m_" + id + "\" drop")
                 != std::string::npos)
        result.insert(id);
    for (const auto& id : all(listing, "jump f[46]_([^ ,\n]+)"))
      if (listing.find("counter name \"f_" + id + "/") != std::string::npos)
        result.insert(id);
    return result;
  }
  /// A handle is never used again, so new rules show.
  std::string form(const std::string& id) override {
    return shell("nft -a list chain inet tocsin m_" + id
                 + " || nft -a list chain inet tocsin f4_" + id);
  }

private:
  static std::set<std::string> all(const std::string& text,
                                   const char* pattern) {
    std::regex expression{pattern};
    std::set<std::string> result;
    for (std::sregex_iterator i{text.begin(), text.end(), expression}, end;
         i != end; ++i)
      result.insert((*i)[1]);
    return result;
  }
};

} // namespace

std::unique_ptr<subject> make_subject() {
  return std::make_unique<nftables_subject>();
}

} // namespace tocsin::test
