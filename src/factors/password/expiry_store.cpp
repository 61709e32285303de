#include "factors/password/expiry_store.h"

namespace kidoban::factors::password {

namespace {
using store::Sql;

constexpr Sql all_sql{"password_warnings",
                      "select days, lead_days, told_until, told_person, next_at from password_warnings where tenant = $1 order by days, lead_days"};
constexpr Sql put_sql{"password_warning_put",
                      "insert into password_warnings (tenant, days, lead_days, told_until, told_person, next_at) values ($1, $2, $3, $4, $5, $6) "
                      "on conflict (tenant, days, lead_days) do update set told_until = excluded.told_until, told_person = excluded.told_person, "
                      "next_at = excluded.next_at"};
constexpr Sql drop_sql{"password_warning_drop", "delete from password_warnings where tenant = $1 and days = $2 and lead_days = $3"};
constexpr Sql due_sql{"password_warnings_due",
                      "select days, lead_days, told_until, told_person, next_at, tenant from password_warnings where next_at <= $1 order by next_at limit $2"};
constexpr Sql endings_sql{"password_endings",
                          "select person, changed_at from password_credentials where tenant = $1 and temporary_until is null "
                          "and (changed_at, person) > ($2, $3) and changed_at <= $4 order by changed_at, person limit $5"};

Watch watch_of(const store::Row& row) { return {row.integer(0), row.integer(1), row.time(2), row.id(3), row.time(4)}; }
}  // namespace

Result<std::vector<Watch>> watches(store::Transaction& tx) {
  const auto rows = TRY(tx.query(all_sql));
  std::vector<Watch> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(watch_of(rows[i]));
  return all;
}

Status put_watch(store::Transaction& tx, const Watch& watch) {
  TRY(tx.execute(put_sql, watch.days, watch.lead_days, watch.told_until, watch.told_person, watch.next_at));
  return {};
}

Status drop_watch(store::Transaction& tx, const Watch& watch) {
  TRY(tx.execute(drop_sql, watch.days, watch.lead_days));
  return {};
}

Result<std::vector<WatchOfTenant>> due_watches(store::SystemTransaction& tx, Time now, std::size_t limit) {
  const auto rows = TRY(tx.query(due_sql, now, limit));
  std::vector<WatchOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(5)}, watch_of(rows[i])});
  return all;
}

Result<std::vector<Ending>> endings(store::Transaction& tx, const Watch& watch, Time until, std::size_t limit) {
  const auto rows = TRY(tx.query(endings_sql, watch.told_until, watch.told_person, until, limit));
  std::vector<Ending> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), rows[i].time(1)});
  return all;
}

}  // namespace kidoban::factors::password
