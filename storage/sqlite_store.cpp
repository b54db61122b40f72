#include "storage/options.hpp"
#include "storage/sqlite_open.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tocsin::storage {

namespace {

namespace data = protocol::data;
using SQLite::Statement;

/// Runs a bound statement and makes it ready for the next time, also when it
/// fails: a statement in the middle of its work would block the rollback.
void run(Statement& what) {
  struct guard {
    Statement& what;
    ~guard() { what.tryReset(); }
  } ready{what};
  what.exec();
}

/// Binds 1, 2, 3 … in order; text and blobs outlive the execution.
class binder {
public:
  explicit binder(Statement& to) : to_{to} {}

  binder& operator()(const std::string& x) {
    to_.bindNoCopy(++index_, x);
    return *this;
  }

  binder& operator()(const bytes& x) {
    // A null pointer would bind NULL instead of an empty blob.
    to_.bindNoCopy(++index_,
                   x.empty() ? "" : static_cast<const void*>(x.data()),
                   static_cast<int>(x.size()));
    return *this;
  }

  binder& operator()(std::int64_t x) {
    to_.bind(++index_, x);
    return *this;
  }

private:
  Statement& to_;
  int index_ = 0;
};

std::int64_t number(SQLite::Statement& row, int column) {
  return row.getColumn(column).getInt64();
}

std::uint64_t unsigned_number(Statement& row, int column) {
  return static_cast<std::uint64_t>(number(row, column));
}

std::string text(SQLite::Statement& row, int column) {
  return row.getColumn(column).getString();
}

bytes blob(SQLite::Statement& row, int column) {
  auto value = row.getColumn(column);
  auto* first = static_cast<const std::uint8_t*>(value.getBlob());
  return {first, first + value.getBytes()};
}

mitigation_record read_mitigation(Statement& row) {
  mitigation_record x;
  x.key = {text(row, 0), text(row, 1),
           static_cast<std::uint32_t>(number(row, 2))};
  x.body = blob(row, 3);
  x.lifetime = number(row, 4);
  x.expires = number(row, 5);
  x.start = number(row, 6);
  x.status = static_cast<std::uint8_t>(number(row, 7));
  x.flags = static_cast<std::uint8_t>(number(row, 8));
  x.created = unsigned_number(row, 9);
  x.aliased = blob(row, 10);
  x.relayed = text(row, 11);
  x.hop_limit = static_cast<std::uint8_t>(number(row, 12));
  x.cdid = text(row, 13);
  x.chosen = text(row, 14);
  return x;
}

client_record read_client(Statement& row) {
  return {text(row, 0),        text(row, 1),
          text(row, 2),        static_cast<std::uint32_t>(number(row, 3)),
          number(row, 4) != 0, number(row, 5)};
}

session_record read_session(Statement& row) {
  return {text(row, 0), text(row, 1),
          static_cast<std::uint32_t>(number(row, 2)), blob(row, 3),
          number(row, 4)};
}

audit_event read_audit(Statement& row) {
  return {number(row, 0), text(row, 1), text(row, 2), text(row, 3),
          text(row, 4)};
}

/// The snapshot of a customer, which is the last one or a new one: rows come
/// by customer.
data_snapshot& snapshot_of(std::vector<data_snapshot>& all,
                           const std::string& customer) {
  auto i =
      std::ranges::lower_bound(all, customer, {}, &data_snapshot::customer);
  if (i == all.end() || i->customer != customer)
    i = all.insert(i, data_snapshot{customer, {}, {}});
  return *i;
}

void read_registration(Statement& row, std::vector<data_snapshot>& to) {
  snapshot_of(to, text(row, 0))
      .registrations.push_back(
          {text(row, 1), text(row, 2), text(row, 3), unsigned_number(row, 4),
           unsigned_number(row, 5), unsigned_number(row, 6)});
}

void read_entry(Statement& row, std::vector<data_snapshot>& to) {
  snapshot_of(to, text(row, 0))
      .entries.push_back({text(row, 1),
                          static_cast<data::entry_kind>(number(row, 2)),
                          text(row, 3), text(row, 4), number(row, 5),
                          unsigned_number(row, 6), number(row, 7)});
}

template <class T, class Read>
std::vector<T> read_all(Statement& query, Read read) {
  std::vector<T> out;
  while (query.executeStep())
    out.push_back(read(query));
  return out;
}

class sqlite_store : public store {
public:
  sqlite_store(std::unique_ptr<SQLite::Database> db, std::string path,
               const store_options& options)
      : path_{std::move(path)}, db_{std::move(db)},
        max_audit_{static_cast<std::int64_t>(options.max_audit)} {
    if (options.max_pages != 0)
      db_->exec("PRAGMA max_page_count = " + std::to_string(options.max_pages));
  }

