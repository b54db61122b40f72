// Heartbeats, and the configuration of the session; what the table rests on.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

using coap::code;
constexpr auto bad = answered(code::bad_request);
constexpr auto unacceptable = answered(code::unprocessable);

struct beat_case {
  std::string_view name;
  std::string_view body;
  code expected = code::bad_request;
};

// SIG-287, SIG-290, SIG-318
constexpr beat_case beats[]{
    {"a heartbeat without peer-hb-status", "a11831 a0"},
    {"a heartbeat with another key", "a11831 a11836 f5"},
    {"a heartbeat with peer-hb-status twice", "a11831 a2 1833f5 1833f5"},
    {"a heartbeat with a status within", "a11831 a2 1833f5 1002"},
    {"a heartbeat twice", "a2 1831 a11833f5 1831 a11833f5"},
    {"a heartbeat with cuid", "a11831 a2 1833f5 04 'neg'"},
    {"an empty map as heartbeat", "a0"},
    {"a heartbeat that is cut off", "a11831 a11833"},
    {"a heartbeat with an octet behind", "a11831 a11833f500"},
    {"a mitigation request as heartbeat", "a101 a102 81 a1 0e 01"},
    {"a configuration as heartbeat", "a1181e a11820 a11821 a11824 181e"},
    {"peer-hb-status at the top", "a1 1833 f5"},
    {"control: a heartbeat", "a11831 a11833f5", code::changed},
    {"control: a heartbeat that hears nothing", "a11831 a11833f4",
     code::changed},
    {"control: a heartbeat with a key that may be skipped",
     "a11831 a2 1833f5 18c801", code::changed},
};

struct config_case {
  std::string_view name;
  unsigned set;
  std::string_view pairs;
  outcome expected;
  bool unreliable_only = false; ///< SIG-219: ignored over streams
};

constexpr config_case configs[]{
    // SIG-248, SIG-252
    {"no parameter in mitigating-config", 32, "", bad},
    {"no parameter in idle-config", 44, "", bad},
    {"a parameter without its value", 32, "1821 a0", bad},
    {"an unknown key in a set", 32, "1821 a1 1824 181e; 1836 01", bad},
    {"an unknown key in a parameter", 32, "1821 a2 1824 181e 1836 01", bad},
    {"a parameter twice", 32, "1821 a1 1824 181e; 1821 a1 1824 181e", bad},
    {"a value twice", 32, "1821 a2 1824 181e 1824 181e", bad},
    {"lifetime in a set", 32, "0e 01", bad},
    {"a decimal where an integer belongs", 32, "1821 a1 182b c48221 18c8", bad},
    {"an integer where a decimal belongs", 32, "1827 a1 1824 02", bad},
    {"a decimal with another exponent", 32, "1827 a1 182b c48220 14", bad},
    {"a decimal of three parts", 32, "1827 a1 182b c48321 18c8 00", bad},
    {"a decimal of one part", 32, "1827 a1 182b c48121", bad},
    {"a negative decimal", 32, "1827 a1 182b c48221 20", bad},
    {"heartbeat-interval 65536", 32, "1821 a1 1824 1a00010000", bad},
    {"heartbeat-interval -1", 32, "1821 a1 1824 20", bad},
    // SIG-312: servers only
    {"max-value in a request", 32, "1821 a2 1824 181e 1822 18f0", bad},
    {"min-value in a request", 32, "1821 a2 1824 181e 1823 0f", bad},
    {"max-value-decimal in a request", 32,
     "1827 a2 182b c48221 18c8 1829 c48221 18c8", bad},
    // SIG-255, SIG-376, SIG-237, SIG-242: well formed, not acceptable
    {"heartbeat-interval 14", 32, "1821 a1 1824 0e", unacceptable},
    {"heartbeat-interval 1", 44, "1821 a1 1824 01", unacceptable},
    {"heartbeat-interval 241", 32, "1821 a1 1824 18f1", unacceptable},
    {"heartbeat-interval 65535", 44, "1821 a1 1824 19ffff", unacceptable},
    {"probing-rate 0", 32, "1832 a1 1824 00", unacceptable},
    {"probing-rate 65535", 32, "1832 a1 1824 19ffff", unacceptable},
    {"an unacceptable value behind a good one", 32,
     "1821 a1 1824 181e; 1832 a1 1824 19ffff", unacceptable},
    {"missing-hb-allowed 0", 32, "1825 a1 1824 00", unacceptable, true},
    {"missing-hb-allowed 65535", 44, "1825 a1 1824 19ffff", unacceptable, true},
    {"max-retransmit 0", 32, "1826 a1 1824 00", unacceptable, true},
    {"max-retransmit 100", 32, "1826 a1 1824 1864", unacceptable, true},
    {"ack-timeout 0.99", 32, "1827 a1 182b c48221 1863", unacceptable, true},
    {"ack-timeout 0", 32, "1827 a1 182b c48221 00", unacceptable, true},
    {"ack-timeout 655.35", 32, "1827 a1 182b c48221 19ffff", unacceptable,
     true},
    {"ack-random-factor 0.99", 32, "1828 a1 182b c48221 1863", unacceptable,
     true},
    {"ack-random-factor 100", 44, "1828 a1 182b c48221 192710", unacceptable,
     true},
};

