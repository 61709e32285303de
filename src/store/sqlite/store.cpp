#include "store/sqlite/store.h"

#include "store/running.h"
#include "store/sqlite/file.h"

#include <algorithm>

namespace kidoban::store {

namespace {
// Of the one writing connection. Blind indexes are random, so what is written in bulk touches every page of theirs.
constexpr std::size_t writer_cache_kib = 128 * 1024;
}  // namespace

namespace sqlite {

Status SqliteStore::ping(runtime::Deadline deadline) {
  return readers_.run(deadline, [](Engine& engine) -> Status {
    constexpr static Sql ping{"ping", "select count(*) from sqlite_schema"};
    TRY(engine.query(ping, {}));
    return {};
  });
}

Status SqliteStore::run(Mode mode, const TenantId* /*tenant*/, runtime::Deadline deadline, const EngineBody& body) {
  TRY(Running::none());
  return mode == Mode::read ? readers_.run(deadline, body) : writer_.run(deadline, body);
}

}  // namespace sqlite

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
  auto writing = TRY(sqlite::open_file(options.file, std::max(options.cache_kib, writer_cache_kib)));
  std::unique_ptr<Store> store(new sqlite::SqliteStore(options, std::move(writing)));
  return store;
}

}  // namespace kidoban::store
