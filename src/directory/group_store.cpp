#include "directory/group_store.h"

namespace kidoban::directory {

namespace {

constexpr store::Sql insert_one{"insert_group",
                                "insert into person_groups (tenant, id, name_index, name, detail, external_index, by_rule, created_at, updated_at, version) "
                                "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant, name_index) do nothing"};
constexpr store::Sql has_one{"has_group", "select 1 from person_groups where tenant = $1 and id = $2"};
constexpr store::Sql select_one{"get_group",
                                "select id, name, detail, by_rule, created_at, updated_at, version, members_version from person_groups where tenant = $1 and id = $2"};
constexpr store::Sql select_named{"find_group_by_name",
                                  "select id, name, detail, by_rule, created_at, updated_at, version, members_version from person_groups "
                                  "where tenant = $1 and name_index = $2"};
constexpr store::Sql select_external{"find_groups_by_external_id",
                                     "select id, name, detail, by_rule, created_at, updated_at, version, members_version from person_groups "
                                     "where tenant = $1 and external_index = $2 order by id limit 100"};
constexpr store::Sql select_page{"list_groups",
                                 "select id, name, detail, by_rule, created_at, updated_at, version, members_version from person_groups "
                                 "where tenant = $1 and id > $2 order by id limit $3"};
constexpr store::Sql select_by_rule{"list_groups_by_rule",
                                    "select id, name, detail, by_rule, created_at, updated_at, version, members_version from person_groups "
                                    "where tenant = $1 and by_rule = 1 order by id limit $2"};
constexpr store::Sql update_one{"change_group",
                                "update person_groups set name_index = $3, name = $4, detail = $5, external_index = $6, by_rule = $7, updated_at = $8, "
                                "version = version + 1 where tenant = $1 and id = $2"};
constexpr store::Sql touch_one{"touch_group_members",
                               "update person_groups set members_version = members_version + 1 where tenant = $1 and id = $2"};
constexpr store::Sql touch_of_person{"touch_groups_of_person",
                                     "update person_groups set members_version = members_version + 1 where tenant = $1 and id in "
                                     "(select group_id from group_members where tenant = $1 and person = $2)"};
constexpr store::Sql delete_all[] = {
    {"touch_group_parents",
     "update person_groups set members_version = members_version + 1 where tenant = $1 and id in "
     "(select group_id from group_groups where tenant = $1 and child = $2)"},
    {"delete_group_members", "delete from group_members where tenant = $1 and group_id = $2"},
    {"delete_group_children", "delete from group_groups where tenant = $1 and group_id = $2"},
    {"delete_group_parents", "delete from group_groups where tenant = $1 and child = $2"},
    {"delete_group_rule_pass", "delete from group_rule_passes where tenant = $1 and group_id = $2"},
    {"delete_group", "delete from person_groups where tenant = $1 and id = $2"},
};

GroupRow read(const store::Row& row) {
  return {row.id(0),
          std::string(row.blob_text(1)),
          row.is_null(2) ? std::nullopt : std::optional(std::string(row.blob_text(2))),
          row.flag(3),
          row.maybe_time(4),
          row.maybe_time(5),
          row.integer(6),
          row.integer(7)};
}

std::vector<GroupRow> all_of(const store::Rows& rows) {
  std::vector<GroupRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

std::optional<GroupRow> first_of(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

store::Value detail_of(const GroupRow& row) { return row.detail ? store::Value::blob(*row.detail) : store::Value(); }

Failure name_taken() { return fail(Kind::conflict, "group_taken", "there is a group of that name already"); }

}  // namespace

Status insert_group(store::Transaction& tx, const GroupRow& row, const GroupIndexes& indexes) {
  const auto made = TRY(tx.execute(insert_one, row.id, indexes.name, store::Value::blob(row.name), detail_of(row), indexes.external_id, row.by_rule,
                                   row.created_at, row.updated_at, row.version));
  if (made == 0) return name_taken();
  return {};
}

Result<bool> has_group(store::Transaction& tx, const Id& id) { return !TRY(tx.query(has_one, id)).empty(); }

Result<std::optional<GroupRow>> select_group(store::Transaction& tx, const Id& id) { return first_of(TRY(tx.query(select_one, id))); }

Result<std::optional<GroupRow>> select_group_named(store::Transaction& tx, const crypto::Digest& name) {
  return first_of(TRY(tx.query(select_named, name)));
}

Result<std::vector<GroupRow>> select_groups_with_external_id(store::Transaction& tx, const crypto::Digest& external_id) {
  return all_of(TRY(tx.query(select_external, external_id)));
}

Result<std::vector<GroupRow>> select_groups(store::Transaction& tx, const Id& after, std::size_t limit) {
  return all_of(TRY(tx.query(select_page, after, limit)));
}

Result<std::vector<GroupRow>> select_groups_by_rule(store::Transaction& tx, std::size_t limit) { return all_of(TRY(tx.query(select_by_rule, limit))); }

Status update_group(store::Transaction& tx, const GroupRow& row, const GroupIndexes& indexes) {
  const auto done =
      tx.execute(update_one, row.id, indexes.name, store::Value::blob(row.name), detail_of(row), indexes.external_id, row.by_rule, row.updated_at);
  if (done) return {};
  if (done.error().reason == "unique_taken") return name_taken();
  return std::unexpected(done.error());
}

Status touch_members(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(touch_one, id));
  return {};
}

Status touch_groups_of(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(touch_of_person, person));
  return {};
}

Status delete_group_rows(store::Transaction& tx, const Id& id) {
  for (const auto& sql : delete_all) TRY(tx.execute(sql, id));
  return {};
}

}  // namespace kidoban::directory
