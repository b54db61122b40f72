#include "roles/config/explain_data.hpp"

#include "roles/config/data_terms.hpp"
#include "roles/config/text.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

std::string count_of(std::size_t n, std::string_view what) {
  return std::to_string(n) + ' ' + std::string{what} + (n == 1 ? "" : "s");
}

std::string filters_text(const server_config& server, const data_config& x) {
  auto can = std::ranges::count_if(server.customers, [&](const auto& one) {
    return abilities_of(server, one).filters;
  });
  if (can == 0)
    return "aliases only: no mitigator takes filters";
  std::string out = "aliases, and filters";
  if (static_cast<std::size_t>(can) < server.customers.size())
    out += " for " + count_of(static_cast<std::size_t>(can), "of them");
  return out
         + (x.allow_immediate ? ", also outside of mitigations"
                              : ", during mitigations only");
}

} // namespace

std::string explain_data(const server_config& server, const data_config& x) {
  std::string out = "  data channel on";
  for (const auto& address : x.listen)
    out += ' ' + address.to_string();
  out += ", " + x.root + ", " + count_of(server.customers.size(), "customer")
         + "\n";
  if (x.direct_configuration)
    return out + "    answers 503: aliases and filters are set up directly\n";
  out += "    " + filters_text(server, x) + "\n    entries live "
         + duration_text(x.lifetime.count())
         + " unless refreshed; each customer up to "
         + count_of(x.quotas.clients, "client") + ", "
         + std::to_string(x.quotas.aliases) + " aliases, "
         + count_of(x.quotas.acls, "ACL") + " with "
         + std::to_string(x.quotas.aces) + " entries\n";
  return out + "    contradicting filters of one customer's clients: "
         + std::string{label(x.conflict_policy)} + "\n";
}

} // namespace tocsin::roles
