#pragma once
#include <cstddef>

namespace tocsin::test {

/// Counts calls of operator new in the whole program while it lives; not those
/// of malloc, which are GnuTLS' own. One at a time.
class allocation_count {
public:
  allocation_count();
  ~allocation_count();
  allocation_count(const allocation_count&) = delete;
  allocation_count& operator=(const allocation_count&) = delete;

  std::size_t value() const noexcept;
};

} // namespace tocsin::test
