#include "protocol/signal/codec_decoder.hpp"

#include "protocol/utf8.hpp"

#include <algorithm>

namespace tocsin::protocol::signal {

namespace {

/// Tag that marks a DOTS object (RFC 9132, Section 10.5).
constexpr std::uint64_t dots_tag = 271;
/// Tag of a decimal fraction (RFC 8949, Section 3.4.4).
constexpr std::uint64_t decimal_tag = 4;
/// Unknown keys that a diagnostic lists; enough to see what extension it is.
constexpr std::size_t most_listed = 32;

std::string name_of(const schema::field& row) {
  return "key " + std::to_string(row.key) + " (" + std::string{row.leaf} + ")";
}

std::string bounds_of(const schema::field& row) {
  return std::to_string(row.min) + " to " + std::to_string(row.max);
}

std::string_view leaf_of(std::uint16_t key) {
  const auto* row = schema::find_field(key);
  return row ? row->leaf : "dots-signal";
}

} // namespace

bool key_set::insert(std::uint16_t key) {
  static_assert(schema::signal_fields.size() < 64);
  if (schema::find_field(key)) {
    auto bit = std::uint64_t{1} << key;
    bool fresh = (known_ & bit) == 0;
    known_ |= bit;
    return fresh;
  }
  if (std::ranges::find(unknown_, key) != unknown_.end())
    return false;
  unknown_.push_back(key);
  return true;
}

result<void> decoder::read(message& x) {
  strip_tag();
  read_map(schema::top, x);
  if (good())
    if (auto end = in_.finish(); !end)
      blame(schema::top, end.error());
  if (why_)
    return *why_;
  if (not_understood_.empty())
    return {};
  std::string keys;
  for (auto key : not_understood_)
    keys += (keys.empty() ? "" : ", ") + std::to_string(key);
  return fail(ec::unknown, "dots-signal",
              "keys not understood, yet comprehension-required: " + keys);
}

void decoder::strip_tag() {
  auto x = in_.peek();
  if (x && x->what == cbor::kind::tag && x->value == dots_tag)
    (void)in_.next();
}

const schema::field* decoder::next_element(std::uint16_t parent,
                                           key_set& seen) {
  cbor::head x;
  if (!take(parent, in_.next(), x))
    return nullptr;
  if (x.what != cbor::kind::unsigned_integer || !schema::valid_key(x.value)) {
    refuse(ec::malformed, leaf_of(parent),
           "keys must be integers from 1 to 65535");
    return nullptr;
  }
  auto key = static_cast<std::uint16_t>(x.value);
  const auto* row = schema::find_field(key);
  if (!seen.insert(key)) {
    refuse(ec::malformed, row ? row->leaf : leaf_of(parent),
           "key " + std::to_string(key) + " occurs twice in one map");
    return nullptr;
  }
  if (row)
    return accept(*row, parent);
  skip_unknown(key, seen);
  return nullptr;
}

const schema::field* decoder::accept(const schema::field& row,
                                     std::uint16_t parent) {
  using schema::flow;
  bool to_server = way_ == direction::request;
  if (row.way == flow::path_only)
    refuse(ec::malformed, row.leaf,
           name_of(row) + " belongs into the Uri-Path, never into a body");
  else if (to_server && row.way == flow::response)
    refuse(ec::malformed, row.leaf,
           name_of(row) + " is sent by servers only, not in a request body");
  else if (!to_server && row.way == flow::request)
    refuse(ec::malformed, row.leaf,
           name_of(row) + " is sent by clients only, not in a response body");
  else if (!row.allowed_in(parent))
    refuse(ec::malformed, row.leaf,
           name_of(row) + " has no place in " + std::string{leaf_of(parent)});
  return good() ? &row : nullptr;
}

void decoder::skip_unknown(std::uint16_t key, const key_set& seen) {
  if (seen.full())
    return refuse(ec::too_large, "dots-signal", "too many unknown keys");
  if (schema::comprehension_required(key)
      && not_understood_.size() < most_listed
      && std::ranges::find(not_understood_, key) == not_understood_.end())
    not_understood_.push_back(key);
  if (auto r = in_.skip(); !r)
    blame(schema::top, r.error());
}

bool decoder::more(std::uint16_t key, cbor::container& in) {
  bool another = false;
  return good() && take(key, in_.more(in), another) && another;
}

std::uint64_t decoder::read_number(const schema::field& row) {
  cbor::head x;
  if (!take(row.key, in_.next(), x))
    return 0;
  return within(row, x);
}

std::uint64_t decoder::within(const schema::field& row, const cbor::head& x) {
  using cbor::kind;
  if (x.what != kind::unsigned_integer && x.what != kind::negative_integer) {
    refuse(ec::malformed, row.leaf,
           "an integer expected, " + std::string{cbor::to_string(x.what)}
               + " found");
    return 0;
  }
  bool below = x.what == kind::negative_integer;
  // A negative integer n stands on the wire as -1 - n.
  bool fits =
      below ? row.min < 0 && x.value <= static_cast<std::uint64_t>(-1 - row.min)
            : x.value <= row.max
                  && (row.min <= 0
                      || x.value >= static_cast<std::uint64_t>(row.min));
  if (!fits) {
    // Only the most negative of all would wrap, and it just looks odd.
    auto shown =
        below ? "-" + std::to_string(x.value + 1) : std::to_string(x.value);
    refuse(ec::out_of_range, row.leaf,
           shown + " is not within " + bounds_of(row));
    return 0;
  }
  return below ? ~x.value : x.value;
}

std::uint64_t decoder::read_decimal(const schema::field& row) {
  static constexpr std::string_view form =
      "expected is tag 4 with [-2, hundredths]";
  cbor::head x;
  cbor::container parts;
  std::int64_t exponent = 0;
  if (!take(row.key, in_.next(), x))
    return 0;
  if (x.what != cbor::kind::tag || x.value != decimal_tag) {
    refuse(ec::malformed, row.leaf, std::string{form});
    return 0;
  }
  if (!take(row.key, in_.enter_array(), parts) || !more(row.key, parts)
      || !take(row.key, in_.read_integer(), exponent)
      || !more(row.key, parts)) {
    refuse(ec::malformed, row.leaf, std::string{form});
    return 0;
  }
  auto hundredths = read_number(row);
  if (more(row.key, parts) || exponent != -2)
    refuse(ec::malformed, row.leaf, std::string{form});
  return hundredths;
}

void decoder::read_text(const schema::field& row, std::string& x) {
  if (!take(row.key, in_.read_text(), x))
    return;
  if (x.empty())
    refuse(ec::malformed, row.leaf, "the text is empty");
  else if (x.size() > row.max)
    refuse(ec::out_of_range, row.leaf,
           std::to_string(x.size()) + " octets, at most "
               + std::to_string(row.max) + " are allowed");
}

void decoder::read_prefix(const schema::field& row, prefix& x) {
  std::string text;
  read_text(row, text);
  if (!good())
    return;
  auto parsed = prefix::parse(text);
  if (parsed)
    x = *parsed;
  else if (parsed.error().code == ec::out_of_range)
    refuse(ec::out_of_range, row.leaf,
           quoted(text) + ": " + parsed.error().detail);
  else
    refuse(ec::malformed, row.leaf,
           quoted(text) + " is not an address with a prefix length");
}

void decoder::miss(std::uint16_t key) {
  const auto* row = schema::find_field(key);
  refuse(ec::missing, row->leaf, name_of(*row) + " is mandatory");
}

void decoder::refuse(ec code, std::string_view where, std::string detail) {
  if (!why_)
    why_ = fail(code, std::string{where}, std::move(detail));
}

void decoder::blame(std::uint16_t key, const failure& why) {
  refuse(why.code, leaf_of(key), why.detail);
}

} // namespace tocsin::protocol::signal
