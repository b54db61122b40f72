#include "transports/crypto/new_file.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tocsin::transports::crypto {

namespace {

failure system_failure(const std::filesystem::path& file) {
  if (errno == EEXIST)
    return fail(ec::conflict, file.string(),
                "exists already and is never overwritten");
  return fail(ec::io, file.string(), std::strerror(errno));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0;
}

void sync_directory(const std::filesystem::path& directory) {
  int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

} // namespace

result<void> write_new_file(const std::filesystem::path& file,
                            std::string_view content, mode_t mode) {
  // O_EXCL refuses symbolic links too; the umask can only narrow the mode.
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0)
    return system_failure(file);
  bool good = write_all(fd, content);
  auto why = system_failure(file);
  ::close(fd);
  if (!good) {
    ::unlink(file.c_str());
    return why;
  }
  auto parent = file.parent_path();
  sync_directory(parent.empty() ? "." : parent);
  return {};
}

result<void> private_directory(const std::filesystem::path& directory) {
  auto parent = directory.parent_path();
  std::error_code failed;
  if (!parent.empty())
    std::filesystem::create_directories(parent, failed);
  if (failed)
    return fail(ec::io, parent.string(), failed.message());
  if (::mkdir(directory.c_str(), 0700) == 0)
    return {};
  if (errno != EEXIST)
    return system_failure(directory);
  struct stat info;
  if (::stat(directory.c_str(), &info) != 0)
    return system_failure(directory);
  if (!S_ISDIR(info.st_mode))
    return fail(ec::io, directory.string(), "is not a directory");
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return fail(ec::unauthorized, directory.string(),
                "others can write here; use a directory of mode 0700");
  return {};
}

} // namespace tocsin::transports::crypto
