#pragma once
#include "protocol/error.hpp"
#include "roles/config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::roles {

/// One remark about a configuration file.
struct diagnostic {
  enum class severity : std::uint8_t { error, warning };
  severity level = severity::error;
  std::uint32_t line = 0;   ///< from 1; 0: the file as a whole
  std::uint32_t column = 0; ///< from 1, in characters
  std::string message;      ///< what is wrong, in one sentence
  std::string hint;         ///< what to do about it, may be empty

  friend bool operator==(const diagnostic&, const diagnostic&) = default;
};

/// "FILE:LINE:COLUMN: error: MESSAGE; HINT"
std::string to_string(const diagnostic& x, std::string_view file);

/// A configuration together with all that is to be said about it.
struct loaded {
  config value;                    ///< complete only if good()
  std::vector<diagnostic> remarks; ///< in the order of the file
  bool good() const;               ///< no remark is an error
  std::string report() const;      ///< one remark a line
};

/// Reads a file, and checks the files it names: certificates and keys must be
/// readable and belong together, keys must be nobody else's to read. All
/// errors are reported, not only the first. Blocks on the file system.
loaded read(const std::filesystem::path& file);

/// Reads configuration text. Touches no file; relative paths are taken from
/// the directory of `file`, which is also what remarks name.
loaded parse(std::string_view text, const std::filesystem::path& file);

/// `read` for those who only want a good configuration: the failure's detail
/// is the report.
result<config> load(const std::filesystem::path& file);

} // namespace tocsin::roles