  result<void> commit(std::span<const transaction> group) override {
    return guarded<void>([&]() -> result<void> {
      SQLite::Transaction all{*db_, SQLite::TransactionBehavior::IMMEDIATE};
      for (const auto& changes : group)
        for (const auto& x : changes)
          std::visit([this](const auto& y) { apply(y); }, x);
      all.commit();
      return {};
    });
  }

  result<snapshot> load() override {
    return guarded<snapshot>([&] {
      Statement mitigations{
          *db_, "SELECT customer, cuid, mid, body, lifetime, expires, start, "
                "status, flags, created, aliased, relayed, hop_limit, cdid, "
                "chosen "
                "FROM mitigation "
                "ORDER BY created, customer, cuid, mid"};
      Statement clients{*db_, "SELECT customer, cuid, identity, last_mid, "
                              "mid_used, seen FROM client "
                              "ORDER BY customer, cuid"};
      Statement sessions{*db_, "SELECT customer, identity, sid, body, changed "
                               "FROM session ORDER BY customer, identity"};
      Statement registrations{*db_,
                              "SELECT customer, cuid, identity, cdid, version, "
                              "aliases_version, acls_version FROM data_client "
                              "ORDER BY customer, cuid"};
      Statement entries{*db_, "SELECT customer, cuid, kind, name, text, place, "
                              "version, expires FROM data_entry "
                              "ORDER BY customer, cuid, kind, place, name"};
      snapshot out;
      while (registrations.executeStep())
        read_registration(registrations, out.data);
      while (entries.executeStep())
        read_entry(entries, out.data);
      out.mitigations =
          read_all<mitigation_record>(mitigations, read_mitigation);
      out.clients = read_all<client_record>(clients, read_client);
      out.sessions = read_all<session_record>(sessions, read_session);
      return out;
    });
  }

  result<std::vector<audit_event>> audit(std::size_t limit) override {
    return guarded<std::vector<audit_event>>([&] {
      Statement query{*db_, "SELECT at, actor, action, subject, outcome "
                            "FROM audit ORDER BY id DESC LIMIT ?"};
      auto most = std::min<std::uint64_t>(
          limit, std::numeric_limits<std::int64_t>::max());
      query.bind(1, static_cast<std::int64_t>(most));
      return read_all<audit_event>(query, read_audit);
    });
  }

private:
  template <class T, class Work>
  result<T> guarded(Work work) {
    try {
      return work();
    } catch (const SQLite::Exception& why) {
      return explain(path_, why);
    } catch (const std::exception& why) {
      return fail(ec::internal, path_, why.what());
    }
  }

  void apply(const put_mitigation& put) {
    const auto& x = put.record;
    binder{put_mitigation_}(x.key.customer)(x.key.cuid)(x.key.mid)(x.body)(
        x.lifetime)(x.expires)(x.start)(x.status)(x.flags)(
        static_cast<std::int64_t>(x.created))(x.aliased)(x.relayed)(
        x.hop_limit)(x.cdid)(x.chosen);
    run(put_mitigation_);
  }

  void apply(const erase_mitigation& x) {
    binder{erase_mitigation_}(x.key.customer)(x.key.cuid)(x.key.mid);
    run(erase_mitigation_);
  }

  void apply(const put_client& put) {
    const auto& x = put.record;
    binder{put_client_}(x.customer)(x.cuid)(x.identity)(x.last_mid)(x.mid_used)(
        x.seen);
    run(put_client_);
  }

  void apply(const erase_client& x) {
    binder{erase_client_}(x.customer)(x.cuid);
    run(erase_client_);
  }

  void apply(const put_session& put) {
    const auto& x = put.record;
    binder{put_session_}(x.customer)(x.identity)(x.sid)(x.body)(x.changed);
    run(put_session_);
  }

  void apply(const erase_session& x) {
    binder{erase_session_}(x.customer)(x.identity);
    run(erase_session_);
  }

