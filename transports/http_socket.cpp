#include "transports/http_socket.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace tocsin::transports {

namespace {

constexpr int backlog = 64;

failure refused(const std::string& path, const char* step) {
  auto error = errno;
  return fail(ec::io, path, std::string{step} + ": " + std::strerror(error));
}

failure occupied(const std::string& path) {
  return fail(ec::conflict, path,
              "another node is running with this control socket; stop it or "
              "configure another control_socket");
}

result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(ec::out_of_range, path,
                "the path of a socket has 1 to "
                    + std::to_string(sizeof address.sun_path - 1)
                    + " octets; choose a shorter control_socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

descriptor make_socket() {
  return descriptor{
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

/// Only what is missing is made, and only that gets our mode.
result<void> make_directories(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::is_directory(directory, error))
    return {};
  if (auto above = make_directories(directory.parent_path()); !above)
    return above;
  if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
    return refused(directory.string(), "cannot make the directory");
  return {};
}

} // namespace

owned_path::owned_path(owned_path&& other) noexcept
    : path_{std::exchange(other.path_, {})}, lock_{std::move(other.lock_)},
      listener_{std::move(other.listener_)} {}

owned_path& owned_path::operator=(owned_path&& other) noexcept {
  if (this != &other) {
    owned_path old{std::move(*this)};
    path_ = std::exchange(other.path_, {});
    lock_ = std::move(other.lock_);
    listener_ = std::move(other.listener_);
  }
  return *this;
}

owned_path::~owned_path() {
  // Before the lock goes: afterwards the file may be a successor's.
  if (!path_.empty())
    ::unlink(path_.c_str());
}

result<owned_path> owned_path::claim(const std::string& path, unsigned mode) {
  owned_path self;
  if (auto address = address_of(path); !address)
    return address.error();
  auto directory = std::filesystem::path{path}.parent_path();
  if (auto made = make_directories(directory); !made)
    return made.error();
  self.path_ = path;
  for (auto step : {&owned_path::lock, &owned_path::clear_stale})
    if (auto done = (self.*step)(); !done) {
      self.path_.clear(); // not ours to remove
      return done.error();
    }
  if (auto done = self.listen(mode); !done)
    return done.error();
  return self;
}

/// Two nodes that start at once would both find the same stale file, and the
/// second would remove the socket of the first: hence a lock. Its file stays,
/// for removing it would open the same race again.
result<void> owned_path::lock() {
  auto name = path_ + ".lock";
  lock_ = descriptor{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (lock_.get() < 0)
    return refused(name, "cannot open the lock file");
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0)
    return {};
  return errno == EWOULDBLOCK ? occupied(path_)
                              : refused(name, "cannot lock the file");
}

result<void> owned_path::clear_stale() {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0)
    return errno == ENOENT ? result<void>{}
                           : refused(path_, "cannot look at the socket");
  if (!S_ISSOCK(status.st_mode))
    return fail(ec::conflict, path_,
                "exists and is not a socket; move it away or configure another "
                "control_socket");
  auto address = address_of(path_);
  auto probe = make_socket();
  if (probe.get() < 0)
    return refused(path_, "cannot make a socket");
  // Only a refused connection proves that nobody listens.
  if (::connect(probe.get(), generic(*address), sizeof *address) == 0
      || errno != ECONNREFUSED)
    return occupied(path_);
  if (::unlink(path_.c_str()) != 0)
    return refused(path_, "cannot remove the socket of a dead node");
  return {};
}

result<void> owned_path::listen(unsigned mode) {
  auto address = address_of(path_);
  listener_ = make_socket();
  if (listener_.get() < 0)
    return refused(path_, "cannot make a socket");
  // The file is born with this mode less the umask; never wider than asked.
  if (::fchmod(listener_.get(), mode) != 0
      || ::bind(listener_.get(), generic(*address), sizeof *address) != 0)
    return refused(path_, "cannot bind the socket");
  if (::chmod(path_.c_str(), mode) != 0)
    return refused(path_, "cannot set the mode of the socket");
  if (::listen(listener_.get(), backlog) != 0)
    return refused(path_, "cannot listen");
  return {};
}

std::uint32_t peer_uid(int socket) noexcept {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return 65534;
  return credentials.uid;
}

} // namespace tocsin::transports
