#include "protocol/cbor/writer.hpp"

#include <array>
#include <cbor.h>

namespace tocsin::protocol::cbor {

namespace {

/// The longest head: one initial octet and a 64-bit argument.
constexpr std::size_t head_size = 9;

/// Most bodies of DOTS are no longer, so they grow once.
constexpr std::size_t usual_size = 64;

template <class Encode>
void append(bytes& out, Encode encode) {
  if (out.empty())
    out.reserve(usual_size);
  std::array<unsigned char, head_size> buffer;
  auto n = encode(buffer.data(), buffer.size());
  out.insert(out.end(), buffer.data(), buffer.data() + n);
}

} // namespace

writer& writer::unsigned_integer(std::uint64_t x) {
  append(out_, [x](auto* p, auto n) { return cbor_encode_uint(x, p, n); });
  return *this;
}

writer& writer::integer(std::int64_t x) {
  if (x >= 0)
    return unsigned_integer(static_cast<std::uint64_t>(x));
  auto argument = static_cast<std::uint64_t>(-1 - x);
  append(out_,
         [=](auto* p, auto n) { return cbor_encode_negint(argument, p, n); });
  return *this;
}

writer& writer::boolean(bool x) {
  append(out_, [x](auto* p, auto n) { return cbor_encode_bool(x, p, n); });
  return *this;
}

writer& writer::null() {
  append(out_, [](auto* p, auto n) { return cbor_encode_null(p, n); });
  return *this;
}

writer& writer::text(std::string_view x) {
  append(out_, [&](auto* p, auto n) {
    return cbor_encode_string_start(x.size(), p, n);
  });
  return raw(as_octets(x));
}

writer& writer::octets(byte_view x) {
  append(out_, [&](auto* p, auto n) {
    return cbor_encode_bytestring_start(x.size(), p, n);
  });
  return raw(x);
}

writer& writer::array(std::size_t elements) {
  append(out_, [=](auto* p, auto n) {
    return cbor_encode_array_start(elements, p, n);
  });
  return *this;
}

writer& writer::map(std::size_t pairs) {
  append(out_,
         [=](auto* p, auto n) { return cbor_encode_map_start(pairs, p, n); });
  return *this;
}

writer& writer::tag(std::uint64_t number) {
  append(out_, [=](auto* p, auto n) { return cbor_encode_tag(number, p, n); });
  return *this;
}

writer& writer::hundredths(std::int64_t x) {
  return tag(4).array(2).integer(-2).integer(x);
}

writer& writer::raw(byte_view items) {
  out_.insert(out_.end(), items.begin(), items.end());
  return *this;
}

} // namespace tocsin::protocol::cbor
