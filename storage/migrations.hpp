#pragma once
#include <span>
#include <string_view>

namespace tocsin::storage {

/// One step of the database's schema; runs in a transaction of its own.
struct migration {
  int version; ///< `user_version` afterwards; 1, 2, 3 …
  std::string_view name;
  std::string_view sql;
};

/// All steps, oldest first. A released step is never edited: add another.
std::span<const migration> migrations();

} // namespace tocsin::storage
