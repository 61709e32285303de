#include "store/migrate.h"

#include <algorithm>
#include <map>

#include "crypto/hash.h"
#include "store/migration_text.h"
#include "store/postgres/schema.h"

namespace kidoban::store {

namespace {

constexpr Sql make_table{"make_schema_migrations",
                         "create table if not exists schema_migrations ("
                         "feature TEXT not null, file TEXT not null, checksum BLOB not null, "
                         "primary key (feature, file))"};
constexpr Sql has_table{"has_schema_migrations",
                        "select count(*) from sqlite_schema where type = 'table' and name = 'schema_migrations'",
                        "select count(*) from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'"};
constexpr Sql all_applied{"applied_migrations", "select feature, file, checksum from schema_migrations"};
constexpr Sql one_applied{"applied_migration",
                          "select checksum from schema_migrations where feature = $1 and file = $2"};
constexpr Sql remember{"remember_migration",
                       "insert into schema_migrations (feature, file, checksum) values ($1, $2, $3)"};

struct File {
  std::string feature, file;
  std::string_view text;
  crypto::Digest checksum;
};

using Applied = std::map<std::pair<std::string, std::string>, std::string>;

// Unknown files of one newer release are fine (its nodes are being put in our place one at a time); a
// release that is further ahead may have dropped what this program needs. How many files a release adds isn't written
// down anywhere, so a feature may be ahead by one file.
constexpr std::size_t files_ahead = 1;

std::vector<File> files_of(std::span<const Feature> features) {
  constexpr std::string_view folder = "migrations/";
  std::vector<File> out;
  for (const Feature& feature : features) {
    const std::size_t first = out.size();
    for (const Resource& resource : feature.resources) {
      if (!resource.path.starts_with(folder)) continue;
      out.push_back({std::string(feature.name), std::string(resource.path.substr(folder.size())), resource.data,
                     crypto::sha256(resource.data)});
    }
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
              [](const File& a, const File& b) { return a.file < b.file; });
  }
  return out;
}

std::string_view view(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Failure changed(const File& file) {
  return fail(Kind::conflict, "migration_changed",
              file.feature + "/" + file.file + " was applied with another content: this program and the store don't belong together");
}

Status check_known(const Applied& applied, const std::vector<File>& files, std::span<const Feature> features) {
  for (const Feature& feature : features) {
    std::size_t unknown = 0;
    std::string names;
    for (const auto& [key, checksum] : applied) {
      if (key.first != feature.name) continue;
      const bool known = std::any_of(files.begin(), files.end(), [&](const File& f) {
        return f.feature == key.first && f.file == key.second;
      });
      if (known) continue;
      ++unknown;
      names += " " + key.second;
    }
    if (unknown > files_ahead) {
      return fail(Kind::conflict, "schema_newer",
                  "a newer release has changed the store (" + std::string(feature.name) + ":" + names + "): run that release");
    }
  }
  return {};
}

}  // namespace

// Reaches the engine below a Store, which migrations alone may.
class Migrator {
 public:
  explicit Migrator(Store& store) : store_(store), postgres_(store.engine_name() == "postgresql") {}

  Result<Applied> applied() {
    Applied out;
    auto body = [&](Engine& engine) -> Status {
      out.clear();
      if (TRY(engine.query(has_table, {})).front().integer(0) == 0) return {};
      const Rows rows = TRY(engine.query(all_applied, {}));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        out[{std::string(rows[i].text(0)), std::string(rows[i].text(1))}] = std::string(rows[i].blob_text(2));
      }
      return {};
    };
    TRY(store_.run(Store::Mode::read, nullptr, deadline(), body));
    return out;
  }

  Status apply(const File& file) {
    const std::string text = TRY(text_for(store_.engine_name(), file.text));
    return store_.run(Store::Mode::write, nullptr, deadline(), [&](Engine& engine) -> Status {
      // One node at a time: PostgreSQL by a lock, SQLite because there is one writer among all processes.
      if (postgres_) TRY(engine.script(postgres::lock_migrations()));
      if (postgres_) TRY(engine.script(postgres::prepare_schema()));
      TRY(engine.execute(make_table, {}));
      const std::array<Value, 2> key{Value(file.feature), Value(file.file)};
      const Rows rows = TRY(engine.query(one_applied, key));
      if (!rows.empty()) {  // another node was quicker
        if (rows.front().blob_text(0) != view(file.checksum)) return changed(file);
        return {};
      }
      if (Status ran = engine.script(text); !ran) {
        Error error = std::move(ran.error());
        error.note = file.feature + "/" + file.file + ": " + error.note;
        return std::unexpected(std::move(error));
      }
      if (postgres_) TRY(engine.script(postgres::secure_tables()));
      const std::array<Value, 3> row{Value(file.feature), Value(file.file), Value(file.checksum)};
      TRY(engine.execute(remember, row));
      return {};
    });
  }

 private:
  static runtime::Deadline deadline() { return runtime::Deadline::after(std::chrono::minutes(10)); }
  Store& store_;
  bool postgres_;
};

namespace {

enum class Act : std::uint8_t { apply, plan };

Result<std::vector<MigrationState>> go(Store& store, std::span<const Feature> features, Act act) {
  Migrator migrator(store);
  const Applied applied = TRY(migrator.applied());
  const std::vector<File> files = files_of(features);
  TRY(check_known(applied, files, features));
  std::vector<MigrationState> out;
  for (const File& file : files) {
    const auto found = applied.find({file.feature, file.file});
    if (found != applied.end() && found->second != view(file.checksum)) return changed(file);
    out.push_back({file.feature, file.file, found != applied.end()});
  }
  if (act == Act::plan) return out;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (out[i].applied) continue;
    TRY(migrator.apply(files[i]));
    out[i].applied = true;
  }
  return out;
}

}  // namespace

Result<std::vector<MigrationState>> migrate(Store& store, std::span<const Feature> features) {
  return go(store, features, Act::apply);
}

Result<std::vector<MigrationState>> migration_plan(Store& store, std::span<const Feature> features) {
  return go(store, features, Act::plan);
}

}  // namespace kidoban::store