row configuration() {
  return request("configuration", code::put, "config/sid=10",
                 config_set(32, "1821 a1 1824 18f0"), answered(code::changed));
}

} // namespace

void add_heartbeats(table& to) {
  for (const auto& x : beats)
    to.push_back(request(std::string{x.name}, code::put, "hb", octets(x.body),
                         answered(x.expected)));
  auto none = request("a heartbeat without a body", code::put, "hb", {}, bad);
  none.options = path_options("hb");
  to.push_back(none);
}

void add_configuration(table& to) {
  const auto add = [&to](std::string name, std::string_view path, bytes body,
                         outcome expected) {
    to.push_back(
        request(std::move(name), code::put, path, std::move(body), expected));
  };
  for (const auto& x : configs) {
    add(std::string{x.name}, "config/sid=20", config_set(x.set, x.pairs),
        x.expected);
    if (x.unreliable_only)
      to.back().on_stream = skipped;
  }
  // SIG-252: bodies that are no configuration
  add("an empty map as configuration", "config/sid=20", octets("a0"), bad);
  add("a configuration without sets", "config/sid=20", octets("a1181ea0"), bad);
  add("a mitigation request as configuration", "config/sid=20", good_body(),
      bad);
  add("a heartbeat as configuration", "config/sid=20", octets("a11831a11833f5"),
      bad);
  add("sid in a configuration", "config/sid=20",
      octets("a1181e a2 181f14 1820 a1 1821 a1 1824 181e"), bad);
  add("a configuration with an unknown key", "config/sid=20",
      octets("a1181e a2 183601 1820 a1 1821 a1 1824 181e"), bad);
  const auto good = config_set(32, "1821 a1 1824 18f0");
  for (std::size_t size = 1; size < good.size(); ++size)
    add("a configuration cut off behind octet " + std::to_string(size),
        "config/sid=20",
        {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}, bad);
  auto none = request("a configuration without a body", code::put,
                      "config/sid=20", {}, bad);
  none.options = path_options("config/sid=20");
  to.push_back(none);
  // SIG-259, SIG-247: a sid lower than the one held
  add("a lower sid", "config/sid=9", good, bad);
  add("sid 0", "config/sid=0", good, bad);
  // SIG-254, SIG-227: controls
  to.push_back(configuration());
  to.back().name = "control: the same configuration again";
  to.push_back(request("control: GET of the configuration", code::get, "config",
                       {}, answered(code::content)));
  to.push_back(request("control: GET of the configuration by its sid",
                       code::get, "config/sid=10", {},
                       answered(code::content)));
}

table prelude() {
  return {request("mitigation", code::put, known_path, good_body(),
                  answered(code::changed)),
          configuration()};
}

table epilogue() {
  table out;
  for (const auto* mid : {"0", "1", "77", "98", "99", "500", "501"})
    out.push_back(request("nothing came of mid " + std::string{mid}, code::get,
                          "mitigate/cuid=neg/mid=" + std::string{mid}, {},
                          answered(code::not_found)));
  out.push_back(request("no configuration came of any row", code::get,
                        "config/sid=20", {}, answered(code::not_found)));
  out.push_back(request("a good request is answered", code::put, known_path,
                        good_body(), answered(code::changed)));
  out.push_back(request("the mitigation is there", code::get, known_path, {},
                        answered(code::content)));
  return out;
}

table all_rows() {
  table out;
  for (auto* add :
       {add_paths, add_options, add_blocks, add_messages, add_frames, add_cbor,
        add_types, add_values, add_rights, add_heartbeats, add_configuration})
    add(out);
  return out;
}

} // namespace tocsin::test::negative
