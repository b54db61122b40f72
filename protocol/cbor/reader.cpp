#include "protocol/cbor/reader.hpp"

#include "protocol/utf8.hpp"

#include <array>
#include <cbor.h>

namespace tocsin::protocol::cbor {

namespace {

head& out(void* context) {
  return *static_cast<head*>(context);
}

template <kind Kind, class T>
void number(void* context, T value) {
  out(context) = {Kind, static_cast<std::uint64_t>(value), false, {}};
}

template <kind Kind>
void sized(void* context, std::size_t size) {
  out(context) = {Kind, size, false, {}};
}

template <kind Kind>
void unsized(void* context) {
  out(context) = {Kind, 0, true, {}};
}

template <kind Kind>
void plain(void* context) {
  out(context) = {Kind, 0, false, {}};
}

template <kind Kind>
void string(void* context, cbor_data data, std::size_t size) {
  out(context) = {Kind, size, false, as_text({data, size})};
}

template <class T>
void real(void* context, T) {
  plain<kind::real>(context);
}

constexpr auto positive = kind::unsigned_integer;
constexpr auto negative = kind::negative_integer;

constexpr cbor_callbacks callbacks{
    .uint8 = number<positive, std::uint8_t>,
    .uint16 = number<positive, std::uint16_t>,
    .uint32 = number<positive, std::uint32_t>,
    .uint64 = number<positive, std::uint64_t>,
    .negint64 = number<negative, std::uint64_t>,
    .negint32 = number<negative, std::uint32_t>,
    .negint16 = number<negative, std::uint16_t>,
    .negint8 = number<negative, std::uint8_t>,
    .byte_string_start = unsized<kind::octets>,
    .byte_string = string<kind::octets>,
    .string = string<kind::text>,
    .string_start = unsized<kind::text>,
    .indef_array_start = unsized<kind::array>,
    .array_start = sized<kind::array>,
    .indef_map_start = unsized<kind::map>,
    .map_start = sized<kind::map>,
    .tag = number<kind::tag, std::uint64_t>,
    .float2 = real<float>,
    .float4 = real<float>,
    .float8 = real<double>,
    .undefined = plain<kind::simple>,
    .null = plain<kind::null>,
    .boolean = number<kind::boolean, bool>,
    .indef_break = plain<kind::stop>,
};

struct decoded {
  cbor_decoder_status status = CBOR_DECODER_ERROR;
  std::size_t size = 0;
  head item;
};

/// One step of libcbor's decoder, plus the simple values it does not know:
/// they are well formed (RFC 8949, Section 3.3).
decoded decode_one(byte_view input) {
  if (input.empty())
    return {CBOR_DECODER_NEDATA, 0, {}};
  auto initial = input[0];
  if (initial >= 0xE0 && initial < 0xF4)
    return {CBOR_DECODER_FINISHED, 1, {kind::simple, 0, false, {}}};
  if (initial == 0xF8) {
    if (input.size() < 2)
      return {CBOR_DECODER_NEDATA, 0, {}};
    if (input[1] < 32)
      return {};
    return {CBOR_DECODER_FINISHED, 2, {kind::simple, 0, false, {}}};
  }
  decoded x;
  auto r = cbor_stream_decode(input.data(), input.size(), &callbacks, &x.item);
  x.status = r.status;
  x.size = r.read;
  return x;
}

bool is_string(kind x) {
  return x == kind::text || x == kind::octets;
}

bool is_container(kind x) {
  return x == kind::array || x == kind::map || x == kind::tag;
}

/// A container that is being skipped. A pair counts as two items, a tag is a
/// container of one.
struct level {
  std::uint64_t left = 0;
  bool indefinite = false;
  bool pairs = false;
  bool odd = false; ///< of an indefinite map: a value is due

  static level of(const head& x) {
    if (x.what == kind::tag)
      return {1, false, false, false};
    bool map = x.what == kind::map;
    return {map ? 2 * x.value : x.value, x.indefinite, map, false};
  }

  bool complete() const { return !indefinite && left == 0; }

