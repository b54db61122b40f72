#pragma once
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>

namespace tocsin::test::negative {

/// Does a server stay as large as it was after the warm-up?
class memory_watch {
public:
  /// What the server may grow after the warm-up. Its caches and the allocator's
  /// arenas are full by then; a leak of 16 octets in each request would exceed
  /// this in the 500 rounds of a full run.
  static constexpr std::int64_t most_growth = 4096; // KiB

  /// Of the rounds, this part comes before the measurement.
  static constexpr unsigned warm_up_part = 4;

  memory_watch(std::string pid, unsigned rounds)
      : pid_{std::move(pid)}, rounds_{rounds} {}

  /// Round number `i`, from 0, is over.
  void after(unsigned i) {
    if (i == rounds_ / warm_up_part)
      before_ = resident();
  }

  void conclude() { after_ = resident(); }

  std::int64_t before() const { return before_; } ///< KiB
  std::int64_t after() const { return after_; }   ///< KiB

  bool alive() const { return after_ != 0; }
  bool flat() const {
    return after_ - before_ <= most_growth || rounds_ < 2 * warm_up_part;
  }

  /// Says what is wrong.
  void tell() const {
    if (!alive())
      std::cout << "  FAILED: the server is gone\n";
    if (!flat())
      std::cout << "  FAILED: it grew by more than " << most_growth << " KiB\n";
  }

private:
  /// Resident memory of the process in KiB; 0: there is none.
  std::int64_t resident() const {
    std::ifstream file{"/proc/" + pid_ + "/statm"};
    std::int64_t total = 0, pages = 0;
    file >> total >> pages;
    return pages * 4; // pages of 4 KiB
  }

  std::string pid_;
  unsigned rounds_;
  std::int64_t before_ = 0, after_ = 0;
};

} // namespace tocsin::test::negative
