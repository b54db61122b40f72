#include "transports/credential_io.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <gnutls/gnutls.h>
#include <sys/stat.h>

namespace tocsin::transports {

namespace {

// Room for every CA of a country, or for 50 000 pre-shared keys.
constexpr std::uintmax_t max_file = 4u << 20;

} // namespace

result<bytes> read_credential_file(const std::filesystem::path& path,
                                   const char* what) {
  std::error_code error;
  auto size = std::filesystem::file_size(path, error);
  if (error)
    return fail(ec::io, path.string(),
                std::string{"cannot read the "} + what + ": "
                    + error.message());
  if (size > max_file)
    return fail(ec::too_large, path.string(),
                std::string{"too large for a "} + what);
  std::ifstream file{path, std::ios::binary};
  bytes content;
  content.reserve(size); // secrets leave no copies behind
  content.assign(std::istreambuf_iterator<char>{file}, {});
  if (!file)
    return fail(ec::io, path.string(),
                std::string{"cannot read the "} + what + ": "
                    + std::strerror(errno));
  return content;
}

result<void> check_secrecy(const std::filesystem::path& path,
                           const char* what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ec::unauthorized, path.string(),
                std::string{"others may access this "} + what
                    + "; run chmod 600 on it");
  return {};
}

void wipe(bytes& secret) noexcept {
  gnutls_memset(secret.data(), 0, secret.size());
  secret.clear();
}

} // namespace tocsin::transports
