#include "protocol/signal/uri.hpp"

#include "protocol/signal/validate.hpp"
#include "protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tocsin::protocol::signal {

namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;

/// What a URI scheme says about its traffic. The ports are the defaults which
/// the scheme's registration names (IANA, URI Schemes).
struct scheme {
  std::string_view name;
  std::uint16_t port;
  bool over_tcp;
  bool over_udp;
  /// The host follows the colon without slashes, as in "sip:a@example.net".
  bool without_slashes = false;
};

constexpr std::array schemes{
    scheme{"coap", 5683, false, true},
    scheme{"coap+tcp", 5683, true, false},
    scheme{"coap+ws", 80, true, false},
    scheme{"coaps", 5684, false, true},
    scheme{"coaps+tcp", 5684, true, false},
    scheme{"coaps+ws", 443, true, false},
    scheme{"dns", 53, true, true},
    scheme{"ftp", 21, true, false},
    scheme{"git", 9418, true, false},
    scheme{"http", 80, true, false},
    scheme{"https", 443, true, false},
    scheme{"imap", 143, true, false},
    scheme{"ipp", 631, true, false},
    scheme{"ldap", 389, true, false},
    scheme{"ldaps", 636, true, false},
    scheme{"mqtt", 1883, true, false},
    scheme{"mqtts", 8883, true, false},
    scheme{"nfs", 2049, true, false},
    scheme{"nntp", 119, true, false},
    scheme{"pop", 110, true, false},
    scheme{"rsync", 873, true, false},
    scheme{"rtsp", 554, true, false},
    scheme{"rtsps", 322, true, false},
    scheme{"rtspu", 554, false, true},
    scheme{"sftp", 22, true, false},
    scheme{"sip", 5060, true, true, true},
    scheme{"sips", 5061, true, false, true},
    scheme{"snmp", 161, false, true},
    scheme{"ssh", 22, true, false},
    scheme{"stun", 3478, true, true, true},
    scheme{"stuns", 5349, true, true, true},
    scheme{"svn", 3690, true, false},
    scheme{"telnet", 23, true, false},
    scheme{"tftp", 69, false, true},
    scheme{"turn", 3478, true, true, true},
    scheme{"turns", 5349, true, true, true},
    scheme{"vnc", 5900, true, false},
    scheme{"ws", 80, true, false},
    scheme{"wss", 443, true, false},
    scheme{"xmpp", 5222, true, false},
};
static_assert(std::ranges::is_sorted(schemes, {}, &scheme::name));

/// The parts of a URI that matter to us, as views into it.
struct parts {
  std::string_view scheme_name;
  std::string_view authority;
  bool slashes = false;
};

failure bad(std::string_view uri, std::string_view why) {
  return fail(ec::malformed, "target-uri",
              quoted(uri, 80) + " " + std::string{why});
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// RFC 3986, Section 2: only these characters, and % only before two digits.
bool has_only_uri_characters(std::string_view text) {
  static constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
        return false;
    } else if (!is_letter(c) && !is_digit(c)
               && others.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_scheme_name(std::string_view x) {
  return !x.empty() && is_letter(x.front())
         && std::ranges::all_of(x, [](char c) {
              return is_letter(c) || is_digit(c) || c == '+' || c == '-'
                     || c == '.';
            });
}

/// RFC 3986, Section 3. Brackets may stand in the authority only, a number
/// sign only before the fragment.
result<parts> split(std::string_view uri) {
  if (uri.empty() || uri.size() > max_uri_length)
    return bad(uri, "is empty or too long");
  if (!has_only_uri_characters(uri))
    return bad(uri, "contains characters that a URI may not hold as they are");
  auto colon = uri.find(':');
  if (colon == std::string_view::npos || !is_scheme_name(uri.substr(0, colon)))
    return bad(uri, "has no scheme, such as \"https:\"");
  parts x;
  x.scheme_name = uri.substr(0, colon);
  auto rest = uri.substr(colon + 1);
  x.slashes = rest.starts_with("//");
  if (x.slashes)
    rest.remove_prefix(2);
  auto end = rest.find_first_of(x.slashes ? "/?#" : ";?#");
  x.authority = rest.substr(0, end);
  auto tail = end == std::string_view::npos ? "" : rest.substr(end);
  auto fragment = tail.find('#');
  if (tail.find_first_of("[]") != std::string_view::npos
      || (fragment != std::string_view::npos
          && tail.find('#', fragment + 1) != std::string_view::npos))
    return bad(uri, "breaks the grammar of RFC 3986");
  return x;
}

const scheme* find_scheme(std::string_view name) {
  auto key = lower(name);
  auto i = std::ranges::lower_bound(schemes, key, {}, &scheme::name);
  return i != schemes.end() && i->name == key ? &*i : nullptr;
}

/// Takes the port off the end of "host:port"; 0 if there is none.
result<std::uint16_t> cut_port(std::string_view uri, std::string_view& host) {
  auto bracket = host.rfind(']');
  auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos)
    return std::uint16_t{0};
  auto digits = host.substr(colon + 1);
  host = host.substr(0, colon);
  if (digits.empty())
    return std::uint16_t{0};
  if (!std::ranges::all_of(digits, is_digit))
    return bad(uri, "has a port that is not a number");
  unsigned port = 0;
  auto r = std::from_chars(digits.begin(), digits.end(), port);
  if (r.ec != std::errc{} || port < 1 || port > 65535)
    return fail(ec::out_of_range, "target-uri",
                quoted(uri, 80) + " has a port outside 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

/// Checks the host with the rules of prefixes and names (RFC 9132, Section
/// 4.4.1.1) and notes it.
result<void> set_host(std::string_view uri, std::string_view host,
                      uri_target& out) {
  bool literal = host.starts_with('[');
  if (literal) {
    if (host.size() < 2 || !host.ends_with(']'))
      return bad(uri, "has an unfinished IPv6 address");
    host = host.substr(1, host.size() - 2);
  }
  out.host = lower(host);
  if (host.empty())
    return bad(uri, "has no host");
  auto address = prefix::parse(host);
  bool colons = host.find(':') != std::string_view::npos;
  if (!address || host.find('/') != std::string_view::npos) {
    if (literal)
      return bad(uri, "has brackets around what is no IPv6 address");
    return validate_fqdn(host, "target-uri");
  }
  if (literal != colons)
    return bad(uri, "must have brackets around IPv6 addresses, and only there");
  out.address = *address;
  return validate_prefix(*address, "target-uri");
}

} // namespace

result<uri_target> map_uri(std::string_view text) {
  auto x = split(text);
  if (!x)
    return x.error();
  const auto* known = find_scheme(x->scheme_name);
  if (!x->slashes && !(known && known->without_slashes))
    return bad(text, "has no host after \"//\"");
  auto host = x->authority;
  if (auto at = host.find('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1); // user information names no target
  uri_target out;
  auto port = cut_port(text, host);
  if (!port)
    return port.error();
  if (auto r = set_host(text, host, out); !r)
    return r.error();
  if (*port == 0 && !known)
    return bad(text, "needs a port, as its scheme has no default known here");
  out.port = *port != 0 ? *port : known->port;
  if (!known || known->over_tcp)
    out.protocols.push_back(tcp);
  if (!known || known->over_udp)
    out.protocols.push_back(udp);
  return out;
}

} // namespace tocsin::protocol::signal
