#include "tests/allocations/counting_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> count{0};

void* checked(void* x) {
  if (x == nullptr)
    throw std::bad_alloc{};
  if (counting.load(std::memory_order_relaxed))
    count.fetch_add(1, std::memory_order_relaxed);
  return x;
}

std::size_t at_least_one(std::size_t size) {
  return size == 0 ? 1 : size;
}

} // namespace

// The other forms call these.
void* operator new(std::size_t size) {
  return checked(std::malloc(at_least_one(size)));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  auto unit = static_cast<std::size_t>(alignment);
  return checked(
      std::aligned_alloc(unit, (at_least_one(size) + unit - 1) / unit * unit));
}

void operator delete(void* x) noexcept {
  std::free(x);
}

void operator delete(void* x, std::size_t) noexcept {
  std::free(x);
}

void operator delete(void* x, std::align_val_t) noexcept {
  std::free(x);
}

void operator delete(void* x, std::size_t, std::align_val_t) noexcept {
  std::free(x);
}

namespace tocsin::test {

allocation_count::allocation_count() {
  count = 0;
  counting = true;
}

allocation_count::~allocation_count() {
  counting = false;
}

std::size_t allocation_count::value() const noexcept {
  return count;
}

} // namespace tocsin::test
