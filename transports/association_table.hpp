#pragma once
#include "transports/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tocsin::transports {

/// What tells associations apart: the way their datagrams take.
struct association_key {
  socket_id socket;
  socket_address peer;
  socket_address local;

  friend bool operator==(const association_key&,
                         const association_key&) = default;
  std::size_t hash() const noexcept {
    return peer.hash() ^ (local.hash() * 31) ^ socket.value;
  }
};

/// Who serves it, and what the reactor must remember.
struct association_entry {
  association_key key;
  std::shared_ptr<association_handler> handler;
  std::uint64_t hello_nonce = 0; ///< of the ClientHello that began it
  std::uint32_t generation = 0;
  bool used = false;
  bool listed = false; ///< can be found by its key
  bool handshaking = false;
};

/// Slab of associations with an index by key: open addressing, so that looking
/// for a stranger touches one or two cache lines and allocates nothing.
class association_table {
public:
  association_table();

  /// Takes a slot that no key leads to yet.
  association reserve(const association_key& key);

  /// Lets the entry be found. No other entry of its key may be listed.
  void list(association id);

  /// Gives the slot back; the handler is the caller's.
  std::shared_ptr<association_handler> release(association id);

  /// Null if `id` is stale. Pointers live until the next reserve().
  association_entry* find(association id) noexcept;

  std::optional<association> find(const association_key& key) const noexcept;

  /// Number of slots in use.
  std::size_t size() const noexcept { return size_; }

  /// All entries in use, for the rare walk over everything.
  std::vector<association> all() const;

private:
  static constexpr std::uint32_t none = UINT32_MAX;

  std::size_t home_of(const association_key& key) const noexcept {
    return key.hash() & (index_.size() - 1);
  }
  std::size_t place_of(std::uint32_t slot) const noexcept;
  void unlist(std::uint32_t slot) noexcept;
  void grow();

  std::vector<association_entry> entries_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> index_; // slots by hash, `none` where empty
  std::size_t listed_ = 0;
  std::size_t size_ = 0;
};

} // namespace tocsin::transports
