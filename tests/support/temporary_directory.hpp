#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace tocsin::test {

/// A directory of its own, gone at the end of the test.
class temporary_directory {
public:
  temporary_directory() {
    auto text =
        (std::filesystem::temp_directory_path() / "tocsin-XXXXXX").string();
    path_ = ::mkdtemp(text.data());
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file of this mode and gives its path.
  std::filesystem::path write(const std::string& name, std::string_view text,
                              mode_t mode = 0600) const {
    auto file = path_ / name;
    std::ofstream{file, std::ios::binary} << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

private:
  std::filesystem::path path_;
};

} // namespace tocsin::test
