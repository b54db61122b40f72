#pragma once
#include "protocol/bytes.hpp"
#include "transports/ticket_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::transports {

/// What a client needs to resume an association.
struct saved_session {
  bytes state;                   ///< ticket and secret in the library's form
  std::vector<bytes> peer_chain; ///< DER; empty after a pre-shared key
  bytes bound_to; ///< digest of everything else that must be as it was
};

/// The youngest session with each server, for a client. Each is handed out
/// once, so that no two associations can be linked by a ticket (RFC 8446,
/// Appendix C.4), and so that one which fails is not tried again. Any thread.
class resumption_cache {
public:
  /// A client knows a few servers; `capacity` is a guard against mistakes.
  explicit resumption_cache(std::size_t capacity = 64);
  ~resumption_cache();

  /// Replaces the session under `key`; the one stored the longest ago makes
  /// room if there is none.
  void put(const std::string& key, saved_session x);

  std::optional<saved_session> take(const std::string& key);

  std::size_t size() const;

private:
  struct entry {
    saved_session session;
    std::uint64_t age = 0;
  };

  mutable std::mutex mutex_;
  std::size_t capacity_;
  std::uint64_t stored_ = 0;
  std::map<std::string, entry> entries_;
};

/// How an association takes part in resumption; all of it is optional.
struct resumption_options {
  /// Server: issue tickets, and accept those of this secret.
  std::shared_ptr<const ticket_keys> tickets;
  /// Client: where sessions are kept, and under which key: one for each
  /// server and transport, such as "upstream udp".
  std::shared_ptr<resumption_cache> cache;
  std::string key{};
};

} // namespace tocsin::transports
