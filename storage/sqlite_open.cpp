#include "storage/sqlite_open.hpp"

#include "storage/migrations.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sqlite3.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tocsin::storage {

namespace {

/// Longest wait for someone else's lock, e.g. a backup or an operator's
/// sqlite3 shell.
constexpr int busy_timeout_ms = 5000;

failure io_failure(const std::string& path, std::string detail) {
  return fail(ec::io, path, std::move(detail));
}

failure os_failure(const std::string& path, const std::string& advice) {
  auto why = std::error_code{errno, std::generic_category()}.message();
  return io_failure(path, "cannot be opened: " + why + "; " + advice);
}

/// The file exists and only its owner can read it. SQLite gives -wal and -shm
/// the mode of the database; leftovers of an earlier run may have another.
result<void> secure_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                  S_IRUSR | S_IWUSR);
  if (fd < 0)
    return os_failure(path, "the directory must exist and belong to the user "
                            "that runs tocsin, the file must not be a link");
  struct stat about = {};
  bool wrong_kind = ::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode);
  bool secured = !wrong_kind && ::fchmod(fd, S_IRUSR | S_IWUSR) == 0;
  ::close(fd);
  if (wrong_kind)
    return io_failure(path, "is not a regular file");
  if (!secured)
    return os_failure(path, "the file must belong to the user that runs "
                            "tocsin");
  for (auto* suffix : {"-wal", "-shm"})
    if (::chmod((path + suffix).c_str(), S_IRUSR | S_IWUSR) != 0
        && errno != ENOENT)
      return os_failure(path + suffix, "the file must belong to the user that "
                                       "runs tocsin");
  return {};
}

int pragma_number(SQLite::Database& db, const char* query) {
  return db.execAndGet(query).getInt();
}

/// Refuses what is damaged, someone else's, or from the future.
result<void> inspect(const std::string& path, SQLite::Database& db) {
  auto check = db.execAndGet("PRAGMA quick_check(1)").getString();
  if (check != "ok")
    return io_failure(path, "is damaged (" + check
                                + "); move it away or restore a backup");
  bool fresh = pragma_number(db, "SELECT count(*) FROM sqlite_schema") == 0;
  if (!fresh && pragma_number(db, "PRAGMA application_id") != application_id)
    return io_failure(path, "is the database of another program; choose "
                            "another path");
  auto version = pragma_number(db, "PRAGMA user_version");
  auto known = migrations().back().version;
  if (version > known)
    return io_failure(path, "was written by a newer tocsin (schema version "
                                + std::to_string(version)
                                + ", this program knows "
                                + std::to_string(known)
                                + "); run that version or restore a backup");
  return {};
}

void migrate(SQLite::Database& db) {
  for (const auto& step : migrations()) {
    SQLite::Transaction all{db, SQLite::TransactionBehavior::IMMEDIATE};
    // Read under the lock: another process may have migrated meanwhile.
    if (pragma_number(db, "PRAGMA user_version") >= step.version)
      continue;
    db.exec(std::string{step.sql});
    db.exec("PRAGMA application_id = " + std::to_string(application_id));
    db.exec("PRAGMA user_version = " + std::to_string(step.version));
    all.commit();
  }
}

void configure(SQLite::Database& db) {
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA trusted_schema = OFF");
  // The log is cut back after a burst instead of keeping its largest size.
  db.exec("PRAGMA journal_size_limit = 4194304");
}

result<std::unique_ptr<SQLite::Database>>
open_checked(const std::string& path) {
  auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE,
                                               busy_timeout_ms);
  if (auto good = inspect(path, *db); !good)
    return good.error();
  if (db->execAndGet("PRAGMA journal_mode = WAL").getString() != "wal")
    return io_failure(path, "the file system offers no write-ahead log; "
                            "choose a local disk");
  configure(*db);
  migrate(*db);
  return db;
}

} // namespace

failure explain(const std::string& path, const SQLite::Exception& why) {
  std::string reason = why.what();
  switch (why.getErrorCode()) {
  case SQLITE_FULL:
    return io_failure(path, "no space left (" + reason
                                + "); free some on its file system, or raise "
                                  "the limit of the database");
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return io_failure(path, "is damaged (" + reason
                                + "); move it away or restore a backup");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return io_failure(path, "is locked by another process (" + reason
                                + "); end that process");
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_CANTOPEN:
    return io_failure(path, "cannot be written (" + reason
                                + "); check the rights of file and directory");
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_TOOBIG:
  case SQLITE_RANGE:
    return fail(ec::malformed, path, "refuses a record: " + reason);
  default:
    return io_failure(path, "failed: " + reason);
  }
}

result<std::unique_ptr<SQLite::Database>>
open_database(const std::string& name) {
  std::error_code ignored;
  // Absolute, so that SQLite sees neither a URI nor ":memory:" in it.
  auto path = std::filesystem::absolute(name, ignored).string();
  if (name.empty())
    return io_failure("database", "has no path");
  if (auto good = secure_file(path); !good)
    return good.error();
  try {
    return open_checked(path);
  } catch (const SQLite::Exception& why) {
    return explain(path, why);
  }
}

} // namespace tocsin::storage
