#include "roles/cli/reader.hpp"

namespace tocsin::roles::cli {

using protocol::signal::target;

void read_target(const reader& from, target& into) {
  std::vector<std::string> prefixes;
  from.read("target-prefix", prefixes);
  for (const auto& text : prefixes)
    if (auto value = protocol::signal::prefix::parse(text))
      into.prefixes.push_back(*value);
  from.each("target-port-range", [&](dom::element entry) {
    protocol::signal::port_range range;
    reader object{entry};
    object.read("lower-port", range.lower);
    object.read("upper-port", range.upper);
    into.ports.push_back(range);
  });
  from.each("target-protocol", [&](dom::element entry) {
    std::uint64_t number = 0;
    if (entry.get_uint64().get(number) == simdjson::SUCCESS && number <= 255)
      into.protocols.push_back(static_cast<std::uint8_t>(number));
  });
  from.read("target-fqdn", into.fqdns);
  from.read("target-uri", into.uris);
  from.read("alias-name", into.aliases);
}

void read_enforcement(const reader& from,
                      std::vector<actors::enforcement_view>& into) {
  from.each("enforcement", [&](dom::element entry) {
    auto& one = into.emplace_back();
    reader object{entry};
    object.read("mitigator", one.mitigator);
    object.read("state", one.state);
    object.read("detail", one.detail);
  });
}

} // namespace tocsin::roles::cli
