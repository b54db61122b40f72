#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace tocsin::tools::load {

/// CPU time that a process, all its threads together, has used, in steps of
/// the kernel's clock tick (10 ms); nothing if there is no such process.
std::optional<std::chrono::milliseconds> cpu_time(int pid);

/// Resident memory of a process in octets.
std::optional<std::uint64_t> resident_memory(int pid);

/// CPU time of this process.
std::chrono::nanoseconds own_cpu_time();

} // namespace tocsin::tools::load
