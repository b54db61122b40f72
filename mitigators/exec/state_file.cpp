#include "mitigators/exec/state_file.hpp"

#include "mitigators/protocol.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace tocsin::mitigators::exec {

namespace {

// The file consists of lines of the driver protocol; the seq tells which
// items they hold.
constexpr std::uint64_t seq_in_force = 1;
constexpr std::uint64_t seq_uncertain = 2;

failure io_failure(const std::string& path) {
  return fail(ec::io, path, std::strerror(errno));
}

} // namespace

const std::string& id_of(const item& x) {
  return std::visit([](const auto& y) -> const std::string& { return y.id; },
                    x);
}

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
    auto items = std::get_if<to_driver::install>(&*entry);
    if (!items)
      return fail(ec::malformed, path, "is not a state file");
    auto remember = [&](auto& x) {
      auto id = x.id;
      result[id] = {std::move(x), items->seq == seq_uncertain};
    };
    std::ranges::for_each(items->rules, remember);
    std::ranges::for_each(items->filters, remember);
  }
  return result;
}

result<void> write_state(const std::string& path, const rule_states& what) {
  to_driver::install in_force{seq_in_force, {}};
  to_driver::install uncertain{seq_uncertain, {}};
  for (const auto& [id, x] : what) {
    auto& to = x.uncertain ? uncertain : in_force;
    if (auto filters = std::get_if<filter_set>(&x.what))
      to.filters.push_back(*filters);
    else
      to.rules.push_back(std::get<rule>(x.what));
  }
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
