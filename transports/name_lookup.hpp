#pragma once
#include "protocol/error.hpp"
#include "protocol/signal/prefix.hpp"
#include "transports/socket_address.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tocsin::transports {

/// DNS servers of one network (RFC 9284, Section 4.1); none: the system's.
struct name_servers {
  std::vector<socket_address> servers; ///< with their port
  std::string interface; ///< the only one to ask through; empty: any

  friend bool operator==(const name_servers&, const name_servers&) = default;
};

/// Looks names up through the system's resolver, or by name servers that it is
/// told, on a thread of its own, since that call blocks. The operator points
/// the system's stub resolver at DNS over TLS (RFC 9132, Section 11);
/// docs/operations.md says how.
class name_lookup {
public:
  using addresses = std::vector<protocol::signal::prefix>;
  /// Called on the lookup thread with host prefixes or the reason of a failure.
  using done = std::function<void(result<addresses>)>;

  explicit name_lookup(name_servers from = {});
  /// Waits for a lookup under way; forgets those that are queued.
  ~name_lookup();

  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

  /// Queues a name; any thread. With more than 1,024 waiting it fails at once
  /// with ec::unavailable, on the caller's thread.
  void lookup(std::string name, done on_done);

private:
  struct job {
    std::string name;
    done on_done;
  };

  void run();

  name_servers from_;

  std::mutex guard_;
  std::condition_variable filled_;
  std::deque<job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace tocsin::transports
