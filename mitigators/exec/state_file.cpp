#include "mitigators/exec/state_file.hpp"

#include "mitigators/protocol.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace tocsin::mitigators::exec {

namespace {

// The file consists of lines of the driver protocol; the seq tells which
// rules they hold.
constexpr std::uint64_t seq_in_force = 1;
constexpr std::uint64_t seq_uncertain = 2;

failure io_failure(const std::string& path) {
  return fail(ec::io, path, std::strerror(errno));
}

} // namespace

result<rule_states> read_state(const std::string& path) {
  rule_states result;
  std::ifstream file{path};
  if (!file) {
    if (errno == ENOENT)
      return result;
    return io_failure(path);
  }
  for (std::string line; std::getline(file, line);) {
    auto entry = decode_order(line);
    if (!entry)
      return fail(entry.error().code, path, tocsin::to_string(entry.error()));
    auto rules = std::get_if<to_driver::install>(&*entry);
    if (!rules)
      return fail(ec::malformed, path, "is not a state file");
    for (auto& x : rules->rules) {
      auto id = x.id;
      result[id] = {std::move(x), rules->seq == seq_uncertain};
    }
  }
  return result;
}

result<void> write_state(const std::string& path, const rule_states& what) {
  to_driver::install in_force{seq_in_force, {}};
  to_driver::install uncertain{seq_uncertain, {}};
  for (const auto& [id, x] : what)
    (x.uncertain ? uncertain : in_force).rules.push_back(x.what);
  auto next = path + ".new";
  std::ofstream file{next, std::ios::trunc};
  file << encode(order{std::move(in_force)})
       << encode(order{std::move(uncertain)});
  file.close();
  if (!file || std::rename(next.c_str(), path.c_str()) != 0)
    return io_failure(path);
  return {};
}

} // namespace tocsin::mitigators::exec
