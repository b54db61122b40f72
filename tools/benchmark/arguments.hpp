#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tocsin::tools::benchmark {

/// What to ask for, again and again.
enum class request_kind : std::uint8_t {
  heartbeat, ///< PUT hb
  get,       ///< GET of the one mitigation that each client made before
  put,       ///< PUT of a new mitigation, each with a target of its own
};

/// What the command line says.
struct arguments {
  std::string server = "127.0.0.1:4646"; ///< IPv4, on this machine
  std::string server_name;
  std::filesystem::path certificate, key, ca;
  std::optional<int> watch; ///< process id of the server
  std::size_t sessions = 100;
  std::size_t outstanding = 32; ///< operations under way, in all
  std::size_t entries = 100;    ///< of the filters of each client, data channel
  std::size_t windows = 3;
  std::chrono::milliseconds window{2000};
  std::chrono::milliseconds warm_up{500};
  std::filesystem::path file; ///< for the disk's measurement
};

/// Describes how often and how long to measure.
void describe_windows(CLI::App& app, arguments& into);

/// Describes all options of a measurement with a server.
void describe(CLI::App& app, arguments& into);

} // namespace tocsin::tools::benchmark
