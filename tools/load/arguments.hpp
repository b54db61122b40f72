#pragma once
#include "tools/load/mix.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tocsin::tools::load {

/// What the command line says. Each measurement uses a part of it.
struct arguments {
  std::string mode;                      ///< name of the measurement
  bool json = false;                     ///< print an object, not text
  std::string server = "127.0.0.1:4646"; ///< loopback, IPv4
  std::string server_name;
  std::filesystem::path certificate, key, ca;
  std::optional<int> watch; ///< process id of the server
  std::size_t sessions = 100;
  std::size_t outstanding = 32; ///< operations under way, in all
  std::uint64_t rate = 0;       ///< operations per second; 0: closed loop
  load::mix mix{request_kind::heartbeat};
  std::size_t observers = 0; ///< sessions that observe their mitigations
  std::size_t entries = 100; ///< of the filters of each client, data channel
  std::size_t windows = 3;
  std::chrono::milliseconds window{2000};
  std::chrono::milliseconds warm_up{500};
  std::uint64_t count = 1000;       ///< of handshakes, or of packets of a flood
  bool resumed = false;             ///< handshakes with a ticket
  bool keep = false;                ///< sessions stay until the end
  bool leave_mitigations = false;   ///< for the server to start on loss
  std::uint32_t seed = 1;           ///< of what a flood invents
  std::chrono::seconds duration{1}; ///< of silence
  std::filesystem::path file;       ///< for the disk's measurement
};

/// Describes every measurement, each a subcommand with its options and limits.
/// Parsing refuses a server that is not on the loopback interface.
void describe(CLI::App& app, arguments& into);

} // namespace tocsin::tools::load
