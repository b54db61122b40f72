// Paths, methods, and the resources below .well-known/dots.
#include "tests/negative/octets.hpp"

namespace tocsin::test::negative {

namespace {

struct path_case {
  std::string_view name;
  coap::code method;
  std::string_view path;
  coap::code expected = coap::code::bad_request;
};

constexpr auto get = coap::code::get;
constexpr auto post = coap::code::post;
constexpr auto put = coap::code::put;
constexpr auto del = coap::code::del;
constexpr auto not_found = coap::code::not_found;
constexpr auto not_allowed = coap::code::method_not_allowed;
constexpr auto bad_option = coap::code::bad_option;

constexpr path_case cases[]{
    // SIG-026, SIG-025, SIG-370: what is served nowhere
    {"no path at all", get, "/", not_found},
    {"another well-known name", get, "/.well-known/core", not_found},
    {"dots without well-known", get, "/dots/mitigate/cuid=neg", not_found},
    {"the name alone", get, "", not_found},
    {"an unknown resource", get, "nonsense", not_found},
    {"a version segment", get, "v1/mitigate/cuid=neg", not_found},
    {"a resource in capitals", get, "MITIGATE/cuid=neg", not_found},
    {"an empty segment in front", get, "/.well-known/dots//config", not_found},
    {"a segment that is percent-encoded", get, "miti%67ate/cuid=neg",
     not_found},
    {"two segments in one, percent-encoded", get, "mitigate%2Fcuid=neg",
     not_found},
    // SIG-119, SIG-051, SIG-207, SIG-150: parameters that are missing
    {"PUT without parameters", put, "mitigate"},
    {"GET without cuid", get, "mitigate"},
    {"GET with mid alone", get, "mitigate/mid=100"},
    {"DELETE without parameters", del, "mitigate"},
    {"PUT without cuid", put, "mitigate/mid=500"},
    {"PUT without mid", put, "mitigate/cuid=neg"},
    {"DELETE without cuid", del, "mitigate/mid=100"},
    {"DELETE without mid", del, "mitigate/cuid=neg"},
    // SIG-075, SIG-151, SIG-206: empty ones
    {"PUT with an empty cuid", put, "mitigate/cuid=/mid=500"},
    {"PUT with an empty mid", put, "mitigate/cuid=neg/mid="},
    {"GET with an empty cuid", get, "mitigate/cuid="},
    {"GET with an empty mid", get, "mitigate/cuid=neg/mid="},
    {"DELETE with an empty cuid", del, "mitigate/cuid=/mid=100"},
    {"DELETE with an empty mid", del, "mitigate/cuid=neg/mid="},
    {"an empty cdid", get, "mitigate/cdid=/cuid=neg"},
    {"an empty segment behind", get, "mitigate/cuid=neg/"},
    {"an empty segment between", put, "mitigate/cuid=neg//mid=500"},
    // SIG-049, SIG-050, SIG-108: the order, and each once
    {"mid before cuid", put, "mitigate/mid=500/cuid=neg"},
    {"cuid before cdid", get, "mitigate/cuid=neg/cdid=x"},
    {"cdid behind all", put, "mitigate/cuid=neg/mid=500/cdid=x"},
    {"two cuids", put, "mitigate/cuid=neg/cuid=neg/mid=500"},
    {"two mids", put, "mitigate/cuid=neg/mid=500/mid=501"},
    {"two cdids", get, "mitigate/cdid=x/cdid=y/cuid=neg"},
    {"an unknown parameter", put, "mitigate/cuid=neg/mid=500/foo=1"},
    {"sid in mitigate", put, "mitigate/cuid=neg/sid=1"},
    {"a segment without a name", put, "mitigate/cuid=neg/500"},
    {"the name of a parameter in capitals", put, "mitigate/CUID=neg/mid=500"},
    {"mid without equals sign", put, "mitigate/cuid=neg/mid500"},
    // SIG-065: decimal text of 32 bits
    {"mid that is text", put, "mitigate/cuid=neg/mid=x"},
    {"mid with a minus", put, "mitigate/cuid=neg/mid=-1"},
    {"mid with a plus", put, "mitigate/cuid=neg/mid=+1"},
    {"mid with leading zeros", put, "mitigate/cuid=neg/mid=0500"},
    {"mid in hexadecimal", put, "mitigate/cuid=neg/mid=0x1f"},
    {"mid with a fraction", put, "mitigate/cuid=neg/mid=5.0"},
    {"mid with a blank behind", put, "mitigate/cuid=neg/mid=500 "},
    {"mid with a blank in front", put, "mitigate/cuid=neg/mid= 500"},
    {"mid of 2 to the 32nd", put, "mitigate/cuid=neg/mid=4294967296"},
    {"mid of 2 to the 64th", get, "mitigate/cuid=neg/mid=18446744073709551616"},
    {"mid of forty digits", del,
     "mitigate/cuid=neg/mid=1000000000000000000000000000000000000000"},
    {"mid that is percent-encoded", get, "mitigate/cuid=neg/mid=%3100"},
    // SIG-045: what no cuid may hold
    {"cuid with a blank", put, "mitigate/cuid=n g/mid=500"},
    {"cuid with a control character", put, "mitigate/cuid=n\tg/mid=500"},
    {"cuid beyond ASCII", put, "mitigate/cuid=n\xc3\xa4/mid=500"},
    {"cuid that is no UTF-8", get, "mitigate/cuid=\xff\xfe"},
    // SIG-164, SIG-165, SIG-370: what is not there
    {"GET of an unknown mid", get, "mitigate/cuid=neg/mid=77", not_found},
    {"GET of an unknown cuid", get, "mitigate/cuid=nobody", not_found},
    {"GET of a cuid which differs in case", get, "mitigate/cuid=NEG",
     not_found},
    {"a cuid of 250 characters that nobody has", get,
     "mitigate/cuid="
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee",
     not_found},
    // COAP-043, COAP-045: an option of 256 octets, and dot segments
    {"a cuid beyond what an option may hold", get,
     "mitigate/cuid="
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeX",
     bad_option},
    {"a dot segment", get, "./mitigate", bad_option},
    {"a double-dot segment", get, "config/../mitigate/cuid=neg", bad_option},
    // SIG-371, SIG-015, COAP-056: methods
    {"POST to mitigate", post, "mitigate/cuid=neg/mid=500", not_allowed},
    {"POST to config", post, "config/sid=20", not_allowed},
    {"POST to hb", post, "hb", not_allowed},
    {"GET of hb", get, "hb", not_allowed},
    {"DELETE of hb", del, "hb", not_allowed},
    {"FETCH", coap::make_code(0, 5), "mitigate/cuid=neg", not_allowed},
    {"PATCH", coap::make_code(0, 6), "mitigate/cuid=neg/mid=100", not_allowed},
    {"iPATCH", coap::make_code(0, 7), "mitigate/cuid=neg/mid=100", not_allowed},
    {"method 0.08", coap::make_code(0, 8), "mitigate/cuid=neg", not_allowed},
    {"method 0.31", coap::make_code(0, 31), "mitigate/cuid=neg", not_allowed},
    // SIG-244, SIG-246, SIG-252, SIG-370: paths of config
    {"PUT of config without sid", put, "config"},
    {"an empty sid", put, "config/sid="},
    {"sid that is text", put, "config/sid=x"},
    {"sid with a minus", put, "config/sid=-1"},
    {"sid with leading zeros", put, "config/sid=020"},
    {"sid of 2 to the 32nd", put, "config/sid=4294967296"},
    {"two sids", put, "config/sid=20/sid=21"},
    {"cuid in config", put, "config/cuid=neg/sid=20"},
    {"cuid behind sid", get, "config/sid=10/cuid=neg"},
    {"mid in config", get, "config/mid=100"},
    {"GET of an unknown sid", get, "config/sid=77", not_found},
    {"DELETE of config with a sid that is no number", del, "config/sid=x"},
    // SIG-289: nothing behind hb
    {"cuid in hb", put, "hb/cuid=neg"},
    {"cdid in hb", put, "hb/cdid=x"},
    {"mid in hb", put, "hb/mid=1"},
    {"a segment behind hb", put, "hb/x"},
    {"an empty segment behind hb", put, "hb/"},
};

} // namespace

void add_paths(table& to) {
  for (const auto& x : cases)
    to.push_back(request(std::string{x.name}, x.method, x.path,
                         x.method == put ? good_body() : bytes{},
                         answered(x.expected)));
  // SIG-208, SIG-209: controls
  to.push_back(request("control: DELETE of an unknown mid", del,
                       "mitigate/cuid=neg/mid=77", {},
                       answered(coap::code::deleted)));
  // SIG-104: cdid of a client counts for nothing
  to.push_back(request("control: cdid is ignored", get,
                       "mitigate/cdid=x/cuid=neg/mid=100", {},
                       answered(coap::code::content)));
  to.push_back(request("control: GET of all", get, client_path, {},
                       answered(coap::code::content)));
}

} // namespace tocsin::test::negative
