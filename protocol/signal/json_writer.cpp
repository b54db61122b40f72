#include "protocol/cbor/reader.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/schema/fields.hpp"
#include "protocol/signal/json.hpp"

namespace tocsin::protocol::signal {

namespace {

using schema::field;
using schema::wire;

/// "1.50" for 150.
std::string decimal_text(std::int64_t hundredths) {
  auto magnitude = hundredths < 0 ? 0 - static_cast<std::uint64_t>(hundredths)
                                  : static_cast<std::uint64_t>(hundredths);
  std::string out = hundredths < 0 ? "-" : "";
  out += std::to_string(magnitude / 100) + '.';
  out += std::to_string(magnitude % 100 / 10);
  return out + std::to_string(magnitude % 10);
}

std::string hex(std::string_view octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char c : octets) {
    auto octet = static_cast<unsigned char>(c);
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

/// Walks any CBOR; `row` is what the table knows about an item, or null.
/// Nesting is bounded by the reader.
class printer {
public:
  explicit printer(byte_view octets) : in_{octets} {}

  result<std::string> run() {
    skip_tags();
    auto x = in_.peek();
    if (!x)
      return x.error();
    if (x->what != cbor::kind::map)
      return fail(ec::malformed, "dots-signal", "the body is no map");
    if (auto r = item(nullptr); !r)
      return r.error();
    if (auto r = in_.finish(); !r)
      return r.error();
    return std::move(out_).str();
  }

private:
  /// Tags are shown by their content only; returns the innermost.
  std::uint64_t skip_tags() {
    std::uint64_t last = 0;
    for (auto x = in_.peek(); x && x->what == cbor::kind::tag; x = in_.peek()) {
      last = x->value;
      (void)in_.next();
    }
    return last;
  }

  result<void> item(const field* row) {
    bool decimal = skip_tags() == 4 && row && row->type == wire::decimal;
    auto x = in_.peek();
    if (!x)
      return x.error();
    if (decimal) {
      auto before = in_;
      if (fraction())
        return {};
      // Of another form, inside something that the decoder skips.
      in_ = before;
      row = nullptr;
    }
    switch (x->what) {
    case cbor::kind::map:
      return map();
    case cbor::kind::array:
      return array(row);
    case cbor::kind::text:
      return text();
    default:
      return scalar(row);
    }
  }

  result<void> map() {
    auto pairs = in_.enter_map();
    if (!pairs)
      return pairs.error();
    out_.begin_object();
    for (;;) {
      auto another = in_.more(*pairs);
      if (!another)
        return another.error();
      if (!*another)
        break;
      if (auto r = pair(); !r)
        return r;
    }
    out_.end_object();
    return {};
  }

  result<void> pair() {
    auto x = in_.peek();
    if (!x)
      return x.error();
    const field* row = nullptr;
    if (x->what == cbor::kind::text) {
      auto name = in_.read_text();
      if (!name)
        return name.error();
      out_.key(*name);
    } else {
      auto key = in_.read_integer();
      if (!key)
        return key.error();
      row = *key > 0 ? schema::find_field(static_cast<std::uint64_t>(*key))
                     : nullptr;
      out_.key(row ? std::string{row->leaf} : std::to_string(*key));
    }
    return item(row);
  }

  result<void> array(const field* row) {
    auto entries = in_.enter_array();
    if (!entries)
      return entries.error();
    out_.begin_array();
    for (;;) {
      auto another = in_.more(*entries);
      if (!another)
        return another.error();
      if (!*another)
        break;
      if (auto r = item(row); !r)
        return r;
    }
    out_.end_array();
    return {};
  }

  result<void> text() {
    auto x = in_.read_text();
    if (!x)
      return x.error();
    out_.value(std::string_view{*x});
    return {};
  }

  result<void> fraction() {
    auto parts = in_.enter_array();
    if (!parts)
      return parts.error();
    auto first = in_.more(*parts);
    auto exponent = in_.read_integer();
    auto second = in_.more(*parts);
    auto mantissa = in_.read_integer();
    auto third = in_.more(*parts);
    if (!first || !exponent || !second || !mantissa || !third || *third
        || *exponent != -2)
      return fail(ec::malformed, "dots-signal",
                  "a decimal must be [-2, hundredths]");
    out_.value(std::string_view{decimal_text(*mantissa)});
    return {};
  }

  result<void> scalar(const field* row) {
    auto x = in_.peek();
    if (!x)
      return x.error();
    if (x->what == cbor::kind::octets && x->indefinite)
      out_.null();
    else if (!shown(*x, row))
      return fail(ec::malformed, "dots-signal", "a break where an item is due");
    return in_.skip();
  }

  bool shown(const cbor::head& x, const field* row) {
    using cbor::kind;
    auto label = row ? schema::label(row->names, x.value) : std::string_view{};
    switch (x.what) {
    case kind::unsigned_integer:
      if (!label.empty())
        out_.value(label);
      else if (row ? row->string_in_json() : x.value > schema::u32)
        out_.value(std::string_view{std::to_string(x.value)});
      else
        out_.value(x.value);
      return true;
    case kind::negative_integer:
      if (x.value > INT64_MAX)
        out_.null();
      else
        out_.value(-1 - static_cast<std::int64_t>(x.value));
      return true;
    case kind::octets:
      out_.value(std::string_view{hex(x.content)});
      return true;
    case kind::boolean:
      out_.value(x.value != 0);
      return true;
    case kind::stop:
      return false;
    default:
      out_.null();
      return true;
    }
  }

  cbor::reader in_;
  json::writer out_;
};

} // namespace

result<std::string> cbor_to_json(byte_view octets) {
  if (octets.size() > max_body_size)
    return fail(ec::too_large, "body", "too many octets");
  return printer{octets}.run();
}

std::string to_json(const body& x) {
  auto text = cbor_to_json(encode(x));
  return text ? *text : std::string{};
}

} // namespace tocsin::protocol::signal
