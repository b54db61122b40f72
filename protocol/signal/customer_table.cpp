#include "protocol/signal/customer_table.hpp"

#include "protocol/signal/scope.hpp"

#include <algorithm>
#include <optional>

namespace tocsin::protocol::signal {

namespace {

using index = std::unordered_map<std::string, std::size_t>;

constexpr std::string_view fingerprint_prefix = "sha256:";
constexpr std::size_t fingerprint_digits = 64;

/// Enters an identity; the same one twice for one customer does no harm, an
/// empty one would match peers without any.
result<void> enter(index& into, const std::string& identity, std::size_t owner,
                   const std::vector<customer>& customers,
                   const std::string& kind) {
  if (identity.empty())
    return fail(ec::malformed, kind,
                "customer \"" + customers[owner].name + "\" has an empty one");
  auto [i, fresh] = into.try_emplace(identity, owner);
  if (fresh || i->second == owner)
    return {};
  return fail(ec::conflict, kind,
              identity + " belongs to the customers \""
                  + customers[i->second].name + "\" and \""
                  + customers[owner].name + "\"");
}

/// What a list of identities says: one customer, none, or several.
struct verdict {
  std::optional<std::size_t> owner;
  bool several = false;

  void add(const index& from, const std::string& identity) {
    auto i = from.find(identity);
    if (i == from.end())
      return;
    several = several || (owner && *owner != i->second);
    owner = i->second;
  }
};

std::string described(const peer_identity& who) {
  std::string out;
  auto add = [&](std::string_view kind, const std::string& value) {
    if (!value.empty() && out.size() < 512)
      out += (out.empty() ? "" : ", ") + std::string{kind} + value;
  };
  for (const auto& x : who.fingerprints)
    add("", x);
  for (const auto& x : who.dns_names)
    add("DNS name ", x);
  add("common name ", who.common_name);
  add("PSK identity ", who.psk_identity);
  return out.empty() ? "no identity at all" : out;
}

} // namespace

result<std::string> canonical_fingerprint(std::string_view text) {
  std::string out;
  for (auto c : text)
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (!out.starts_with(fingerprint_prefix))
    return fail(ec::malformed, "fingerprint",
                "must begin with \"sha256:\": " + out.substr(0, 80));
  out.erase(
      std::remove(out.begin() + fingerprint_prefix.size(), out.end(), ':'),
      out.end());
  auto digits = std::string_view{out}.substr(fingerprint_prefix.size());
  if (digits.size() != fingerprint_digits
      || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return fail(ec::malformed, "fingerprint",
                "must have 64 hexadecimal digits: " + out.substr(0, 80));
  return out;
}

result<customer_table> customer_table::make(std::vector<customer> customers) {
  auto made = std::make_shared<data>();
  made->customers = std::move(customers);
  for (std::size_t i = 0; i < made->customers.size(); ++i)
    if (auto good = made->enter_customer(i); !good)
      return good.error();
  customer_table out;
  out.data_ = std::move(made);
  return out;
}

result<void> customer_table::data::enter_customer(std::size_t i) {
  auto& x = customers[i];
  if (x.name.empty())
    return fail(ec::missing, "customer", "a customer has no name");
  if (!names.try_emplace(x.name, i).second)
    return fail(ec::conflict, "customer",
                "two customers are called \"" + x.name + '"');
  // A target may span several prefixes which only together contain it.
  x.prefixes = canonical(std::move(x.prefixes));
  for (auto& print : x.identities.fingerprints) {
    auto text = canonical_fingerprint(print);
    if (!text)
      return text.error();
    print = *text;
    if (auto good = enter(fingerprints, print, i, customers, "fingerprint");
        !good)
      return good;
  }
  for (auto& name : x.identities.dns_names) {
    name = canonical_name(name);
    if (auto good = enter(dns, name, i, customers, "DNS name"); !good)
      return good;
  }
  for (const auto& name : x.identities.common_names)
    if (auto good = enter(common_names, name, i, customers, "common name");
        !good)
      return good;
  for (const auto& name : x.identities.psk_identities)
    if (auto good = enter(psk, name, i, customers, "PSK identity"); !good)
      return good;
  for (const auto& name : x.identities.cdids)
    if (auto good = enter(cdids, name, i, customers, "cdid"); !good)
      return good;
  return {};
}

const customer* customer_table::by_cdid(const std::string& cdid) const {
  auto i = data_->cdids.find(cdid);
  return i == data_->cdids.end() ? nullptr : &data_->customers[i->second];
}

result<const customer*> customer_table::find(const peer_identity& who) const {
  verdict by_fingerprint, by_dns, by_common_name, by_psk;
  for (const auto& x : who.fingerprints)
    if (auto text = canonical_fingerprint(x))
      by_fingerprint.add(data_->fingerprints, *text);
  for (const auto& x : who.dns_names)
    by_dns.add(data_->dns, canonical_name(x));
  by_common_name.add(data_->common_names, who.common_name);
  by_psk.add(data_->psk, who.psk_identity);
  for (const auto& x : {by_fingerprint, by_dns, by_common_name, by_psk}) {
    if (x.several)
      return fail(ec::conflict, "identity",
                  "the peer has identities of several customers: "
                      + described(who));
    if (x.owner)
      return &data_->customers[*x.owner];
  }
  return fail(ec::unauthorized, "identity",
              "no customer has the identity of the peer: " + described(who));
}

const customer* customer_table::by_name(std::string_view name) const {
  auto i = data_->names.find(std::string{name});
  return i == data_->names.end() ? nullptr : &data_->customers[i->second];
}

} // namespace tocsin::protocol::signal
