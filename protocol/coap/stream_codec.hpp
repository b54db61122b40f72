#pragma once
#include "protocol/coap/message.hpp"
#include "protocol/error.hpp"

#include <optional>

/// Messages in a stream (RFC 8323, Section 3.2): length and token length in
/// one octet, up to four more octets of length, code, token, options, payload.
/// Neither version nor type nor message id.
namespace tocsin::protocol::coap {

/// Options that one frame may have. A frame is far longer than a datagram, and
/// 64 KiB of empty options would cost a hundred times the work and several
/// times the memory of any sensible request, which has some twenty.
inline constexpr std::size_t max_frame_options = 256;

/// Size of the frame that begins at `octets[0]`; nothing if too little of it
/// is there to tell. Errors: `malformed` (a reserved token length).
result<std::optional<std::uint64_t>> frame_size(byte_view octets);

/// Cuts a stream into frames. What is kept between two calls is one incomplete
/// frame, and it occupies no more than has arrived of it.
class frame_reader {
public:
  /// `bound`: the Max-Message-Size that the peer was told.
  explicit frame_reader(std::size_t bound) : bound_{bound} {}

  /// Takes octets off the front of `input` until a frame is complete; nothing
  /// if `input` has run out before. The view is valid until the next call or
  /// the end of `input`. Errors, after which the stream has no meaning any
  /// more: `malformed`, and `too_large` as soon as the length has arrived.
  result<std::optional<byte_view>> next(byte_view& input);

  /// Octets of the incomplete frame.
  std::size_t buffered() const noexcept { return buffer_.size(); }

private:
  result<std::optional<std::uint64_t>> checked_size(byte_view octets) const;
  result<std::optional<byte_view>> complete(byte_view& input);
  void forget();

  std::size_t bound_;
  bytes buffer_;
  bool delivered_ = false; ///< `buffer_` is the frame given out last
};

/// Reads one complete frame into a message whose type is `con` and whose
/// message id is 0. Of an empty message only the token is read: it is to be
/// ignored whatever it has (RFC 8323, Section 3.4). Errors: `truncated` (not a
/// complete frame), `malformed`, `too_large` (`max_frame_options`).
result<message> parse_frame(byte_view frame);

/// Appends a frame to `out`. Errors: `out_of_range` (an option longer than the
/// format can express); `out` then is as before.
result<void> serialise_frame(code what, const token& id,
                             const option_list& options, byte_view payload,
                             bytes& out);

} // namespace tocsin::protocol::coap