  /// Takes one item or break into account; false if it may not be here.
  bool count(kind x) {
    if (x == kind::stop) {
      bool allowed = indefinite && !odd;
      *this = {};
      return allowed;
    }
    if (indefinite)
      odd = pairs && !odd;
    else
      --left;
    return true;
  }
};

} // namespace

std::string_view to_string(kind x) noexcept {
  static constexpr std::array<std::string_view, 12> names{
      "an unsigned integer",
      "a negative integer",
      "a byte string",
      "text",
      "an array",
      "a map",
      "a tag",
      "a boolean",
      "null",
      "a simple value",
      "a floating-point number",
      "a break"};
  static_assert(names.size() == static_cast<std::size_t>(kind::stop) + 1);
  auto i = static_cast<std::size_t>(x);
  return i < names.size() ? names[i] : "an unknown item";
}

failure reader::broken(ec code, std::string_view what) const {
  return fail(code, "cbor",
              std::string{what} + " at octet " + std::to_string(position_));
}

result<head> reader::peek() const {
  auto copy = *this;
  return copy.next();
}

result<head> reader::next() {
  auto x = decode_one(input_.subspan(position_));
  if (x.status == CBOR_DECODER_NEDATA)
    return broken(ec::truncated, "the message ends within an item");
  if (x.status != CBOR_DECODER_FINISHED)
    return broken(ec::malformed, "no well-formed CBOR");
  if (x.item.what == kind::text && !is_clean_text(x.item.content))
    return broken(ec::malformed, "text is not UTF-8 or contains NUL");
  position_ += x.size;
  return x.item;
}

result<head> reader::expect(kind what) {
  auto before = position_;
  auto x = next();
  if (x && x->what != what) {
    auto found = x->what;
    position_ = before;
    return broken(ec::malformed, std::string{to_string(what)} + " expected, "
                                     + std::string{to_string(found)}
                                     + " found");
  }
  return x;
}

result<std::uint64_t> reader::read_unsigned() {
  auto x = expect(kind::unsigned_integer);
  if (!x)
    return x.error();
  return x->value;
}

result<std::int64_t> reader::read_integer() {
  auto x = peek();
  if (!x)
    return x.error();
  bool below = x->what == kind::negative_integer;
  if (auto item =
          expect(below ? kind::negative_integer : kind::unsigned_integer);
      !item)
    return item.error();
  if (x->value > INT64_MAX)
    return broken(ec::out_of_range, "integer of more than 63 bits");
  auto value = static_cast<std::int64_t>(x->value);
  return below ? -1 - value : value;
}

result<bool> reader::read_bool() {
  auto x = expect(kind::boolean);
  if (!x)
    return x.error();
  return x->value != 0;
}

result<std::string> reader::read_text() {
  auto x = expect(kind::text);
  if (!x)
    return x.error();
  if (!x->indefinite)
    return std::string{x->content};
  std::string all;
  for (;;) {
    auto chunk = next();
    if (!chunk)
      return chunk.error();
    if (chunk->what == kind::stop)
      return all;
    if (chunk->what != kind::text || chunk->indefinite)
      return broken(ec::malformed, "text in pieces that are not text");
    all += chunk->content;
  }
}

result<container> reader::enter(kind what) {
  auto x = expect(what);
  if (!x)
    return x.error();
  if (++depth_ > max_depth)
    return broken(ec::too_large, "nested too deep");
  return container{x->value, x->indefinite};
}

result<container> reader::enter_array() {
  return enter(kind::array);
}

result<container> reader::enter_map() {
  return enter(kind::map);
}

result<bool> reader::more(container& in) {
  bool another = in.left > 0;
  if (in.indefinite) {
    auto x = peek();
    if (!x)
      return x.error();
    another = x->what != kind::stop;
    if (!another)
      (void)next();
  } else if (another) {
    --in.left;
  }
  if (!another)
    --depth_;
  return another;
}

result<void> reader::skip_string(kind what) {
  for (;;) {
    auto chunk = next();
    if (!chunk)
      return chunk.error();
    if (chunk->what == kind::stop)
      return {};
    if (chunk->what != what || chunk->indefinite)
      return broken(ec::malformed, "string in pieces of another type");
  }
}

result<void> reader::skip() {
  std::array<level, max_depth + 1> open{};
  std::size_t deep = 0;
  open[0].left = 1;
  for (;;) {
    while (open[deep].complete()) {
      if (deep == 0)
        return {};
      --deep;
    }
    auto x = next();
    if (!x)
      return x.error();
    if (!open[deep].count(x->what))
      return broken(ec::malformed, "break where an item is due");
    if (is_string(x->what) && x->indefinite)
      if (auto r = skip_string(x->what); !r)
        return r;
    if (!is_container(x->what))
      continue;
    if (depth_ + deep + 1 > max_depth)
      return broken(ec::too_large, "nested too deep");
    // Each item takes an octet, so a larger number cannot be satisfied; the
    // check also keeps the doubling of pairs from wrapping.
    if (x->what != kind::tag && x->value > input_.size())
      return broken(ec::truncated, "a container is longer than the message");
    open[++deep] = level::of(*x);
  }
}

result<void> reader::finish() const {
  if (at_end())
    return {};
  return broken(ec::malformed, "octets after the end of the item");
}

} // namespace tocsin::protocol::cbor
