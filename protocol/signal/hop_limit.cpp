#include "protocol/signal/hop_limit.hpp"

#include "protocol/signal/response.hpp"

namespace tocsin::protocol::signal {

namespace {

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    auto end = names.find(' ');
    if (names.substr(0, end) == name)
      return true;
    if (end == names.npos)
      return false;
    names.remove_prefix(end + 1);
  }
  return false;
}

} // namespace

std::string hop_report(std::string_view name, std::string_view heard) {
  std::string out{name};
  if (!heard.empty() && !lists(heard, name)
      && out.size() + 1 + heard.size() <= max_diagnostic)
    out += ' ' + std::string{heard};
  return out;
}

} // namespace tocsin::protocol::signal
