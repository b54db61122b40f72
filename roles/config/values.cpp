#include "roles/config/values.hpp"

#include "protocol/signal/customer_table.hpp"

#include <algorithm>
#include <cctype>

namespace tocsin::roles {

namespace {

std::string_view kind_of(const toml::node& n) {
  switch (n.type()) {
  case toml::node_type::string:
    return "text";
  case toml::node_type::integer:
    return "a number";
  case toml::node_type::floating_point:
    return "a fraction";
  case toml::node_type::boolean:
    return "true or false";
  case toml::node_type::array:
    return "a list";
  case toml::node_type::table:
    return "a table";
  default:
    return "a date or time";
  }
}

void wrong_kind(const toml::node& n, const option& o, std::string_view wanted,
                context& c, std::string hint = {}) {
  c.error(begin_of(n),
          named(o) + " must be " + std::string{wanted} + ", not "
              + std::string{kind_of(n)},
          std::move(hint));
}

/// What was written, if it is text; else null, reported.
const std::string* text_of(const toml::node& n, const option& o, context& c,
                           std::string_view wanted = "text",
                           std::string hint = {}) {
  const auto* text = n.as_string();
  if (!text)
    wrong_kind(n, o, wanted, c, std::move(hint));
  return text ? &text->get() : nullptr;
}

void bad_value(const toml::node& n, const option& o, std::string_view text,
               const failure& why, context& c) {
  c.error(begin_of(n), in_quotes(text) + " is not valid for " + named(o),
          why.detail);
}

std::optional<std::uint64_t> read_count(const toml::node& n, const option& o,
                                        std::uint64_t limit, context& c) {
  const auto* number = n.as_integer();
  if (!number) {
    wrong_kind(n, o, "a number", c);
    return {};
  }
  auto max = std::min(o.max, limit);
  auto x = number->get();
  if (x < 0 || static_cast<std::uint64_t>(x) < o.min
      || static_cast<std::uint64_t>(x) > max) {
    c.error(begin_of(n), named(o) + " is out of range: " + std::to_string(x),
            "from " + std::to_string(o.min) + " to " + std::to_string(max));
    return {};
  }
  return static_cast<std::uint64_t>(x);
}

template <class T>
void store_count(const toml::node& n, T& out, const option& o, context& c) {
  if (auto x = read_count(n, o, std::numeric_limits<T>::max(), c)) {
    out = static_cast<T>(*x);
    c.mark(out, begin_of(n));
  }
}

/// A heartbeat interval may be 0 although its least value is 15 (RFC 9132,
/// Section 4.5.2): zero always means "off".
bool duration_fits(std::int64_t x, const option& o) {
  return x == 0 && o.min > 1 ? true
                             : static_cast<std::uint64_t>(x) >= o.min
                                   && static_cast<std::uint64_t>(x) <= o.max;
}

std::optional<std::int64_t> read_seconds(const toml::node& n, const option& o,
                                         context& c) {
  static constexpr const char* hint =
      "write it with its unit, like \"30s\", \"2m\" or \"1h\"";
  const auto* text = text_of(n, o, c, "a duration", hint);
  if (!text)
    return {};
  if (o.indefinite && *text == "indefinite")
    return -1;
  auto seconds = parse_duration(*text);
  if (!seconds) {
    bad_value(n, o, *text, seconds.error(), c);
    return {};
  }
  if (!duration_fits(*seconds, o)) {
    c.error(begin_of(n), named(o) + " is out of range: " + *text,
            "from " + duration_text(static_cast<std::int64_t>(o.min)) + " to "
                + duration_text(static_cast<std::int64_t>(o.max))
                + (o.min > 1 ? ", or 0s" : ""));
    return {};
  }
  return *seconds;
}

std::optional<prefix> read_prefix(const toml::node& n, const option& o,
                                  context& c) {
  static constexpr const char* hint =
      "write a prefix like \"192.0.2.0/24\" or \"2001:db8::/32\"";
  const auto* text = text_of(n, o, c, "a prefix", hint);
  if (!text)
    return {};
  auto x = prefix::parse(*text);
  if (!x) {
    c.error(begin_of(n), in_quotes(*text) + " is not a prefix", hint);
    return {};
  }
  auto address = prefix::parse(text->substr(0, text->find('/')));
  if (address && address->octets() != x->octets()) {
    c.error(begin_of(n), in_quotes(*text) + " has bits beyond its length",
            "did you mean \"" + x->to_string() + "\"?");
    return {};
  }
  return *x;
}

/// Adds one identity to the list that its kind belongs to.
result<const std::string*>
add_identity(protocol::signal::customer_identities& out,
             std::string_view text) {
  if (text.starts_with("sha256:")) {
    auto digits = protocol::signal::canonical_fingerprint(text);
    if (!digits)
      return fail(ec::malformed, "",
                  "write \"sha256:\" and 64 hexadecimal digits");
    return &out.fingerprints.emplace_back(std::move(*digits));
  }
  if (text.starts_with("cn:")) {
    if (text.size() == 3 || text.size() > 3 + 64)
      return fail(ec::malformed, "", "a common name has 1 to 64 characters");
    return &out.common_names.emplace_back(text.substr(3));
  }
  if (text.starts_with("psk:")) {
    if (text.size() == 4 || text.size() > 4 + 128)
      return fail(ec::malformed, "", "a PSK identity has 1 to 128 octets");
    return &out.psk_identities.emplace_back(text.substr(4));
  }
  if (text.starts_with("cdid:")) {
    if (text.size() == 5 || text.size() > 5 + 128)
      return fail(ec::malformed, "", "a cdid has 1 to 128 characters");
    return &out.cdids.emplace_back(text.substr(5));
  }
  auto name = normalise(text, form::domain);
  if (!name)
    return fail(ec::malformed, "",
                "write \"sha256:…\", a DNS name, \"cn:\" and a common name, "
                "\"psk:\" and the identity of a key, or \"cdid:\" and the name "
                "of a domain");
  return &out.dns_names.emplace_back(std::move(*name));
}

} // namespace

std::string in_quotes(std::string_view word) {
  static constexpr std::size_t longest = 80;
  std::string out = "'";
  for (char c : word.substr(0, longest)) {
    auto octet = static_cast<unsigned char>(c);
    out += octet < 0x20 || octet == 0x7F ? '?' : c;
  }
  return out += word.size() > longest ? "…'" : "'";
}

std::string named(const option& o) {
  return "key '" + std::string{o.name} + "'";
}

void read_value(const toml::node& n, bool& out, const option& o, context& c) {
  const auto* x = n.as_boolean();
  if (!x)
    return wrong_kind(n, o, "true or false", c);
  out = x->get();
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, std::uint32_t& out, const option& o,
                context& c) {
  store_count(n, out, o, c);
}

void read_value(const toml::node& n, std::uint64_t& out, const option& o,
                context& c) {
  store_count(n, out, o, c);
}

void read_value(const toml::node& n, std::int64_t& out, const option& o,
                context& c) {
  if (auto x = read_seconds(n, o, c)) {
    out = *x;
    c.mark(out, begin_of(n));
  }
}

void read_value(const toml::node& n, std::chrono::seconds& out, const option& o,
                context& c) {
  if (auto x = read_seconds(n, o, c)) {
    out = std::chrono::seconds{*x};
    c.mark(out, begin_of(n));
  }
}

void read_value(const toml::node& n, std::string& out, const option& o,
                context& c) {
  const auto* text = text_of(n, o, c);
  if (!text)
    return;
  if (text->find('\0') != std::string::npos)
    return c.error(begin_of(n), named(o) + " must not contain U+0000");
  auto good = normalise(*text, o.as);
  if (!good)
    return bad_value(n, o, *text, good.error(), c);
  out = std::move(*good);
  if (o.as == form::driver && out.find('/') != std::string::npos)
    out = (c.directory() / out).lexically_normal().string();
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, std::filesystem::path& out,
                const option& o, context& c) {
  const auto* text = text_of(n, o, c, "a path");
  if (!text)
    return;
  if (text->empty() || text->find('\0') != std::string::npos)
    return c.error(begin_of(n), named(o) + " is not a usable path");
  out = (c.directory() / *text).lexically_normal();
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, endpoint& out, const option& o,
                context& c) {
  const auto* text = text_of(n, o, c, "an address as text");
  if (!text)
    return;
  auto x = parse_endpoint(*text, o.port);
  if (!x)
    return bad_value(n, o, *text, x.error(), c);
  auto port = std::to_string(o.port);
  if (o.as == form::address && !prefix::parse(x->host))
    return c.error(begin_of(n),
                   in_quotes(*text) + " is not an address to listen on",
                   "write \"192.0.2.1:" + port + "\" or \"[::]:" + port + '"');
  if (x->port < o.min)
    return c.error(begin_of(n), named(o) + " has no usable port: " + *text,
                   "from " + std::to_string(o.min) + " to 65535");
  out = std::move(*x);
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, prefix& out, const option& o, context& c) {
  if (auto x = read_prefix(n, o, c)) {
    out = *x;
    c.mark(out, begin_of(n));
  }
}

void read_value(const toml::node& n, protocol::signal::port_range& out,
                const option& o, context& c) {
  const auto* number = n.as_integer();
  const auto* text = n.as_string();
  if (!number && !text)
    return wrong_kind(n, o, "a list of ports", c);
  auto written = number ? std::to_string(number->get()) : text->get();
  auto x = parse_port_range(written);
  if (!x)
    return bad_value(n, o, written, x.error(), c);
  out = *x;
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, std::uint8_t& out, const option& o,
                context& c) {
  const auto* text = n.as_string();
  if (!text)
    return store_count(n, out, o, c);
  auto x = parse_protocol(text->get());
  if (!x)
    return bad_value(n, o, text->get(), x.error(), c);
  out = *x;
  c.mark(out, begin_of(n));
}

void read_value(const toml::node& n, protocol::signal::customer_identities& out,
                const option& o, context& c) {
  const auto* list = as_array(n, o, c);
  if (!list)
    return;
  out = {};
  // The places of elements are remembered by address: no reallocation.
  for (auto* kind : {&out.fingerprints, &out.dns_names, &out.common_names,
                     &out.psk_identities})
    kind->reserve(list->size());
  for (const auto& x : *list) {
    const auto* text = text_of(x, o, c);
    if (!text)
      continue;
    if (auto added = add_identity(out, *text))
      c.mark(**added, begin_of(x));
    else
      bad_value(x, o, *text, added.error(), c);
  }
  if (list->empty() || out != protocol::signal::customer_identities{})
    c.mark(out, begin_of(n));
}

const toml::table* as_table(const toml::node& n, const option& o, context& c) {
  const auto* table = n.as_table();
  if (!table)
    wrong_kind(n, o, "a table", c);
  return table;
}

const toml::array* as_array(const toml::node& n, const option& o, context& c) {
  const auto* list = n.as_array();
  if (!list)
    wrong_kind(n, o, "a list", c, "put it in brackets: [ … ]");
  return list;
}

std::optional<std::size_t> read_label(const toml::node& n, const option& o,
                                      std::span<const std::string_view> labels,
                                      context& c) {
  const auto* text = text_of(n, o, c);
  if (!text)
    return {};
  auto i = std::find(labels.begin(), labels.end(), *text);
  if (i == labels.end()) {
    c.error(begin_of(n), in_quotes(*text) + " is not valid for " + named(o),
            "one of " + join(labels));
    return {};
  }
  return static_cast<std::size_t>(i - labels.begin());
}

} // namespace tocsin::roles
