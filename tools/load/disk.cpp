#include "tools/load/requests.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tocsin::tools::load {

namespace {

using clock_type = std::chrono::steady_clock;

// Like a write-ahead log: pages are appended, and reused from the start after
// a while. True if one is on the disk.
bool append_durably(int fd, std::uint64_t number) {
  constexpr std::uint64_t pages = 1000;
  std::array<char, 4096> page{};
  std::memcpy(page.data(), &number, sizeof number);
  auto at = static_cast<off_t>(number % pages * page.size());
  return pwrite(fd, page.data(), page.size(), at)
             == static_cast<ssize_t>(page.size())
         && fdatasync(fd) == 0;
}

} // namespace

result<load_report> run_disk(const arguments& with) {
  auto fd = open(with.file.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC,
                 S_IRUSR | S_IWUSR);
  if (fd < 0)
    return fail(ec::io, with.file.string(), std::strerror(errno));
  meter seen{std::nullopt};
  bool good = true;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < with.windows && good; ++i) {
    auto now = clock_type::now();
    auto end = now + with.window;
    seen.begin(now);
    while (good && now < end) {
      good = append_durably(fd, number++);
      auto after = clock_type::now();
      seen.done("append", after - now, "durable");
      now = after;
    }
    seen.end(now);
  }
  close(fd);
  if (!good)
    return fail(ec::io, with.file.string(), std::strerror(errno));
  load_report out;
  out.measured = seen.result();
  return out;
}

} // namespace tocsin::tools::load
