#include "transfer/purge.h"

#include "store/system.h"

namespace kidoban::transfer {

namespace {

using store::Sql;

constexpr Sql next_import{"next_expired_import", "select tenant, id from transfer_imports where expires_at < $1 order by expires_at limit 1"};
constexpr Sql next_export{"next_expired_export", "select tenant, id from transfer_exports where expires_at < $1 order by expires_at limit 1"};
// What hangs at a file, a few rows at a time; the file's own row last, so that nothing is ever left without one.
constexpr Sql pieces[] = {
    {"purge_transfer_pages",
     "delete from transfer_pages where tenant = $1 and file = $2 and (part, number) in "
     "(select part, number from transfer_pages where tenant = $1 and file = $2 limit $3)"},
    {"purge_transfer_outcomes",
     "delete from transfer_outcomes where tenant = $1 and file = $2 and (phase, number) in "
     "(select phase, number from transfer_outcomes where tenant = $1 and file = $2 limit $3)"},
    {"purge_transfer_keys",
     "delete from transfer_keys where tenant = $1 and file = $2 and key in "
     "(select key from transfer_keys where tenant = $1 and file = $2 limit $3)"},
};
constexpr Sql drop_import{"purge_import", "delete from transfer_imports where tenant = $1 and id = $2"};
constexpr Sql drop_export{"purge_export", "delete from transfer_exports where tenant = $1 and id = $2"};

Result<bool> purge_some(store::SystemTransaction& tx, const Sql& next, const Sql& drop, Time now) {
  constexpr std::int64_t bite = 200;
  const auto found = TRY(tx.query(next, now));
  if (found.empty()) return false;
  const Id tenant = found.front().id(0), file = found.front().id(1);
  for (const Sql& piece : pieces) {
    if (TRY(tx.execute(piece, tenant, file, bite)) == bite) return true;
  }
  TRY(tx.execute(drop, tenant, file));
  return true;
}

}  // namespace

Status purge(store::Store& store, Time now) {
  for (const auto& [next, drop] : {std::pair{&next_import, &drop_import}, std::pair{&next_export, &drop_export}}) {
    for (;;) {
      const auto deadline = runtime::Deadline::after(std::chrono::seconds(15));
      if (!TRY(store.system_write(deadline, [&](store::SystemTransaction& tx) { return purge_some(tx, *next, *drop, now); }))) break;
    }
  }
  return {};
}

}  // namespace kidoban::transfer
