#include "mitigators/filter.hpp"
#include "roles/config/check.hpp"
#include "roles/config/data_terms.hpp"
#include "roles/config/uniqueness.hpp"

#include <algorithm>

namespace tocsin::roles {

namespace {

void check_addresses(const server_config& server, const data_config& x,
                     context& c) {
  if (x.listen.empty() && c.where(x.listen))
    c.error(*c.where(x.listen), "'listen' is empty",
            "without [server.data] there is no data channel");
  uniqueness<endpoint> once{"address", c};
  for (const auto& address : x.listen) {
    if (address.port == 0 || !c.where(address))
      continue;
    once.add(address, address.to_string());
    if (std::ranges::count(server.listen_tls, address) > 0)
      c.error(*c.where(address),
              in_quotes(address.to_string())
                  + " is where the signal channel listens for TLS",
              "give the data channel a port of its own");
  }
}

/// What one client may have cannot be more than what all of them may.
void check_quotas(const data_config& x, context& c) {
  const auto& q = x.quotas;
  struct pair {
    const std::uint32_t &one, &all;
    std::string_view name, whole;
  };
  for (const auto& p :
       {pair{q.client_aliases, q.aliases, "max_client_aliases", "max_aliases"},
        pair{q.client_acls, q.acls, "max_client_acls", "max_acls"},
        pair{q.client_aces, q.aces, "max_client_entries", "max_entries"}})
    if (p.one > p.all && !c.broken(p.one) && !c.broken(p.all))
      c.error(c.where_or(p.one, p.all), "'" + std::string{p.name}
                                            + "' is greater than '"
                                            + std::string{p.whole} + "'");
  if (x.quotas.entry_octets > x.max_body)
    c.error(c.where_or(x.quotas.entry_octets, x.max_body),
            "'max_size' is greater than 'max_body', so that the largest entry "
            "could not be sent");
}

/// An entry without a destination gets all prefixes of the customer, and a
/// filter set has room for so many only.
void check_room(const customer_config& customer, const data_config& x,
                context& c) {
  auto room = mitigators::max_set_prefixes
              / std::max<std::size_t>(1, customer.who.prefixes.size());
  if (x.quotas.client_aces > room)
    c.warn(c.where(customer).value_or(position{}),
           "with the prefixes of customer " + in_quotes(customer.who.name)
               + ", a client can have " + std::to_string(room)
               + " filter entries without a destination, not "
               + std::to_string(x.quotas.client_aces),
           "lower 'max_client_entries' of [server.data]");
}

/// An empty list of mitigators, and "exec" without a program, were reported.
void check_filtering(const server_config& server,
                     const customer_config& customer, context& c) {
  for (const auto& x : server.mitigators)
    if (std::ranges::count(customer.mitigators, x.name) > 0
        && !x.arguments.empty() && !abilities_of(x).filters)
      c.warn(c.where(customer).value_or(position{}),
             "mitigator " + in_quotes(x.name) + " takes no filters, so that "
                 + "those of customer " + in_quotes(customer.who.name)
                 + " are refused (501)",
             "add \"--filters\" to the arguments of driver \"exec\" if its "
             "hook does them");
}

} // namespace

void check_data(const server_config& server, const data_config& x, context& c) {
  auto place = c.where(x).value_or(position{});
  check_addresses(server, x, c);
  const auto& own = server.identity;
  if (own.certificate.empty() && own.key.empty() && own.ca.empty()
      && own.has_psk())
    c.error(place, "the data channel needs a certificate",
            "set 'certificate', 'key' and 'ca' in [server] (RFC 8040, Section "
            "2.2)");
  if (x.lifetime < protocol::data::min_entry_lifetime)
    c.error(c.where_or(x.lifetime, x), "'lifetime' is shorter than a week",
            "RFC 8783, Sections 6.1 and 7.2 demand that");
  check_quotas(x, c);
  if (x.direct_configuration)
    return;
  for (const auto& customer : server.customers) {
    check_filtering(server, customer, c);
    check_room(customer, x, c);
  }
}

} // namespace tocsin::roles
