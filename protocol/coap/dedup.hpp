#pragma once
#include "protocol/bytes.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tocsin::protocol::coap {

/// Message ids of the peer that were seen, with the replies they drew (RFC
/// 7252, Section 4.5). A ring in order of arrival, with a hash index; all
/// operations take constant time. When a bound is reached the oldest entry is
/// forgotten first.
class dedup {
public:
  /// Requests and responses are told apart, because one known DOTS server
  /// gives its responses the message id of the request, out of our number
  /// space into its own.
  struct key {
    std::uint16_t mid;
    bool is_response;

    friend bool operator==(const key&, const key&) = default;
  };

  /// At most `entries` entries and `octets` octets of replies.
  dedup(std::size_t entries, std::size_t octets);

  /// The reply to repeat, empty if there was none; nothing if `id` is new.
  /// Valid until the next call.
  std::optional<byte_view> find(key id, time_point now) const;

  /// Remembers `id` until `expires`. Must not be known already.
  void insert(key id, time_point now, time_point expires);

  /// Stores the reply to `id` in place of an earlier one; no effect if `id`
  /// was forgotten.
  void set_reply(key id, byte_view reply);

  std::size_t size() const noexcept { return count_; }

private:
  static constexpr std::uint32_t none = 0xffffffff;

  struct entry {
    time_point expires;
    std::unique_ptr<bytes> reply; // null: none, as for every NON
    key id;
    std::uint32_t next; // in the chain of its bucket
  };

  std::uint32_t& bucket(key id);
  std::uint32_t locate(key id) const;
  void drop_oldest();
  void grow();
  void release_if_idle();

  std::size_t max_entries_;
  std::size_t max_octets_;
  std::size_t octets_ = 0;
  std::vector<entry> ring_;
  std::vector<std::uint32_t> buckets_; // a power of two
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

} // namespace tocsin::protocol::coap
