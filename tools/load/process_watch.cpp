#include "tools/load/process_watch.hpp"

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace tocsin::tools::load {

namespace {

std::ifstream open_proc(int pid, const char* name) {
  return std::ifstream{"/proc/" + std::to_string(pid) + '/' + name};
}

} // namespace

std::optional<std::chrono::milliseconds> cpu_time(int pid) {
  auto file = open_proc(pid, "stat");
  std::string line;
  if (!std::getline(file, line))
    return {};
  // The name in parentheses may hold anything; what follows does not.
  auto end = line.rfind(')');
  if (end == std::string::npos)
    return {};
  std::istringstream fields{line.substr(end + 1)};
  constexpr int before_utime = 11; // state to cmajflt, proc(5)
  std::string skipped;
  for (int i = 0; i < before_utime; ++i)
    fields >> skipped;
  std::int64_t user = 0, system = 0;
  if (!(fields >> user >> system))
    return {};
  return std::chrono::milliseconds{(user + system) * 1000
                                   / sysconf(_SC_CLK_TCK)};
}

std::optional<std::uint64_t> resident_memory(int pid) {
  auto file = open_proc(pid, "statm");
  std::uint64_t total = 0, resident = 0;
  if (!(file >> total >> resident))
    return {};
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::chrono::nanoseconds own_cpu_time() {
  timespec x{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &x);
  return std::chrono::seconds{x.tv_sec} + std::chrono::nanoseconds{x.tv_nsec};
}

} // namespace tocsin::tools::load
