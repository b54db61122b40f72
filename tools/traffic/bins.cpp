#include "tools/traffic/bins.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tocsin::tools::traffic {

namespace {

/// A clock that was set must not fill the disk with empty bins.
constexpr std::int64_t max_gap_ms = 60'000;

} // namespace

result<bins> bins::open(const std::string& path, std::size_t columns,
                        std::int64_t now_ms) {
  int file = -1;
  if (!path.empty()) {
    file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
      return fail(ec::io, path, std::strerror(errno));
  }
  return bins{file, columns, now_ms - now_ms % width_ms};
}

bins::bins(bins&& other) noexcept
    : file_{std::exchange(other.file_, -1)}, columns_{other.columns_},
      begin_ms_{other.begin_ms_}, counts_{other.counts_}, totals_{
                                                              other.totals_} {}

bins::~bins() {
  if (file_ < 0)
    return;
  std::string text;
  append(text);
  write(text);
  ::close(file_);
}

void bins::advance(std::int64_t now_ms) {
  if (now_ms < begin_ms_ || now_ms - begin_ms_ > max_gap_ms) {
    begin_ms_ = now_ms - now_ms % width_ms; // the clock was set
    return;
  }
  std::string text;
  while (now_ms - begin_ms_ >= width_ms) {
    append(text);
    counts_ = {};
    begin_ms_ += width_ms;
  }
  if (!text.empty())
    write(text);
}

void bins::append(std::string& to) const {
  to += std::to_string(begin_ms_);
  for (std::size_t i = 0; i < columns_; ++i)
    to += ' ' + std::to_string(counts_[i]);
  to += '\n';
}

void bins::write(const std::string& text) const {
  if (file_ < 0)
    return;
  for (std::size_t done = 0; done < text.size();) {
    auto n = ::write(file_, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR)
      return; // a full disk must not stop the service
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

} // namespace tocsin::tools::traffic
