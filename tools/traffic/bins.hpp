#pragma once
#include "protocol/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tocsin::tools::traffic {

/// Counts events in bins of 20 ms and writes a line for each bin, also for
/// empty ones: the time at which it begins in milliseconds since 1970, and its
/// counts. Readers may follow the file while it grows.
class bins {
public:
  static constexpr std::int64_t width_ms = 20;
  static constexpr std::size_t max_columns = 3;

  /// `path` is truncated; empty: nothing is written.
  static result<bins> open(const std::string& path, std::size_t columns,
                           std::int64_t now_ms);

  bins(bins&& other) noexcept;
  bins& operator=(bins&&) = delete;
  ~bins(); ///< writes the bin that was begun

  void add(std::size_t column, std::uint64_t count) {
    counts_[column] += count;
    totals_[column] += count;
  }
  /// Writes the bins that are over at `now_ms`.
  void advance(std::int64_t now_ms);
  std::uint64_t total(std::size_t column) const { return totals_[column]; }

private:
  using row = std::array<std::uint64_t, max_columns>;

  bins(int file, std::size_t columns, std::int64_t begin_ms)
      : file_{file}, columns_{columns}, begin_ms_{begin_ms} {}
  void append(std::string& to) const;
  void write(const std::string& text) const;

  int file_ = -1;
  std::size_t columns_ = 0;
  std::int64_t begin_ms_ = 0; // of the current bin
  row counts_{};
  row totals_{};
};

} // namespace tocsin::tools::traffic
