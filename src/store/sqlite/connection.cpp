#include "store/sqlite/connection.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "store/sqlite/errors.h"
#include "store/statement_text.h"

namespace kidoban::store::sqlite {

namespace {

// Cached statements of one connection. The service has some two hundred; more means texts made at run time.
constexpr std::size_t statements_kept = 1000;
// How long a lock held by another process is waited for when the deadline is further away.
constexpr std::chrono::seconds longest_lock_wait{10};
// SQLite's steps between two looks at the clock: some 20 µs of work.
constexpr int steps_between_looks = 2000;

Status set_up(Connection& c, Use use, std::size_t cache_kib) {
  sqlite3* db = c.handle();
  // A damaged or hostile file must not run code of its own, nor can a statement of ours harm the file
  // (https://www.sqlite.org/security.html).
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  // "name" is a name and never a text, as in PostgreSQL.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  // FULL: a commit is on the disk when it returns. temp_store: savepoints spill to memory, so that
  // nothing unsealed lands in a temporary file. No mmap: a failing disk would be a signal, not an error. wal_autocheckpoint: pages of
  // indexes by hash are written again and again, and copied into the file once in 16 MiB.
  TRY(c.script("pragma synchronous = full; pragma temp_store = memory; pragma mmap_size = 0;"
               "pragma journal_size_limit = 67108864; pragma cell_size_check = on; pragma wal_autocheckpoint = 4000;"
               "pragma cache_size = -" + std::to_string(cache_kib)));
  if (use == Use::read) TRY(c.script("pragma query_only = on"));
  return {};
}

int bind(sqlite3_stmt* statement, int parameter, const Value& value) {
  const std::string_view bytes = value.bytes();
  switch (value.type()) {
    case Value::Type::null: return sqlite3_bind_null(statement, parameter);
    case Value::Type::integer: return sqlite3_bind_int64(statement, parameter, value.integer());
    case Value::Type::text:  // a null pointer would be NULL
      return sqlite3_bind_text64(statement, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    case Value::Type::blob:
      if (bytes.empty()) return sqlite3_bind_zeroblob(statement, parameter, 0);
      return sqlite3_bind_blob64(statement, parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  return SQLITE_MISUSE;
}

// False for a floating-point value, which no column of ours has.
bool take_row(sqlite3_stmt* statement, int columns, Rows& rows) {
  for (int i = 0; i < columns; ++i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_NULL: rows.add_null(); break;
      case SQLITE_INTEGER: rows.add_integer(sqlite3_column_int64(statement, i)); break;
      case SQLITE_TEXT: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        rows.add_text({text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i))});
        break;
      }
      case SQLITE_BLOB: {
        const auto* blob = static_cast<const char*>(sqlite3_column_blob(statement, i));
        const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
        rows.add_blob(length == 0 ? std::string_view() : std::string_view(blob, length));
        break;
      }
      default: return false;
    }
  }
  rows.end_row();
  return true;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file, Use use,
                                                     std::size_t cache_kib) {
  sqlite3* db = nullptr;
  // NOMUTEX: a connection is one thread's at a time. Readers too open for writing, since in WAL they
  // take part in the shared index; query_only keeps them from changing anything.
  const int opened = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (opened != SQLITE_OK) {
    Failure refused = failure(db, opened, "opening " + file.string());
    sqlite3_close_v2(db);
    return refused;
  }
  std::unique_ptr<Connection> connection(new Connection(db));
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_handler(db, &Connection::wait_for_lock, connection.get());
  sqlite3_progress_handler(db, steps_between_looks, &Connection::past_deadline, connection.get());
  TRY(set_up(*connection, use, cache_kib));
  return connection;
}

Connection::~Connection() {
  for (auto& [text, statement] : statements_) sqlite3_finalize(statement.prepared);
  sqlite3_close_v2(db_);
}

int Connection::wait_for_lock(void* self, int tries) {
  const auto* connection = static_cast<Connection*>(self);
  const auto left = std::min<runtime::Deadline::Steady::duration>(connection->deadline_.left(), longest_lock_wait);
  // 1, 2, 4 … 32 ms, then 32 ms each: about 300 tries make ten seconds.
  const auto pause = std::chrono::milliseconds(1 << std::min(tries, 5));
  if (left <= pause || tries > 310) return 0;
  std::this_thread::sleep_for(pause);
  return 1;
}

int Connection::past_deadline(void* self) { return static_cast<Connection*>(self)->deadline_.passed() ? 1 : 0; }

Failure Connection::remember(Failure failure) {
  if (!failed_) failed_ = failure.error();
  return failure;
}

Result<Connection::Statement*> Connection::prepare(const char* name, const char* text) {
  auto found = statements_.find(text);
  if (found != statements_.end()) {
    if (found->second.text == text) return &found->second;
    sqlite3_finalize(found->second.prepared);
    statements_.erase(found);
  }
  if (statements_.size() >= statements_kept) {
    for (auto& [address, statement] : statements_) sqlite3_finalize(statement.prepared);
    statements_.clear();
  }
  Statement made;
  made.text = text;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(db_, text, static_cast<int>(made.text.size()) + 1, SQLITE_PREPARE_PERSISTENT,
                                      &made.prepared, &rest);
  if (code != SQLITE_OK) return failure(db_, code, name);
  if (made.prepared == nullptr || std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    sqlite3_finalize(made.prepared);
    return fail(Kind::internal, "store_failed", std::string(name) + ": not one statement");
  }
  // SQLite takes $1 for a name and numbers parameters as they come, so each is bound by its name.
  const int parameters = sqlite3_bind_parameter_count(made.prepared);
  for (int i = 1; i <= parameters; ++i) {
    const char* parameter = sqlite3_bind_parameter_name(made.prepared, i);
    const std::size_t k = parameter == nullptr ? 0 : greatest_placeholder(parameter);
    if (k == 0) {
      sqlite3_finalize(made.prepared);
      return fail(Kind::internal, "store_failed", std::string(name) + ": parameters are $1, $2, …");
    }
    made.argument.push_back(k - 1);
    made.arguments = std::max(made.arguments, k);
  }
  return &statements_.emplace(text, std::move(made)).first->second;
}

Result<Connection::Statement*> Connection::start(const Sql& sql, std::span<const Value> values) {
  if (deadline_.passed()) return fail_for_now(Kind::unavailable, "deadline_passed", 1, sql.name);
  Statement* statement = TRY(prepare(sql.name, sql.text));
  if (statement->arguments != values.size()) {
    return fail(Kind::internal, "statement_arguments",
                std::string(sql.name) + " takes " + std::to_string(statement->arguments) + " arguments with the tenant, given " +
                    std::to_string(values.size()));
  }
  for (std::size_t i = 0; i < statement->argument.size(); ++i) {
    const int code = bind(statement->prepared, static_cast<int>(i) + 1, values[statement->argument[i]]);
    if (code != SQLITE_OK) {
      Failure refused = failure(db_, code, sql.name);
      sqlite3_clear_bindings(statement->prepared);
      return refused;
    }
  }
  return statement;
}

Result<Rows> Connection::run(const Sql& sql, std::span<const Value> values) {
  // After a failed statement PostgreSQL refuses the rest of the transaction; so do we.
  if (failed_) return Failure(*failed_);
  auto started = start(sql, values);
  if (!started) return remember(Failure(started.error()));
  sqlite3_stmt* prepared = (*started)->prepared;
  const int columns = sqlite3_column_count(prepared);
  Rows rows(static_cast<std::size_t>(columns));
  int code = SQLITE_ROW;
  bool known = true;
  while (known && (code = sqlite3_step(prepared)) == SQLITE_ROW) known = take_row(prepared, columns, rows);
  std::optional<Failure> refused;
  if (!known) {
    refused = fail(Kind::internal, "store_failed", std::string(sql.name) + ": a floating-point value");
  } else if (code != SQLITE_DONE) {
    refused = failure(db_, code, sql.name);
  }
  sqlite3_reset(prepared);
  sqlite3_clear_bindings(prepared);  // the caller's bytes were borrowed, and some are secret
  if (refused) return remember(std::move(*refused));
  return rows;
}

Result<Rows> Connection::query(const Sql& sql, std::span<const Value> values) { return run(sql, values); }

Result<std::int64_t> Connection::execute(const Sql& sql, std::span<const Value> values) {
  const auto before = sqlite3_total_changes64(db_);
  TRY(run(sql, values));
  // A statement that changed nothing leaves the count of the one before it.
  return sqlite3_total_changes64(db_) == before ? 0 : sqlite3_changes64(db_);
}

Status Connection::begin_part() {
  if (failed_) return Failure(*failed_);
  Status begun = plain("savepoint part");
  if (!begun) return remember(Failure(begun.error()));
  return {};
}

Status Connection::keep_part() {
  // As everywhere: after a failed statement nothing is kept, whatever the body made of it.
  if (failed_) {
    const Error failed = *failed_;
    TRY(undo_part());
    return Failure(failed);
  }
  Status kept = plain("release part");
  if (!kept) return remember(Failure(kept.error()));
  return {};
}

Status Connection::undo_part() {
  // SQLite ended the transaction by itself, or its time is over: no part can go on.
  if (!in_transaction() || (failed_ && deadline_.passed())) return failed_ ? Status(Failure(*failed_)) : Status(remember(fail(Kind::internal, "store_failed", "SQLite ended the transaction")));
  failed_.reset();
  for (const char* text : {"rollback to part", "release part"}) {
    if (Status undone = plain(text); !undone) return remember(Failure(undone.error()));
  }
  return {};
}

Status Connection::script(const std::string& text) {
  const int code = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return remember(failure(db_, code, "script"));
  return {};
}

Status Connection::plain(const char* text) {
  sqlite3_stmt* prepared = TRY(prepare(text, text))->prepared;
  const int code = sqlite3_step(prepared);
  if (code == SQLITE_DONE || code == SQLITE_ROW) {
    sqlite3_reset(prepared);
    return {};
  }
  Failure refused = failure(db_, code, text);
  sqlite3_reset(prepared);
  return refused;
}

Result<std::int64_t> Connection::integer(const char* text) {
  const Sql sql{text, text};
  const Rows rows = TRY(run(sql, {}));
  if (rows.empty()) return fail(Kind::internal, "store_failed", text);
  return rows.front().integer(0);
}

}  // namespace kidoban::store::sqlite
