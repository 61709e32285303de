// migrate, backup, restore.

#include "service/commands.h"
#include "service/features.h"
#include "service/house.h"
#include "store/open.h"

namespace kidoban::service {

namespace {
Status embedded_only(const Config& config, std::string_view command) {
  if (config.embedded()) return {};
  return fail(Kind::malformed, "configuration_invalid",
              "kidoban " + std::string(command) +
                  " is for the embedded store; back PostgreSQL up with its own tools (pg_basebackup, pgBackRest)");
}
}  // namespace

Status migrate(const Config& config, const Output& out, bool plan_only) {
  const auto store = TRY(open_store(config));
  const auto all = features();
  const auto states = plan_only ? store::migration_plan(*store, all) : store::migrate(*store, all);
  if (!states) return std::unexpected(states.error());
  std::vector<Fields> rows;
  for (const store::MigrationState& state : *states) {
    rows.push_back({{"feature", state.feature}, {"file", state.file}, {"applied", state.applied ? "yes" : "no"}});
  }
  out.many("migrations", rows);
  return {};
}

Status backup(const Config& config, const Output& out, const std::filesystem::path& to) {
  TRY(embedded_only(config, "backup"));
  TRY(store::backup_sqlite(config.database_file(), to));
  out.done("The store is in " + to.string() + ". Keep it apart from the root key " +
           config.root_key_path().string() + ", without which it can't be read.");
  return {};
}

Status restore(const Config& config, const Output& out, const std::filesystem::path& from) {
  TRY(embedded_only(config, "restore"));
  TRY(store::restore_sqlite(from, config.database_file()));
  out.done("The store is back from " + from.string() + "; what was there before is kept beside it.");
  return {};
}

}  // namespace kidoban::service
