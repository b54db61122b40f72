#pragma once
#include "tools/load/swarm.hpp"
#include "transports/http_exchange.hpp"
#include "transports/tls.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace tocsin::tools::load {

/// Several HTTPS connections to one server, each with one request under way.
/// One thread; blocks.
class https_calls {
public:
  /// The next request of a connection; nothing: it has no more.
  using source = std::function<std::optional<transports::web_request>()>;
  /// An answer, and how long it took.
  using sink =
      std::function<void(const transports::web_response& x, duration took)>;

  /// Connects them all, with mutual authentication. Fails with ec::io or
  /// ec::closed.
  static result<https_calls> open(const swarm_target& where, std::size_t count);
  ~https_calls();
  https_calls(https_calls&&) noexcept;
  https_calls& operator=(https_calls&&) noexcept;

  /// Keeps each busy until `end`, or until the source has no more; waits for
  /// the answers that are under way then. Fails if a connection does.
  result<void> run(const source& next, const sink& done, time_point end);

private:
  struct connection;
  https_calls();

  std::vector<std::unique_ptr<connection>> all_;
};

} // namespace tocsin::tools::load
