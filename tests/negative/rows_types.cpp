// Each leaf that a client may send, with a value of each other type (RFC 9132,
// Table 5).
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

struct value_type {
  std::string_view name;
  std::string_view value;
};

constexpr value_type types[]{
    {"an unsigned integer", "05"},
    {"a negative integer", "24"},
    {"an octet string", "4178"},
    {"text", "'x'"},
    {"an array", "81 05"},
    {"an empty array", "80"},
    {"a map", "a1 05 05"},
    {"a tag", "c1 05"},
    {"true", "f5"},
    {"null", "f6"},
    {"undefined", "f7"},
    {"a simple value", "f8 20"},
    {"half a float", "f9 3c00"},
    {"a float", "fa 3f800000"},
    {"a double", "fb 3ff0000000000000"},
    {"a decimal", "c4 82 21 18 96"},
};

/// A place in a body for one value, and the type that it takes.
struct place {
  std::string_view leaf;
  std::string_view before; ///< pairs of the entry, up to the value
  std::string_view right;
};

// SIG-317, SIG-320, SIG-119
constexpr place places[]{
    {"target-prefix", "0e01; 06", "-"},
    {"an entry of target-prefix", "0e01; 06 81", "-"},
    {"target-port-range", "06 81 '192.0.2.80/32'; 0e01; 07", "-"},
    {"an entry of target-port-range", "06 81 '192.0.2.80/32'; 0e01; 07 81",
     "-"},
    {"lower-port", "06 81 '192.0.2.80/32'; 0e01; 07 81 a1 08",
     "an unsigned integer"},
    {"upper-port", "06 81 '192.0.2.80/32'; 0e01; 07 81 a2 0801 09",
     "an unsigned integer"},
    {"target-protocol", "06 81 '192.0.2.80/32'; 0e01; 0a", "an array"},
    {"an entry of target-protocol", "06 81 '192.0.2.80/32'; 0e01; 0a 81",
     "an unsigned integer"},
    {"target-fqdn", "0e01; 0b", "-"},
    {"an entry of target-fqdn", "0e01; 0b 81", "text"},
    {"target-uri", "0e01; 0c", "-"},
    {"an entry of target-uri", "0e01; 0c 81", "-"},
    {"alias-name", "0e01; 0d", "-"},
    {"an entry of alias-name", "0e01; 0d 81", "-"},
    {"lifetime", "06 81 '192.0.2.80/32'; 0e", "an unsigned integer"},
    {"trigger-mitigation", "06 81 '192.0.2.80/32'; 0e01; 182d", "true"},
};

struct config_place {
  std::string_view leaf;
  std::string_view before; ///< of the whole body, up to the value
  std::string_view right;
};

constexpr config_place config_places[]{
    {"signal-config", "a1 181e", "-"},
    {"mitigating-config", "a1 181e a1 1820", "-"},
    {"idle-config", "a1 181e a1 182c", "-"},
    {"heartbeat-interval", "a1 181e a1 1820 a1 1821", "-"},
    {"current-value", "a1 181e a1 1820 a1 1821 a1 1824", "an unsigned integer"},
    {"missing-hb-allowed", "a1 181e a1 182c a1 1825 a1 1824",
     "an unsigned integer"},
    {"max-retransmit", "a1 181e a1 182c a1 1826 a1 1824",
     "an unsigned integer"},
    {"probing-rate", "a1 181e a1 182c a1 1832 a1 1824", "an unsigned integer"},
    {"ack-timeout", "a1 181e a1 1820 a1 1827", "-"},
    {"current-value-decimal of ack-timeout", "a1 181e a1 1820 a1 1827 a1 182b",
     "a decimal"},
    {"current-value-decimal of ack-random-factor",
     "a1 181e a1 1820 a1 1828 a1 182b", "a decimal"},
};

} // namespace

void add_types(table& to) {
  constexpr auto expected = answered(coap::code::bad_request);
  const auto named = [](std::string_view leaf, const value_type& x) {
    return std::string{leaf} + ": " + std::string{x.name};
  };
  for (const auto& at : places)
    for (const auto& x : types)
      if (x.name != at.right)
        to.push_back(request(
            named(at.leaf, x), coap::code::put, unborn_path,
            entry(std::string{at.before} + std::string{x.value}), expected));
  for (const auto& at : config_places)
    for (const auto& x : types)
      if (x.name != at.right)
        to.push_back(request(
            named(at.leaf, x), coap::code::put, "config/sid=20",
            octets(std::string{at.before} + std::string{x.value}), expected));
  for (const auto& x : types)
    if (x.name != "true")
      to.push_back(request(named("peer-hb-status", x), coap::code::put, "hb",
                           octets("a11831 a11833" + std::string{x.value}),
                           expected));
}

} // namespace tocsin::test::negative
