#include "tests/negative/octets.hpp"

#include "protocol/cbor/writer.hpp"

#include <algorithm>
#include <stdexcept>

namespace tocsin::test::negative {

namespace {

std::uint8_t digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::uint8_t>(c - 'a' + 10);
  throw std::invalid_argument{"a digit expected in a row of the table"};
}

void append(bytes& to, const bytes& what) {
  to.insert(to.end(), what.begin(), what.end());
}

/// A map of the pairs, each taken from the notation.
bytes map_of(std::string_view pairs) {
  const auto count = pairs.empty() ? 0 : 1 + std::ranges::count(pairs, ';');
  auto out =
      protocol::cbor::writer{}.map(static_cast<std::size_t>(count)).get();
  std::string joined{pairs};
  std::ranges::replace(joined, ';', ' ');
  append(out, octets(joined));
  return out;
}

} // namespace

bytes octets(std::string_view notation) {
  bytes out;
  for (std::size_t i = 0; i < notation.size(); ++i) {
    if (notation[i] == ' ')
      continue;
    if (notation[i] == '\'') {
      const auto end = notation.find('\'', i + 1);
      append(out, protocol::cbor::writer{}
                      .text(notation.substr(i + 1, end - i - 1))
                      .get());
      i = end;
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(digit(notation.at(i)) << 4
                                            | digit(notation.at(i + 1))));
    ++i;
  }
  return out;
}

bytes entry(std::string_view pairs) {
  auto out = octets("a101 a102 81");
  append(out, map_of(pairs));
  return out;
}

bytes config_set(unsigned key, std::string_view pairs) {
  auto out = octets("a1181e a118");
  out.push_back(static_cast<std::uint8_t>(key));
  append(out, map_of(pairs));
  return out;
}

bytes good_body() {
  return entry("06 81 '192.0.2.80/32'; 0a 81 11; 0e 19 0e10");
}

std::string times(std::size_t count, std::string_view notation) {
  std::string out;
  for (; count > 0; --count)
    out += notation;
  return out;
}

coap::option_list path_options(std::string_view path, bool with_body) {
  coap::option_list out;
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  } else {
    out.add(coap::option::uri_path, ".well-known");
    out.add(coap::option::uri_path, "dots");
  }
  for (bool more = !path.empty(); more;) {
    const auto slash = path.find('/');
    out.add(coap::option::uri_path, path.substr(0, slash));
    more = slash != std::string_view::npos;
    path.remove_prefix(more ? slash + 1 : path.size());
  }
  if (with_body)
    out.add_uint(coap::option::content_format, coap::dots_cbor);
  return out;
}

row request(std::string name, coap::code method, std::string_view path,
            bytes body, outcome expected) {
  row x;
  x.name = std::move(name);
  x.code = method;
  x.options = path_options(path, !body.empty());
  x.payload = std::move(body);
  x.on_datagram = x.on_stream = expected;
  return x;
}

} // namespace tocsin::test::negative
