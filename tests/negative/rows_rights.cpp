// Who may ask for what; what holds already; efficacy updates.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

using coap::code;
constexpr auto put = code::put;

struct right_case {
  std::string_view name;
  std::string_view path;
  std::string_view pairs;
  code expected;
};

constexpr auto unborn = unborn_path;
constexpr auto known = known_path;

constexpr right_case cases[]{
    // SIG-078, SIG-395, SIG-396, SIG-047: outside the customer's domain
    {"a foreign prefix", unborn, "06 81 '198.51.100.1/32'; 0e 01",
     code::unauthorized},
    {"a prefix wider than the customer's", unborn,
     "06 81 '192.0.2.0/23'; 0e 01", code::unauthorized},
    {"a foreign prefix behind an own one", unborn,
     "06 82 '192.0.2.80/32' '203.0.113.1/32'; 0e 01", code::unauthorized},
    {"a foreign prefix of IPv6", unborn, "06 81 '2001:db9::/32'; 0e 01",
     code::unauthorized},
    {"a neighbour of the customer's prefix", unborn,
     "06 81 '192.0.3.0/32'; 0e 01", code::unauthorized},
    {"a foreign name", unborn, "0b 81 'www.example.net'; 0e 01",
     code::unauthorized},
    {"a name above the customer's", unborn, "0b 81 'example.com'; 0e 01",
     code::unauthorized},
    {"a name that ends like the customer's", unborn,
     "0b 81 'evil-www.example.com'; 0e 01", code::unauthorized},
    {"a name below the customer's", unborn, "0b 81 'x.www.example.com'; 0e 01",
     code::unauthorized},
    // SIG-085
    {"a URI of a foreign name", unborn,
     "0c 81 'https://www.example.net/'; 0e 01", code::unauthorized},
    {"a URI of a foreign address", unborn,
     "0c 81 'https://198.51.100.1/'; 0e 01", code::unauthorized},
    {"a URI with an own name as user", unborn,
     "0c 81 'https://www.example.com@www.example.net/'; 0e 01",
     code::unauthorized},
    // SIG-147, SIG-149: the same mid, other parameters
    {"another target under a known mid", known,
     "06 81 '192.0.2.81/32'; 0a 81 11; 0e 190e10", code::bad_request},
    {"one target more under a known mid", known,
     "06 82 '192.0.2.80/32' '192.0.2.81/32'; 0a 81 11; 0e 190e10",
     code::bad_request},
    {"another protocol under a known mid", known,
     "06 81 '192.0.2.80/32'; 0a 81 06; 0e 190e10", code::bad_request},
    {"no protocol under a known mid", known, "06 81 '192.0.2.80/32'; 0e 190e10",
     code::bad_request},
    {"a port under a known mid", known,
     "06 81 '192.0.2.80/32'; 07 81 a1 081850; 0a 81 11; 0e 190e10",
     code::bad_request},
    {"a wider prefix under a known mid", known,
     "06 81 '192.0.2.80/31'; 0a 81 11; 0e 190e10", code::bad_request},
    // SIG-127, SIG-125: a lower mid that overlaps
    {"a lower mid for the same target", "mitigate/cuid=neg/mid=99",
     "06 81 '192.0.2.80/32'; 0e 01", code::conflict},
    {"a lower mid for a wider target", "mitigate/cuid=neg/mid=98",
     "06 81 '192.0.2.0/24'; 0e 01", code::conflict},
    {"a lower mid with other ports", "mitigate/cuid=neg/mid=0",
     "06 81 '192.0.2.80/32'; 07 81 a1 081850; 0e 01", code::conflict},
    // SIG-095, SIG-148, SIG-091: controls
    {"control: a refresh", known, "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10",
     code::changed},
    {"control: a refresh with another lifetime", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e11", code::changed},
    {"control: a refresh without an end", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 20", code::changed},
};

struct efficacy_case {
  std::string_view name;
  std::string_view path;
  std::string_view pairs;
  outcome expected;
};

constexpr auto bad = answered(code::bad_request);

// If-Match is empty in each of them.
constexpr efficacy_case efficacy[]{
    // SIG-201: silence, whatever the body says
    {"an update of an unknown mid", "mitigate/cuid=neg/mid=77",
     "06 81 '192.0.2.80/32'; 0e 01; 181d 01", silence},
    {"a malformed update of an unknown mid", "mitigate/cuid=neg/mid=77",
     "06 80", silence},
    {"a refresh with If-Match of an unknown mid", "mitigate/cuid=neg/mid=77",
     "06 81 '192.0.2.80/32'; 0e 01", silence},
    // SIG-197
    {"an update without attack-status", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10", bad},
    {"attack-status 0", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10; 181d 00", bad},
    {"attack-status 3", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10; 181d 03", bad},
    {"attack-status -1", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10; 181d 20", bad},
    {"attack-status that is text", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10; 181d 'under-attack'", bad},
    // SIG-198, SIG-199
    {"an update with another target", known,
     "06 81 '192.0.2.81/32'; 0a 81 11; 0e 190e10; 181d 01", bad},
    {"an update without the protocol", known,
     "06 81 '192.0.2.80/32'; 0e 190e10; 181d 01", bad},
    {"an update with lifetime 0", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 00; 181d 01", bad},
    // SIG-202: controls
    {"control: an update", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 0e 190e10; 181d 01",
     answered(code::changed)},
    {"control: an update without a lifetime", known,
     "06 81 '192.0.2.80/32'; 0a 81 11; 181d 02", answered(code::changed)},
};

row by(caller who, row x) {
  x.who = who;
  return x;
}

void add_others(table& to) {
  const auto as = [&to](caller who, std::string name, code method,
                        std::string_view path, bytes body, code expected) {
    to.push_back(by(who, request(std::move(name), method, path, std::move(body),
                                 answered(expected))));
  };
  const auto target = entry("06 81 '192.0.2.90/32'; 0e 01");
  // SIG-060, SIG-140: the cuid of another client
  as(caller::sibling, "the cuid of another client", put, unborn_path, target,
     code::conflict);
  as(caller::sibling, "the mid of another client", put, known_path, good_body(),
     code::conflict);
  // SIG-011, SIG-166
  as(caller::sibling, "GET under a cuid of one's own", code::get,
     "mitigate/cuid=sib/mid=100", {}, code::not_found);
  // SIG-365, SIG-368: who belongs to no customer
  constexpr auto none = code::unauthorized;
  as(caller::stranger, "a stranger's PUT", put, "mitigate/cuid=str/mid=1",
     target, none);
  as(caller::stranger, "a stranger's GET", code::get, client_path, {}, none);
  as(caller::stranger, "a stranger's GET of a mid", code::get, known_path, {},
     none);
  as(caller::stranger, "a stranger's DELETE", code::del, known_path, {}, none);
  as(caller::stranger, "a stranger's GET of the configuration", code::get,
     "config", {}, none);
  as(caller::stranger, "a stranger's PUT of a configuration", put,
     "config/sid=20", config_set(32, "1821 a1 1824 181e"), none);
  as(caller::stranger, "a stranger's DELETE of a configuration", code::del,
     "config", {}, none);
}

} // namespace

void add_rights(table& to) {
  for (const auto& x : cases)
    to.push_back(request(std::string{x.name}, put, x.path, entry(x.pairs),
                         answered(x.expected)));
  for (const auto& x : efficacy) {
    auto one =
        request(std::string{x.name}, put, x.path, entry(x.pairs), x.expected);
    one.options.add(coap::option::if_match);
    to.push_back(one);
  }
  add_others(to);
}

} // namespace tocsin::test::negative
