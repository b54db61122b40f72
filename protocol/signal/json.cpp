#include "protocol/signal/json.hpp"

#include "protocol/cbor/writer.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/schema/fields.hpp"
#include "protocol/utf8.hpp"

#include <charconv>
#include <cmath>

// JSON becomes CBOR, which then passes the one decoder with all its checks.
// Only what differs between the two is looked at here: names, labels, numbers
// in strings.
namespace tocsin::protocol::signal {

namespace {

using schema::field;
using schema::wire;

failure mismatch(const field& row, std::string_view wanted) {
  return fail(ec::malformed, std::string{row.leaf},
              std::string{wanted} + " expected");
}

template <class T>
std::optional<T> parse_integer(std::string_view text) {
  T x = 0;
  auto [end, error] = std::from_chars(text.begin(), text.end(), x);
  if (error != std::errc{} || end != text.end() || text.empty())
    return {};
  return x;
}

/// "1.5", "2" or "1.50" in hundredths.
std::optional<std::int64_t> parse_hundredths(std::string_view text) {
  auto dot = text.find('.');
  auto fraction =
      dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  bool bare_dot = dot != std::string_view::npos && fraction.empty();
  auto whole = parse_integer<std::uint32_t>(text.substr(0, dot));
  if (!whole || bare_dot || fraction.size() > 2)
    return {};
  std::string digits{fraction};
  digits.resize(2, '0');
  auto rest = parse_integer<std::uint32_t>(digits);
  if (!rest)
    return {};
  return std::int64_t{*whole} * 100 + *rest;
}

/// The row of a member's name. go-dots puts the prefix of its list before the
/// children of `ietf-dots-signal-control:acl-list`, too.
const field* row_of(std::uint16_t parent, std::string_view name) {
  static constexpr std::string_view control = "ietf-dots-signal-control:";
  if (const auto* row = schema::find_field(name))
    return row;
  if (!name.starts_with(control))
    return nullptr;
  const auto* row = schema::find_field(name.substr(control.size()));
  return row && row->allowed_in(parent) ? row : nullptr;
}

class transcoder {
public:
  result<void> write_map(std::uint16_t parent, const json::value& x) {
    if (!x.is_object())
      return fail(ec::malformed,
                  parent == schema::top
                      ? "json"
                      : std::string{schema::find_field(parent)->leaf},
                  "an object expected");
    auto all = x.members();
    out_.map(all.size());
    for (const auto& [name, member] : all) {
      const auto* row = row_of(parent, name);
      if (!row)
        return fail(ec::unknown, "json", quoted(name) + " is no known name");
      out_.unsigned_integer(row->key);
      if (auto r = write(*row, member); !r)
        return r;
    }
    return {};
  }

  const bytes& get() const noexcept { return out_.get(); }

private:
  result<void> write(const field& row, const json::value& x) {
    switch (row.type) {
    case wire::map:
      return write_map(row.key, x);
    case wire::list_of_maps:
    case wire::list_of_text:
    case wire::list_of_unsigned:
      return write_list(row, x);
    case wire::text:
      return write_text(row, x);
    case wire::integer:
      return write_integer(row, x);
    case wire::enumeration:
      return write_label(row, x);
    case wire::boolean:
      return write_boolean(row, x);
    case wire::decimal:
      return write_decimal(row, x);
    }
    return fail(ec::internal, std::string{row.leaf});
  }

  result<void> write_list(const field& row, const json::value& x) {
    if (!x.is_array())
      return mismatch(row, "an array");
    auto all = x.elements();
    out_.array(all.size());
    for (const auto& entry : all) {
      auto r = row.type == wire::list_of_maps   ? write_map(row.key, entry)
               : row.type == wire::list_of_text ? write_text(row, entry)
                                                : write_integer(row, entry);
      if (!r)
        return r;
    }
    return {};
  }

  result<void> write_text(const field& row, const json::value& x) {
    auto text = x.text();
    if (!text)
      return mismatch(row, "a string");
    out_.text(*text);
    return {};
  }

  result<void> write_integer(const field& row, const json::value& x) {
    auto text = x.text();
    auto positive =
        text ? parse_integer<std::uint64_t>(*text) : x.unsigned_integer();
    auto any = text ? parse_integer<std::int64_t>(*text) : x.integer();
    if (positive)
      out_.unsigned_integer(*positive);
    else if (any)
      out_.integer(*any);
    else
      return mismatch(row, "an integer of at most 64 bits");
    return {};
  }

  result<void> write_label(const field& row, const json::value& x) {
    auto text = x.text();
    auto number = text ? schema::value_of(row.names, *text) : 0;
    if (number == 0) {
      std::string all;
      for (auto name : row.names)
        all += (all.empty() ? "one of " : ", ") + std::string{name};
      return mismatch(row, all);
    }
    out_.unsigned_integer(number);
    return {};
  }

  result<void> write_boolean(const field& row, const json::value& x) {
    auto flag = x.boolean();
    if (!flag)
      return mismatch(row, "true or false");
    out_.boolean(*flag);
    return {};
  }

  result<void> write_decimal(const field& row, const json::value& x) {
    std::optional<std::int64_t> hundredths;
    if (auto text = x.text()) {
      hundredths = parse_hundredths(*text);
    } else if (auto number = x.number()) {
      auto scaled = std::round(*number * 100);
      // The tolerance takes in what a decimal loses when it becomes binary.
      if (scaled >= 0 && scaled <= static_cast<double>(row.max)
          && std::abs(*number * 100 - scaled) < 1e-6)
        hundredths = static_cast<std::int64_t>(scaled);
    }
    if (!hundredths)
      return mismatch(row, "a decimal with at most two fraction digits");
    out_.hundredths(*hundredths);
    return {};
  }

  cbor::writer out_;
};

} // namespace

result<body> from_json(std::string_view text, direction way) {
  // JSON says the same with more octets, but not with four times as many
  // unless it is mostly space.
  if (text.size() > 4 * max_body_size)
    return fail(ec::too_large, "json",
                std::to_string(text.size()) + " octets are too many");
  auto parsed = json::document::parse(text);
  if (!parsed)
    return parsed.error();
  transcoder t;
  if (auto r = t.write_map(schema::top, parsed->root()); !r)
    return r.error();
  return decode(t.get(), way);
}

} // namespace tocsin::protocol::signal
