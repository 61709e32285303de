#include "login/housekeeping.h"

namespace kidoban::login {

namespace {
using store::Sql;

constexpr Sql purge_sql[] = {
    {"journeys_purge",
     "delete from journeys where (tenant, id) in (select tenant, id from journeys where expires_at < $1 limit $2)"},
    {"sessions_purge_idle",
     "delete from sessions where (tenant, id) in (select tenant, id from sessions where idle_until < $1 limit $2)"},
    {"lockouts_purge",
     "delete from lockouts where (tenant, subject) in "
     "(select tenant, subject from lockouts where forget_at < $1 limit $2)"},
    {"lock_notices_purge",
     "delete from lock_notices where (tenant, subject) in "
     "(select tenant, subject from lock_notices where quiet_until < $1 limit $2)"},
};
constexpr Sql browsers_purge_sql{
    "known_browsers_purge",
    "delete from known_browsers where (tenant, person, mark) in "
    "(select tenant, person, mark from known_browsers where last_seen_at < $1 limit $2)"};
constexpr Sql forget_sql[] = {
    {"sessions_forget", "delete from sessions where tenant = $1 and person = $2"},
    {"known_browsers_forget", "delete from known_browsers where tenant = $1 and person = $2"},
    {"consents_forget", "delete from consents where tenant = $1 and person = $2"},
};
}  // namespace

Status forget(store::Transaction& tx, const Id& person) {
  for (const Sql& sql : forget_sql) TRY(tx.execute(sql, person));
  return {};
}

Result<std::int64_t> purge(store::SystemTransaction& tx, Time now, std::int64_t limit) {
  std::int64_t gone = 0;
  // idle_until never lies past absolute_until, so one condition finds every dead session.
  for (const Sql& sql : purge_sql) gone += TRY(tx.execute(sql, now, limit));
  // Whose cookie has run out (browsers.cpp).
  gone += TRY(tx.execute(browsers_purge_sql, now - std::chrono::hours(400 * 24), limit));
  return gone;
}

Status purge(store::Store& store, Time now) {
  constexpr std::int64_t bite = 500;
  for (;;) {
    const auto deadline = runtime::Deadline::after(std::chrono::seconds(15));
    const auto gone = TRY(store.system_write(
        deadline, [&](store::SystemTransaction& tx) -> Result<std::int64_t> { return purge(tx, now, bite); }));
    if (gone < bite) return {};
  }
}

}  // namespace kidoban::login
