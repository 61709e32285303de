#include <doctest/doctest.h>

#include <stdexcept>

#include "kit/stores.h"
#include "kit/world.h"
#include "store/open.h"

namespace kidoban::kit {

namespace {

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) {
    throw std::runtime_error(std::string(what) + ": " + std::string(result.error().reason.text()) + ": " +
                             result.error().note);
  }
  return std::move(*result);
}

void run_on(std::unique_ptr<store::Store> store, std::span<const store::Feature> features,
            const std::function<void(store::Store&)>& body) {
  INFO("engine: ", std::string(store->engine_name()));
  must(store::migrate(*store, features), "migrating");
  body(*store);
}

}  // namespace

void each_engine(std::span<const store::Feature> features, const std::function<void(store::Store&)>& body) {
  {
    TemporaryFolder folder;
    store::SqliteOptions options;
    options.file = folder.path() / "kidoban.db";
    run_on(must(store::open_sqlite(options), "opening SQLite"), features, body);
  }
  {
    PostgresDatabase database;
    run_on(must(store::open_postgres({database.conninfo(), 16}), "opening PostgreSQL"), features, body);
  }
}

}  // namespace kidoban::kit
