#include "search/change_store.h"

namespace kidoban::search {

namespace {

constexpr store::Sql mark_now{
    "search_mark",
    "select cast(max(coalesce((select max(place) from people where tenant = $1), 0), "
    "coalesce((select max(place) from people_removed where tenant = $1), 0)) as text)",
    "select cast(pg_current_snapshot() as text) where $1 is not null"};

// A snapshot's xmin is the oldest transaction that was at work: all before it are seen or undone, so reading begins there, and the
// snapshot itself says of each of the rest whether it was seen.
#define KIDOBAN_SINCE                                                                                              \
  "place >= cast(cast(pg_snapshot_xmin(cast($2 as pg_snapshot)) as text) as bigint) "                              \
  "and not pg_visible_in_snapshot(cast(cast(place as text) as xid8), cast($2 as pg_snapshot)) "
constexpr store::Sql changes{
    "search_changes",
    "select place, id, version, 0 as removed from ("
    "select place, id, version from people where tenant = $1 and place > cast($2 as integer) and (place, id) > ($3, $4) "
    "order by place, id limit $5) "
    "union all select place, person, 0, 1 from ("
    "select place, person from people_removed where tenant = $1 and place > cast($2 as integer) and (place, person) > ($3, $4) "
    "order by place, person limit $5) order by 1, 2 limit $5",
    "select place, id, version, removed from (("
    "select place, id, version, cast(0 as bigint) as removed from people where tenant = $1 and " KIDOBAN_SINCE
    "and (place, id) > ($3, $4) order by place, id limit $5) union all ("
    "select place, person, cast(0 as bigint), cast(1 as bigint) from people_removed where tenant = $1 and " KIDOBAN_SINCE
    "and (place, person) > ($3, $4) order by place, person limit $5)) all_of_them order by place, id limit $5"};
#undef KIDOBAN_SINCE

}  // namespace

Result<std::string> current_mark(store::Transaction& tx) {
  const auto rows = TRY(tx.query(mark_now));
  return std::string(rows.front().text(0));
}

Result<std::vector<Changed>> changes_since(store::Transaction& tx, const std::string& mark, const Changed& after, std::size_t limit) {
  const auto rows = TRY(tx.query(changes, mark, after.place, after.person, limit));
  std::vector<Changed> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows[i].integer(0), rows[i].id(1), rows[i].integer(2), rows[i].flag(3)});
  return out;
}

}  // namespace kidoban::search
