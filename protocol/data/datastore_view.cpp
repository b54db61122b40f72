#include "protocol/data/agent_view.hpp"
#include "protocol/data/capabilities.hpp"
#include "protocol/data/datastore.hpp"
#include "protocol/data/module.hpp"

#include <charconv>

namespace tocsin::protocol::data {

namespace {

std::string hex(std::uint64_t x) {
  char buffer[16];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, x, 16).ptr;
  return {buffer, end};
}

/// FNV-1a: tags need no secrecy, they tell states of one view apart.
class hasher {
public:
  void add(std::string_view text) {
    for (auto c : text)
      add_octet(static_cast<std::uint8_t>(c));
    add_octet(0);
  }
  void add(std::uint64_t x) {
    for (int i = 0; i < 8; ++i)
      add_octet(static_cast<std::uint8_t>(x >> (8 * i)));
  }
  std::uint64_t value() const noexcept { return value_; }

private:
  void add_octet(std::uint8_t x) { value_ = (value_ ^ x) * 0x100000001b3; }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

/// Version of what lies at `at`, a path that begins with this client.
std::uint64_t version_at(const client_state& x, const yang::instance_path& at) {
  constexpr std::size_t client = 2, list = 3, entry = 4; // lengths of paths
  if (at.steps.size() <= client)
    return x.version;
  auto row = at.steps[list - 1].row;
  if (row != &rows::aliases_row && row != &rows::acls_row)
    return x.version;
  bool acls = row == &rows::acls_row;
  auto version = acls ? x.acls_version : x.aliases_version;
  if (at.steps.size() < entry || at.steps[entry - 1].keys.empty())
    return version;
  auto found =
      find_entry(acls ? x.acls : x.aliases, at.steps[entry - 1].keys.front());
  return found ? found->version : version;
}

} // namespace

yang::outcome<yang::data_node>
datastore::view(const data_agent& agent, std::optional<std::string_view> cuid,
                time_point now) const {
  yang::data_node out{.row = &rows::datastore};
  auto& data = out.ensure(rows::top[0]);
  for (const auto& [name, x] : clients_) {
    if (x->identity != agent.identity || (cuid && *cuid != name))
      continue;
    auto counted = totals(*x);
    auto node = client_node(*x, client_status{counted, now});
    if (!node)
      return node.error();
    data.append(std::move(*node));
  }
  data.append(capabilities_node(settings_.acls.can));
  return out;
}

yang::outcome<yang::data_node>
datastore::configuration(const data_agent& agent,
                         std::optional<std::string_view> cuid) const {
  yang::data_node out{.row = &rows::datastore};
  auto& data = out.ensure(rows::top[0]);
  for (const auto& [name, x] : clients_) {
    if (x->identity != agent.identity)
      continue;
    if (cuid != name) {
      yang::data_node key{.row = &rows::client_row};
      key.set("cuid", name);
      data.append(std::move(key));
      continue;
    }
    auto node = client_node(*x);
    if (!node)
      return node.error();
    data.append(std::move(*node));
  }
  return out;
}

std::string datastore::entity_tag(const data_agent& agent,
                                  const yang::instance_path& at) const {
  if (auto cuid = client_of(at))
    if (auto x = find(agent, *cuid))
      return hex(version_at(*x, at));
  hasher sum;
  for (const auto& [cuid, x] : clients_)
    if (x->identity == agent.identity) {
      sum.add(cuid);
      sum.add(x->version);
    }
  return hex(sum.value());
}

std::optional<unix_seconds>
datastore::last_change(const data_agent& agent,
                       const yang::instance_path& at) const {
  auto cuid = client_of(at);
  auto x = cuid ? find(agent, *cuid) : nullptr;
  if (!x)
    return std::nullopt;
  return static_cast<unix_seconds>(version_at(*x, at) >> version_bits);
}

} // namespace tocsin::protocol::data
