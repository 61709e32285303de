#include "store/sqlite/errors.h"

#include <sqlite3.h>

#include <cerrno>

namespace kidoban::store::sqlite {

namespace {

bool no_space(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

bool not_allowed(int system_error) {
  return system_error == EACCES || system_error == EROFS || system_error == EPERM;
}

}  // namespace

Failure failure(sqlite3* db, int code, const std::string& doing, std::source_location where) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  const int system_error = db != nullptr ? sqlite3_system_errno(db) : 0;
  std::string note = doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code)) + " (SQLite " +
                     std::to_string(extended) +
                     (system_error != 0 ? ", system " + std::to_string(system_error) : std::string()) + ")";
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
      extended == SQLITE_CONSTRAINT_ROWID) {
    return fail(Kind::conflict, "unique_taken", std::move(note), where);
  }
  switch (code & 0xff) {
    case SQLITE_FULL: return fail_for_now(Kind::unavailable, "store_full", 30, std::move(note), where);
    case SQLITE_IOERR:
      // A file-size limit shows as EFBIG; a write cut short by a full disk leaves no errno at all.
      if (no_space(system_error) || extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_SHMSIZE) {
        return fail_for_now(Kind::unavailable, "store_full", 30, std::move(note), where);
      }
      return fail(Kind::internal, "store_failed", std::move(note), where);
    case SQLITE_READONLY: return fail(Kind::unavailable, "store_read_only", std::move(note), where);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      if (no_space(system_error)) return fail_for_now(Kind::unavailable, "store_full", 30, std::move(note), where);
      if (not_allowed(system_error)) return fail(Kind::unavailable, "store_read_only", std::move(note), where);
      return fail(Kind::internal, "store_failed", std::move(note), where);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail_for_now(Kind::unavailable, "store_busy", 1, std::move(note), where);
    case SQLITE_INTERRUPT: return fail_for_now(Kind::unavailable, "deadline_passed", 1, std::move(note), where);
    case SQLITE_NOTADB: return fail(Kind::malformed, "store_not_ours", std::move(note), where);
    case SQLITE_CORRUPT: return fail(Kind::internal, "store_damaged", std::move(note), where);
    default: return fail(Kind::internal, "store_failed", std::move(note), where);
  }
}

}  // namespace kidoban::store::sqlite
