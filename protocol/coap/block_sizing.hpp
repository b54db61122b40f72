#pragma once
#include "protocol/coap/agent.hpp"
#include "protocol/coap/block_option.hpp"

namespace tocsin::protocol::coap {

/// How large blocks may be: what fits a message of the layer below.
class block_sizing {
public:
  block_sizing(const message_layer& below, std::uint32_t largest)
      : below_{&below}, largest_{largest} {}

  /// Octets of payload that a message with these options can carry.
  std::size_t room(std::size_t token_size,
                   const option_list& options) const noexcept {
    // Over a stream: length up to 4 octets and 2 more (RFC 8323, Section 3.2).
    const std::size_t header = below_->reliable() ? 6 : 4;
    constexpr std::size_t payload_marker = 1;
    const auto used =
        header + token_size + encoded_size(options) + payload_marker;
    const auto most = below_->max_message();
    return most > used ? most - used : 0;
  }

  /// Size of the blocks for a message with that room; nothing if not even the
  /// smallest fits. `wanted`: not beyond that size.
  std::optional<std::uint8_t>
  choose(std::size_t room, std::optional<std::uint8_t> wanted) const noexcept {
    auto x = largest_szx(std::min<std::size_t>(room, largest_));
    if (x == 6 && bert())
      x = block::bert;
    if (x && wanted)
      x = std::min(*x, *wanted);
    return x;
  }

  /// Octets that one message takes of a body of which `left` are left.
  static std::size_t share(std::uint8_t szx, std::size_t room,
                           std::size_t left) noexcept {
    const auto unit = block{0, false, szx}.unit();
    const auto most = szx == block::bert ? room / unit * unit : unit;
    return std::min(most, left);
  }

  /// May SZX 7 be used?
  bool bert() const noexcept { return below_->bert(); }

private:
  const message_layer* below_;
  std::size_t largest_;
};

} // namespace tocsin::protocol::coap
