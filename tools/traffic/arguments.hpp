#pragma once
#include "tools/traffic/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <variant>

namespace tocsin::tools::traffic {

// Bounds that no option lifts. They are far above what a demo or a test needs
// and far below what harms a machine.
inline constexpr std::uint64_t max_flood_rate = 200'000; ///< packets a second
inline constexpr std::uint64_t max_visit_rate = 1'000;   ///< visits a second
inline constexpr std::uint64_t max_seconds = 600;
inline constexpr std::uint64_t max_sources = 64;
inline constexpr std::uint64_t min_size = 1, max_size = 1'400; ///< octets

struct flood_options {
  endpoint to;
  std::uint64_t rate = 0; ///< packets a second
  std::chrono::seconds duration{0};
  std::size_t size = 200;  ///< octets of UDP payload
  std::size_t sources = 1; ///< source ports
  std::string log;         ///< file of bins; empty: none
};

struct visit_options {
  endpoint to;
  std::uint64_t rate = 0; ///< connections a second
  std::chrono::seconds duration{0};
  std::string log; ///< file of bins; empty: none
};

struct victim_options {
  address host;
  std::uint16_t tcp = 0; ///< 0: the system chooses
  std::uint16_t udp = 0;
  std::string log;
};

struct help {};

using command =
    std::variant<help, flood_options, visit_options, victim_options>;

/// Reads a command line without the program's name. Checks bounds, not yet
/// whether a target is allowed.
result<command> parse(std::span<const std::string> words);

/// What --help prints.
std::string usage();

} // namespace tocsin::tools::traffic
