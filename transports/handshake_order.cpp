#include "transports/handshake_order.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::transports {

namespace {

// No DTLS 1.2 handshake has more messages in one direction.
constexpr unsigned max_sequence = 64;

// A few certificates' worth.
constexpr std::size_t max_held = 16384;

// A chain of the longest kind in use.
constexpr std::int64_t max_length = 65536;

// One handshake message, or a part of one (RFC 6347, Section 4.2.2).
struct message_part {
  std::int64_t shape; // type and length, the same in all parts
  std::int64_t sequence, length, offset, size;
};

// Cuts the first part off `rest`; nothing unless it is what it says. GnuTLS
// believes these numbers and reads past its buffers.
std::optional<message_part> next_part(byte_view& rest) {
  auto number = [&rest](std::size_t at) {
    return std::int64_t{rest[at]} << 16 | rest[at + 1] << 8 | rest[at + 2];
  };
  if (rest.size() < 12)
    return std::nullopt;
  auto sequence = std::int64_t{rest[4]} << 8 | rest[5];
  message_part x{std::int64_t{rest[0]} << 24 | number(1), sequence, number(1),
                 number(6), number(9)};
  if (x.length > max_length || x.offset + x.size > x.length
      || (x.size == 0 && x.length != 0)
      || static_cast<std::size_t>(x.size) > rest.size() - 12)
    return std::nullopt;
  rest = rest.subspan(12 + static_cast<std::size_t>(x.size));
  return x;
}

} // namespace

handshake_order::verdict handshake_order::judge(const dtls_record& record,
                                                bool change_expected) {
  if (record.epoch == 1 && record.type != content_type::change_cipher_spec) {
    if (cipher_changed_)
      return verdict::ready;
    return record.type == content_type::handshake
               ? hold(encrypted_place, record)
               : verdict::rejected;
  }
  if (record.epoch != 0 || cipher_changed_)
    return verdict::rejected;
  switch (record.type) {
  case content_type::alert:
    return record.fragment.size() == 2 ? verdict::ready : verdict::rejected;
  case content_type::change_cipher_spec:
    if (!change_expected)
      return hold(change_place, record);
    cipher_changed_ = true;
    return verdict::ready;
  case content_type::handshake:
    return judge_message(record);
  case content_type::application_data:
    break;
  }
  return verdict::rejected;
}

handshake_order::verdict
handshake_order::judge_message(const dtls_record& record) {
  auto where = place_in_handshake(record);
  auto sequence = record.message_sequence();
  if (!sequence || *sequence > max_sequence)
    return verdict::rejected;
  if (!sequence_) // the number that a client gave its hello
    sequence_ = *sequence;
  if (*sequence < *sequence_)
    return verdict::repeated;
  if (where > expected())
    return hold(where, record);
  return pass(record.fragment) ? verdict::ready : verdict::rejected;
}

handshake_order::verdict handshake_order::hold(place where,
                                               const dtls_record& record) {
  if (held_.contains(where))
    return verdict::held;
  if (held_size_ + record.whole.size() > max_held)
    return verdict::rejected;
  held_size_ += record.whole.size();
  held_.emplace(where, bytes(record.whole.begin(), record.whole.end()));
  return verdict::held;
}

bool handshake_order::next(bytes& out, bool change_expected) {
  while (!held_.empty()) {
    auto first = held_.begin();
    auto where = first->first;
    if (where == change_place      ? !change_expected
        : where == encrypted_place ? !cipher_changed_
                                   : !sequence_ || where > expected())
      return false;
    out = std::move(first->second);
    held_.erase(first);
    held_size_ -= out.size();
    cipher_changed_ = cipher_changed_ || where == change_place;
    if (where >= change_place)
      return true;
    byte_view rest{out};
    auto record = next_record(rest);
    if (record && record->message_sequence() >= *sequence_
        && pass(record->fragment))
      return true;
  }
  return false;
}

// Moves on past the messages, or parts of one, in a record; false, and nothing
// moves, if they do not follow each other or contradict what came before.
bool handshake_order::pass(byte_view rest) noexcept {
  auto sequence = *sequence_, offset = offset_;
  auto shape = shape_;
  while (!rest.empty()) {
    auto x = next_part(rest);
    if (!x || x->sequence != sequence || x->offset > offset
        || (shape && *shape != x->shape))
      return false;
    shape = x->shape;
    offset = std::max(offset, x->offset + x->size);
    if (offset == x->length) {
      ++sequence;
      offset = 0;
      shape.reset();
    }
  }
  sequence_ = sequence;
  offset_ = offset;
  shape_ = shape;
  return true;
}

} // namespace tocsin::transports
