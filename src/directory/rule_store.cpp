#include "directory/rule_store.h"

namespace kidoban::directory {

namespace {

using store::Sql;

constexpr Sql get_stamp{"get_rule_stamp", "select stamp from group_rule_stamps where tenant = $1"};
constexpr Sql put_stamp{"put_rule_stamp",
                        "insert into group_rule_stamps (tenant, stamp) values ($1, $2) on conflict (tenant) do update set stamp = excluded.stamp"};
constexpr Sql begin_pass{"begin_rule_pass",
                         "insert into group_rule_passes (tenant, group_id, after_id, seen, added, removed, updated_at) values ($1, $2, $3, 0, 0, 0, $4) "
                         "on conflict (tenant, group_id) do update set after_id = excluded.after_id, seen = 0, added = 0, removed = 0, "
                         "updated_at = excluded.updated_at"};
constexpr Sql get_pass{"get_rule_pass", "select after_id, seen, added, removed from group_rule_passes where tenant = $1 and group_id = $2"};
constexpr Sql update_pass{"update_rule_pass",
                          "update group_rule_passes set after_id = $3, seen = $4, added = $5, removed = $6, updated_at = $7 "
                          "where tenant = $1 and group_id = $2"};
constexpr Sql delete_pass{"delete_rule_pass", "delete from group_rule_passes where tenant = $1 and group_id = $2"};
constexpr Sql groups_of_person{"list_rule_groups_of_person",
                               "select m.group_id from group_members m join person_groups g on g.tenant = m.tenant and g.id = m.group_id "
                               "where m.tenant = $1 and m.person = $2 and g.by_rule = 1"};
constexpr Sql people_between{"list_people_between",
                             "select person from group_members where tenant = $1 and group_id = $2 and person > $3 and person <= $4 order by person"};
constexpr Sql waiting{"find_rule_passes_waiting", "select tenant, group_id from group_rule_passes where updated_at <= $1 order by updated_at limit $2"};

std::vector<Id> ids_of(const store::Rows& rows) {
  std::vector<Id> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(rows[i].id(0));
  return all;
}

}  // namespace

Result<std::optional<Id>> select_rule_stamp(store::Transaction& tx) {
  const auto rows = TRY(tx.query(get_stamp));
  if (rows.empty()) return std::nullopt;
  return rows.front().id(0);
}

Status put_rule_stamp(store::Transaction& tx, const Id& stamp) {
  TRY(tx.execute(put_stamp, stamp));
  return {};
}

Status begin_rule_pass(store::Transaction& tx, const Id& group, Time now) {
  TRY(tx.execute(begin_pass, group, Id{}, now));
  return {};
}

Result<std::optional<RulePassRow>> select_rule_pass(store::Transaction& tx, const Id& group) {
  const auto rows = TRY(tx.query(get_pass, group));
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return RulePassRow{row.id(0), row.integer(1), row.integer(2), row.integer(3)};
}

Status update_rule_pass(store::Transaction& tx, const Id& group, const RulePassRow& row, Time now) {
  TRY(tx.execute(update_pass, group, row.after, row.seen, row.added, row.removed, now));
  return {};
}

Status delete_rule_pass(store::Transaction& tx, const Id& group) {
  TRY(tx.execute(delete_pass, group));
  return {};
}

Result<std::vector<Id>> select_rule_groups_of(store::Transaction& tx, const Id& person) { return ids_of(TRY(tx.query(groups_of_person, person))); }

Result<std::vector<Id>> select_people_between(store::Transaction& tx, const Id& group, const Id& after, const Id& last) {
  return ids_of(TRY(tx.query(people_between, group, after, last)));
}

Result<std::vector<GroupOfTenant>> select_waiting_passes(store::SystemTransaction& tx, Time since, std::size_t limit) {
  const auto rows = TRY(tx.query(waiting, since, limit));
  std::vector<GroupOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(0)}, rows[i].id(1)});
  return all;
}

}  // namespace kidoban::directory
