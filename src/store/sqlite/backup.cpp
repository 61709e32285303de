// Online backup and restore of the embedded store.

#include <sqlite3.h>

#include <system_error>

#include "store/open.h"
#include "store/sqlite/errors.h"
#include "store/sqlite/file.h"

namespace kidoban::store {

namespace {

using sqlite::Connection;
using sqlite::Use;

constexpr std::size_t cache_kib = 2048;

std::filesystem::path beside(const std::filesystem::path& file, const char* ending) {
  std::filesystem::path out = file;
  out += ending;
  return out;
}

void remove_all_of(const std::filesystem::path& file) {
  std::error_code ignored;
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(beside(file, ending), ignored);
}

Status sync_folder_of(const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  return sqlite::sync_to_disk(folder.empty() ? "." : folder);
}

// All pages in one step: one read snapshot, which in WAL mode holds up no writer, and nothing to begin
// again when somebody writes meanwhile.
Status copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copying == nullptr) return sqlite::failure(to.handle(), sqlite3_errcode(to.handle()), "backup");
  const int stepped = sqlite3_backup_step(copying, -1);
  const int finished = sqlite3_backup_finish(copying);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  return sqlite::failure(to.handle(), stepped == SQLITE_DONE ? finished : stepped, "backup");
}

Status check_whole(Connection& connection, const std::filesystem::path& file) {
  constexpr static Sql check{"integrity_check", "pragma integrity_check(1)"};
  const Rows answer = TRY(connection.query(check, {}));
  if (!answer.empty() && answer.front().text(0) == "ok") return {};
  return fail(Kind::malformed, "backup_damaged",
              file.string() + " isn't whole: " + (answer.empty() ? std::string() : std::string(answer.front().text(0))));
}

// A database of ours that exists; opening must not make one.
Result<std::unique_ptr<Connection>> open_ours(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(Kind::not_found, "store_missing", file.string() + " isn't there");
  }
  auto connection = TRY(Connection::open(file, Use::write, cache_kib));
  if (TRY(connection->integer("pragma application_id")) != sqlite::application_id) {
    return fail(Kind::malformed, "store_not_ours", file.string() + " is no database of Kidoban's");
  }
  return connection;
}

// A new file `to` that holds what `from` holds at this moment, whole and on the disk.
Status copy_to_new_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto source = TRY(open_ours(from));
  TRY(sqlite::make_file(to));
  const auto fill = [&]() -> Status {
    auto copy = TRY(Connection::open(to, Use::write, cache_kib));
    TRY(copy_pages(*source, *copy));
    // One file, without a log beside it.
    TRY(copy->script("pragma journal_mode = delete"));
    TRY(check_whole(*copy, to));
    return {};
  };
  Status filled = fill();
  if (filled) filled = sqlite::sync_to_disk(to);
  if (filled) filled = sync_folder_of(to);
  if (!filled) remove_all_of(to);
  return filled;
}

Failure rename_failed(const std::error_code& error, const std::filesystem::path& file) {
  return fail(Kind::unavailable, "store_read_only", file.string() + " can't be put in place: " + error.message());
}

}  // namespace

Status backup_sqlite(const std::filesystem::path& from, const std::filesystem::path& to) {
  return copy_to_new_file(from, to);
}

Status restore_sqlite(const std::filesystem::path& backup, const std::filesystem::path& store) {
  const auto incoming = beside(store, ".restoring");
  const auto kept = beside(store, ".before-restore");
  std::error_code error;
  remove_all_of(incoming);  // of a restore that was cut short
  std::unique_ptr<Connection> old;
  if (std::filesystem::exists(store, error)) {
    auto opened = open_ours(store);
    if (!opened && opened.error().reason != "store_damaged") return std::unexpected(std::move(opened.error()));
    if (opened) {
      old = std::move(*opened);
      // Leaving WAL needs the file to oneself, and takes the log's content into it. The lock is then held
      // until the new file is in place.
      old->set_deadline(runtime::Deadline::after(std::chrono::seconds(1)));
      Status alone = old->script("pragma journal_mode = delete");
      if (alone) alone = old->script("begin exclusive");
      if (!alone && alone.error().reason == "store_busy") {
        return fail(Kind::unavailable, "store_locked",
                    store.string() + " is open in another program: stop the server first");
      }
      if (!alone) return alone;
    }
  }
  TRY(copy_to_new_file(backup, incoming));
  if (old != nullptr || std::filesystem::exists(store, error)) {
    std::filesystem::rename(store, kept, error);
    if (error) return rename_failed(error, store);
    for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove(beside(store, ending), error);
  }
  std::filesystem::rename(incoming, store, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::rename(kept, store, ignored);
    return rename_failed(error, store);
  }
  return sync_folder_of(store);
}

}  // namespace kidoban::store
