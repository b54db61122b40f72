#pragma once
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tocsin::storage {

/// Bounds of a store.
struct store_options {
  /// Audit events kept; older ones are dropped. Days of an ordinary node's
  /// trail in about 20 MB.
  std::size_t max_audit = 100'000;
  /// Pages of 4096 octets the database may grow to; 0: as the disk allows.
  /// A commit that would exceed it fails and applies nothing. SQLite only.
  std::uint32_t max_pages = 0;
};

/// As the functions of store.hpp, with other bounds.
result<std::unique_ptr<store>> open_sqlite(const std::string& path,
                                           const store_options& options);
std::unique_ptr<store> make_memory_store(const store_options& options);

} // namespace tocsin::storage
