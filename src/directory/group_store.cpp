#include "directory/group_store.h"

namespace kidoban::directory {

namespace {

constexpr store::Sql insert_group_row{"insert_group",
                                      "insert into person_groups (tenant, id, name_index, name) "
                                      "values ($1, $2, $3, $4) on conflict (tenant, name_index) do nothing"};
constexpr store::Sql find_group{"has_group", "select 1 from person_groups where tenant = $1 and id = $2"};
constexpr store::Sql get_group_row{"get_group", "select id, name from person_groups where tenant = $1 and id = $2"};
constexpr store::Sql select_group_page{"list_groups",
                                       "select id, name from person_groups where tenant = $1 and id > $2 order by id limit $3"};
constexpr store::Sql update_group_row{"rename_group",
                                      "update person_groups set name_index = $3, name = $4 where tenant = $1 and id = $2"};
constexpr store::Sql delete_members{"delete_group_members", "delete from group_members where tenant = $1 and group_id = $2"};
constexpr store::Sql delete_group_row{"delete_group", "delete from person_groups where tenant = $1 and id = $2"};
constexpr store::Sql delete_member_row{"delete_group_member",
                                       "delete from group_members where tenant = $1 and group_id = $2 and person = $3"};
constexpr store::Sql select_member_page{"list_group_members",
                                        "select person from group_members where tenant = $1 and group_id = $2 and person > $3 "
                                        "order by person limit $4"};
constexpr store::Sql insert_member_row{"insert_group_member",
                                       "insert into group_members (tenant, group_id, person) values ($1, $2, $3) "
                                       "on conflict (tenant, group_id, person) do nothing"};
// A person is in as many groups as an administrator put them; a token can carry but so many.
constexpr store::Sql groups_of{"groups_of_person",
                               "select g.id, g.name from group_members m join person_groups g "
                               "on g.tenant = m.tenant and g.id = m.group_id "
                               "where m.tenant = $1 and m.person = $2 order by g.id limit 1000"};

std::vector<GroupRow> groups_in(const store::Rows& rows) {
  std::vector<GroupRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), std::string(rows[i].blob_text(1))});
  return all;
}

}  // namespace

Status insert_group(store::Transaction& tx, const GroupRow& row, const crypto::Digest& name_index) {
  const auto made = TRY(tx.execute(insert_group_row, row.id, name_index, store::Value::blob(row.name)));
  if (made == 0) return fail(Kind::conflict, "group_taken", "there is a group of that name already");
  return {};
}

Result<bool> has_group(store::Transaction& tx, const Id& id) { return !TRY(tx.query(find_group, id)).empty(); }

Result<std::optional<GroupRow>> select_group(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(get_group_row, id));
  if (rows.empty()) return std::nullopt;
  return GroupRow{rows.front().id(0), std::string(rows.front().blob_text(1))};
}

Result<std::vector<GroupRow>> select_groups(store::Transaction& tx, const Id& after, std::size_t limit) {
  return groups_in(TRY(tx.query(select_group_page, after, limit)));
}

Status update_group(store::Transaction& tx, const GroupRow& row, const crypto::Digest& name_index) {
  const auto done = tx.execute(update_group_row, row.id, name_index, store::Value::blob(row.name));
  if (done) return {};
  if (done.error().kind == Kind::conflict) return fail(Kind::conflict, "group_taken", "there is a group of that name already");
  return std::unexpected(done.error());
}

Status delete_group_rows(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(delete_members, id));
  TRY(tx.execute(delete_group_row, id));
  return {};
}

Result<bool> delete_member(store::Transaction& tx, const Id& group, const Id& person) {
  return TRY(tx.execute(delete_member_row, group, person)) == 1;
}

Result<std::vector<Id>> select_members(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit) {
  const auto rows = TRY(tx.query(select_member_page, group, after, limit));
  std::vector<Id> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(rows[i].id(0));
  return all;
}

Result<bool> insert_member(store::Transaction& tx, const Id& group, const Id& person) {
  return TRY(tx.execute(insert_member_row, group, person)) == 1;
}

Result<std::vector<GroupRow>> select_groups_of(store::Transaction& tx, const Id& person) {
  return groups_in(TRY(tx.query(groups_of, person)));
}

}  // namespace kidoban::directory