  void apply(const append_audit& append) {
    const auto& x = append.event;
    binder{append_audit_}(x.when)(x.actor)(x.action)(x.subject)(x.outcome);
    run(append_audit_);
    prune_audit_.bind(1, db_->getLastInsertRowid() - max_audit_);
    run(prune_audit_);
  }

  void apply(const edit_data& x) {
    std::visit([&](const auto& y) { apply(x.customer, y); }, x.what);
  }

  void apply(const std::string& customer, const data::put_registration& put) {
    const auto& x = put.record;
    binder{put_data_client_}(customer)(x.cuid)(x.identity)(x.cdid)(
        static_cast<std::int64_t>(x.version))(static_cast<std::int64_t>(
        x.aliases_version))(static_cast<std::int64_t>(x.acls_version));
    run(put_data_client_);
  }

  void apply(const std::string& customer, const data::erase_registration& x) {
    binder{erase_data_entries_}(customer)(x.cuid);
    run(erase_data_entries_);
    binder{erase_data_client_}(customer)(x.cuid);
    run(erase_data_client_);
  }

  void apply(const std::string& customer, const data::put_entry& put) {
    const auto& x = put.record;
    binder{put_data_entry_}(customer)(x.cuid)(
        static_cast<std::int64_t>(x.kind))(x.name)(x.text)(x.order)(
        static_cast<std::int64_t>(x.version))(x.expires);
    run(put_data_entry_);
  }

  void apply(const std::string& customer, const data::erase_entry& x) {
    binder{erase_data_entry_}(customer)(x.cuid)(
        static_cast<std::int64_t>(x.kind))(x.name);
    run(erase_data_entry_);
  }

  std::string path_;
  std::unique_ptr<SQLite::Database> db_;
  std::int64_t max_audit_;
  Statement put_mitigation_{*db_, "INSERT OR REPLACE INTO mitigation (customer,"
                                  " cuid, mid, body, lifetime, expires, start,"
                                  " status, flags, created, aliased,"
                                  " relayed, hop_limit, cdid, chosen) VALUES"
                                  " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                  " ?, ?)"};
  Statement erase_mitigation_{*db_, "DELETE FROM mitigation WHERE customer = ?"
                                    " AND cuid = ? AND mid = ?"};
  Statement put_client_{*db_, "INSERT OR REPLACE INTO client (customer, cuid,"
                              " identity, last_mid, mid_used, seen)"
                              " VALUES (?, ?, ?, ?, ?, ?)"};
  Statement erase_client_{*db_, "DELETE FROM client WHERE customer = ?"
                                " AND cuid = ?"};
  Statement put_session_{*db_, "INSERT OR REPLACE INTO session (customer,"
                               " identity, sid, body, changed)"
                               " VALUES (?, ?, ?, ?, ?)"};
  Statement erase_session_{*db_, "DELETE FROM session WHERE customer = ?"
                                 " AND identity = ?"};
  Statement append_audit_{*db_, "INSERT INTO audit (at, actor, action, subject,"
                                " outcome) VALUES (?, ?, ?, ?, ?)"};
  Statement prune_audit_{*db_, "DELETE FROM audit WHERE id <= ?"};
  Statement put_data_client_{
      *db_, "INSERT OR REPLACE INTO data_client (customer, cuid, identity, "
            "cdid, version, aliases_version, acls_version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)"};
  Statement erase_data_client_{
      *db_, "DELETE FROM data_client WHERE customer = ? AND cuid = ?"};
  Statement put_data_entry_{
      *db_, "INSERT OR REPLACE INTO data_entry (customer, cuid, kind, name, "
            "text, place, version, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement erase_data_entry_{
      *db_, "DELETE FROM data_entry WHERE customer = ? AND cuid = ? "
            "AND kind = ? AND name = ?"};
  Statement erase_data_entries_{
      *db_, "DELETE FROM data_entry WHERE customer = ? AND cuid = ?"};
};

} // namespace

result<std::unique_ptr<store>> open_sqlite(const std::string& path,
                                           const store_options& options) {
  auto db = open_database(path);
  if (!db)
    return db.error();
  try {
    return std::unique_ptr<store>{
        std::make_unique<sqlite_store>(std::move(*db), path, options)};
  } catch (const SQLite::Exception& why) {
    return explain(path, why);
  }
}

result<std::unique_ptr<store>> open_sqlite(const std::string& path) {
  return open_sqlite(path, store_options{});
}

} // namespace tocsin::storage
