#pragma once
#include "protocol/bytes.hpp"
#include "transports/dtls_record.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace tocsin::transports {

/// Puts the records of a peer's handshake into their order: GnuTLS does not
/// get along with messages, or a change of keys, that overtake others. Keeps
/// what must not reach GnuTLS away from it: also parts of messages whose
/// lengths contradict each other. Bounded memory.
class handshake_order {
public:
  enum class verdict : std::uint8_t {
    ready,    ///< process it now, then ask next()
    held,     ///< kept until its turn comes
    repeated, ///< was processed before: the peer misses our flight
    rejected, ///< no place in a handshake, or no room to keep it
  };

  /// `change_expected`: all unencrypted messages of the peer were processed,
  /// so its ChangeCipherSpec is next.
  verdict judge(const dtls_record& record, bool change_expected);

  /// The next kept record whose turn has come; false if there is none.
  bool next(bytes& out, bool change_expected);

private:
  using place = std::int64_t;

  verdict judge_message(const dtls_record& record);
  verdict hold(place where, const dtls_record& record);
  place expected() const noexcept { return *sequence_ << 24 | offset_; }
  bool pass(byte_view fragment) noexcept;

  std::optional<place> sequence_; // of the message that is due
  place offset_ = 0;              // what of it was processed
  std::optional<place> shape_;    // its type and length, once a part came
  bool cipher_changed_ = false;
  std::map<place, bytes> held_;
  std::size_t held_size_ = 0;
};

} // namespace tocsin::transports
