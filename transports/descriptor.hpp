#pragma once
#include <unistd.h>
#include <utility>

namespace tocsin::transports {

/// Closes a file descriptor when it goes.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_{number} {}
  descriptor(descriptor&& other) noexcept : number_{other.release()} {}
  descriptor& operator=(descriptor&& other) noexcept {
    descriptor taken{std::move(other)};
    std::swap(number_, taken.number_);
    return *this;
  }
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  int release() noexcept { return std::exchange(number_, -1); }

private:
  int number_ = -1;
};

} // namespace tocsin::transports
