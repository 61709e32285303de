#include "directory/changes.h"

#include "store/system.h"

namespace kidoban::directory {

namespace {

constexpr store::Sql mark_now{
    "people_mark",
    "select cast(max(coalesce((select max(place) from people where tenant = $1 and place is not null), 0), "
    "coalesce((select max(place) from people_removed where tenant = $1), 0)) as text)",
    "select cast(pg_current_snapshot() as text) where $1 is not null"};

// A snapshot's xmin is the oldest transaction that was at work: all before it are seen or undone, so reading begins there, and the
// snapshot itself says of each of the rest whether it was seen. One lower bound for `place`: of two, engines begin at the lesser.
#define KIDOBAN_SINCE(person)                                                                                      \
  "place >= greatest(cast(cast(pg_snapshot_xmin(cast($2 as pg_snapshot)) as text) as bigint), $3) "                \
  "and not pg_visible_in_snapshot(cast(cast(place as text) as xid8), cast($2 as pg_snapshot)) "                    \
  "and (place > $3 or " person " > $4) order by place, " person " limit $5"
#define KIDOBAN_ABOVE(person) \
  "place >= max(cast($2 as integer) + 1, $3) and (place > $3 or " person " > $4) order by place, " person " limit $5"
constexpr store::Sql changes{
    "people_changed_since",
    "select place, id, version, 0 as removed from (select place, id, version from people where tenant = $1 and " KIDOBAN_ABOVE("id")
    ") union all select place, person, 0, 1 from (select place, person from people_removed where tenant = $1 and " KIDOBAN_ABOVE("person")
    ") order by 1, 2 limit $5",
    "select place, id, version, removed from ("
    "(select place, id, version, cast(0 as bigint) as removed from people where place_tenant = $1 and " KIDOBAN_SINCE("id")
    ") union all (select place, person, cast(0 as bigint), cast(1 as bigint) from people_removed where tenant = $1 and " KIDOBAN_SINCE("person")
    ")) all_of_them order by place, id limit $5"};
#undef KIDOBAN_ABOVE
#undef KIDOBAN_SINCE

constexpr store::Sql with_old{"find_tenants_with_old_removals", "select tenant from people_removed where removed_at <= $1 order by removed_at limit $2"};
constexpr store::Sql forget_old{"forget_people_removed",
                                "delete from people_removed where tenant = $1 and (removed_at is null or removed_at <= $2) "
                                "and place < (select max(place) from people_removed where tenant = $1)"};
constexpr store::Sql keep_newest{"keep_newest_person_removed", "update people_removed set removed_at = null where tenant = $1 and removed_at <= $2"};
constexpr std::int64_t told_of_for_s = 24 * 60 * 60;
constexpr std::size_t tenants_at_once = 100;

}  // namespace

Result<std::string> people_mark(store::Transaction& tx) {
  const auto rows = TRY(tx.query(mark_now));
  return std::string(rows.front().text(0));
}

Result<std::vector<PersonChanged>> people_changed_since(store::Transaction& tx, const std::string& mark, const PersonChanged& after, std::size_t limit) {
  const auto rows = TRY(tx.query(changes, mark, after.place, after.person, limit));
  std::vector<PersonChanged> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows[i].integer(0), rows[i].id(1), rows[i].integer(2), rows[i].flag(3)});
  return out;
}

Status forget_removed(store::Store& store, Time now) {
  const std::int64_t until_s = to_us(now) / 1'000'000 - told_of_for_s;
  const auto soon = [] { return runtime::Deadline::after(std::chrono::seconds(30)); };
  for (;;) {
    const auto rows = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return tx.query(with_old, until_s, tenants_at_once); }));
    std::optional<TenantId> last;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const TenantId tenant{rows[i].id(0)};
      if (last == tenant) continue;  // done with this one's row before
      last = tenant;
      TRY(store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
        TRY(tx.execute(forget_old, until_s));
        TRY(tx.execute(keep_newest, until_s));
        return {};
      }));
    }
    if (rows.size() < tenants_at_once) return {};
  }
}

}  // namespace kidoban::directory
