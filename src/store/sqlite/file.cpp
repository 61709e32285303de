#include "store/sqlite/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kidoban::store::sqlite {

namespace {

Failure system_failure(int error, const std::filesystem::path& file, const std::string& doing) {
  const std::string note = doing + " " + file.string() + ": " + std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(Kind::unavailable, "store_read_only", note + "; the store's folder must be writable for this program's user");
    case ENOSPC:
    case EDQUOT: return fail_for_now(Kind::unavailable, "store_full", 30, note + "; make room on the disk");
    case ENOENT: return fail(Kind::unavailable, "store_folder_missing", note + "; its folder must exist");
    case EEXIST: return fail(Kind::conflict, "store_exists", note);
    default: return fail(Kind::internal, "store_failed", note);
  }
}

Failure say_which(Error error, const std::filesystem::path& file) {
  error.note = file.string() + ": " + error.note;
  if (error.reason == "store_busy") {
    return fail(Kind::unavailable, "store_locked", error.note + "; another program holds the store for itself (a restore?)");
  }
  if (error.reason == "store_not_ours") error.note += "; this is no database of Kidoban's: give another file";
  if (error.reason == "store_read_only") error.note += "; the file and its folder must be writable for this program's user";
  if (error.reason == "store_full") error.note += "; make room on the disk";
  return Failure(std::move(error));
}

Result<std::unique_ptr<Connection>> open_existing(const std::filesystem::path& file, std::size_t cache_kib) {
  auto connection = TRY(Connection::open(file, Use::write, cache_kib));
  TRY(check_ours(*connection, file));
  // Answers the mode that stands afterwards; WAL is kept in the file, so this writes only once.
  const Sql wal{"journal_mode", "pragma journal_mode = wal"};
  const Rows mode = TRY(connection->query(wal, {}));
  if (mode.empty() || mode.front().text(0) != "wal") {
    return fail(Kind::internal, "store_failed", "the file system doesn't let SQLite keep a write-ahead log");
  }
  // Opening changes nothing by itself: find out now, not at the first sign-in, that nothing can be changed.
  TRY(connection->plain("begin immediate"));
  TRY(connection->plain("rollback"));
  return connection;
}

}  // namespace

Status make_file(const std::filesystem::path& file) {
  // SQLite gives its -wal and -shm files the mode of this one.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return system_failure(errno, file, "making");
  ::close(made);
  return {};
}

Status check_ours(Connection& connection, const std::filesystem::path& file) {
  const std::int64_t id = TRY(connection.integer("pragma application_id"));
  if (id == application_id) return {};
  if (id == 0 && TRY(connection.integer("select count(*) from sqlite_schema")) == 0) {
    return connection.script("pragma application_id = " + std::to_string(application_id));
  }
  return fail(Kind::malformed, "store_not_ours", file.string() + " is another program's database");
}

Status sync_to_disk(const std::filesystem::path& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return system_failure(errno, path, "opening");
  const int synced = ::fsync(opened);
  const int error = errno;
  ::close(opened);
  if (synced != 0) return system_failure(error, path, "syncing");
  return {};
}

Result<std::unique_ptr<Connection>> open_file(const std::filesystem::path& file, std::size_t cache_kib) {
  if (Status made = make_file(file); !made) {
    if (made.error().reason != "store_exists") return std::unexpected(std::move(made.error()));
  } else {
    // The new name must survive a power cut as well as what is committed under it.
    const auto folder = file.parent_path();
    TRY(sync_to_disk(folder.empty() ? "." : folder));
  }
  auto opened = open_existing(file, cache_kib);
  if (!opened) return say_which(std::move(opened.error()), file);
  return opened;
}

}  // namespace kidoban::store::sqlite
