#pragma once
#include "protocol/error.hpp"

#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace tocsin::transports::crypto {

/// Creates a file with this content and mode, and makes it durable. It is
/// never readable to more than `mode` allows, not even for a moment. Fails
/// with ec::conflict if anything of that name exists, else with ec::io, and
/// then leaves nothing behind.
result<void> write_new_file(const std::filesystem::path& file,
                            std::string_view content, mode_t mode);

/// Makes sure that a directory for keys exists: a new one gets mode 0700; an
/// existing one must be writable to nobody else. Fails with ec::io or
/// ec::unauthorized.
result<void> private_directory(const std::filesystem::path& directory);

} // namespace tocsin::transports::crypto
