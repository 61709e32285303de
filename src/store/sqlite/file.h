#pragma once
// The store's file: made with mode 0600, known by its application id, kept in WAL mode.

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace kidoban::store::sqlite {

// A new, empty file of mode 0600. conflict/"store_exists" when there is something already.
Status make_file(const std::filesystem::path& file);
// Makes the file where it isn't there, checks that it is ours, and opens it for writing.
Result<std::unique_ptr<Connection>> open_file(const std::filesystem::path& file, std::size_t cache_kib);
// malformed/"store_not_ours" when the opened file is another program's.
Status check_ours(Connection& connection, const std::filesystem::path& file);
// fsync of a file or folder, so that a name given to it survives.
Status sync_to_disk(const std::filesystem::path& path);

}  // namespace kidoban::store::sqlite
