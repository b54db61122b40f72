#pragma once
// Files that hold credentials; for the sources of this directory.
#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

#include <filesystem>

namespace tocsin::transports {

/// Reads all of a file of at most 4 MiB, called `what` in messages. Fails with
/// ec::io or ec::too_large.
result<bytes> read_credential_file(const std::filesystem::path& path,
                                   const char* what);

/// Fails with ec::unauthorized if anyone but its owner may access the file.
result<void> check_secrecy(const std::filesystem::path& path, const char* what);

/// Overwrites secrets in a way that no optimisation removes.
void wipe(bytes& secret) noexcept;

} // namespace tocsin::transports
