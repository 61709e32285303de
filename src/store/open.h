#pragma once
// Opening a store, and the embedded store's backup.

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/store.h"

namespace kidoban::store {

struct SqliteOptions {
  std::filesystem::path file;   // made (mode 0600) where it isn't there; its folder must exist
  std::size_t readers = 16;     // connections kept open for reading, at most
  std::size_t cache_kib = 2048; // page cache of each connection
};
// Messages for a person: unavailable/"store_read_only", unavailable/"store_full",
// unavailable/"store_folder_missing", unavailable/"store_locked", malformed/"store_not_ours" (not a Kidoban database), internal/"store_failed"; the note says
// which file and what to do.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);

struct PostgresOptions {
  std::string conninfo;          // libpq's: "host=… dbname=kidoban user=kidoban"
  std::size_t connections = 16;  // at most
};
// Connects once: unavailable/"store_unreachable"; forbidden/"store_role_unbound" for a role above
// row-level security (a superuser).
Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options);

// A whole, consistent copy of a running embedded store into one new file of mode 0600 (SQLite's online
// backup). conflict/"store_exists", not_found/"store_missing", malformed/"store_not_ours".
Status backup_sqlite(const std::filesystem::path& from, const std::filesystem::path& to);
// Checks that `backup` is whole, then puts it in place of `store`, which no program may have open;
// the file it replaces is kept beside it as "<name>.before-restore". malformed/"backup_damaged",
// unavailable/"store_locked" when another program has it open.
Status restore_sqlite(const std::filesystem::path& backup, const std::filesystem::path& store);

}  // namespace kidoban::store
