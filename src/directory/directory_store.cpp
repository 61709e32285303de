#include "directory/directory_store.h"

namespace kidoban::directory {

namespace {

constexpr store::Sql insert_one{
    "insert_person",
    "insert into people (tenant, id, login_index, state, administrator, profile, created_at, updated_at, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant, login_index) do nothing"};
constexpr store::Sql find_one{"find_person",
                              "select id, state, administrator, profile, created_at, updated_at, version "
                              "from people where tenant = $1 and login_index = $2"};
constexpr store::Sql select_one{"get_person",
                                "select id, state, administrator, profile, created_at, updated_at, version "
                                "from people where tenant = $1 and id = $2"};
constexpr store::Sql select_page{"list_people",
                                 "select id, state, administrator, profile, created_at, updated_at, version "
                                 "from people where tenant = $1 and id > $2 order by id limit $3"};
constexpr store::Sql set_state{"set_person_state",
                               "update people set state = $3, updated_at = $4, version = version + 1 "
                               "where tenant = $1 and id = $2"};
constexpr store::Sql update_one{"change_person",
                                "update people set login_index = $3, state = $4, administrator = $5, profile = $6, updated_at = $7, "
                                "version = version + 1 where tenant = $1 and id = $2"};
constexpr store::Sql other_administrator{"find_other_administrator",
                                         "select 1 from people where tenant = $1 and administrator = 1 and state = 0 and id <> $2 limit 1"};
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

PersonRow read(const store::Row& row) {
  return {row.id(0),   static_cast<PersonState>(row.integer(1)), row.flag(2), std::string(row.blob_text(3)),
          row.time(4), row.time(5),                              row.integer(6)};
}

std::vector<GroupRow> groups_in(const store::Rows& rows) {
  std::vector<GroupRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), std::string(rows[i].blob_text(1))});
  return all;
}

Result<std::optional<PersonRow>> first(Result<store::Rows> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return read(rows->front());
}

}  // namespace

Status insert_person(store::Transaction& tx, const PersonRow& row, const crypto::Digest& login_index) {
  const auto made = TRY(tx.execute(insert_one, row.id, login_index, static_cast<int>(row.state), row.administrator,
                                   store::Value::blob(row.profile), row.created_at, row.updated_at, row.version));
  if (made == 0) return fail(Kind::conflict, "login_taken", "somebody has this login already");
  return {};
}

Result<std::optional<PersonRow>> find_person(store::Transaction& tx, const crypto::Digest& login_index) {
  return first(tx.query(find_one, login_index));
}

Result<std::optional<PersonRow>> select_person(store::Transaction& tx, const Id& id) {
  return first(tx.query(select_one, id));
}

Result<std::vector<PersonRow>> select_people(store::Transaction& tx, const Id& after, std::size_t limit) {
  const auto rows = TRY(tx.query(select_page, after, limit));
  std::vector<PersonRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<bool> update_state(store::Transaction& tx, const Id& id, PersonState state, Time at) {
  return TRY(tx.execute(set_state, id, static_cast<int>(state), at)) == 1;
}

Status update_person(store::Transaction& tx, const PersonRow& row, const crypto::Digest& login_index) {
  const auto done = tx.execute(update_one, row.id, login_index, static_cast<int>(row.state), row.administrator,
                               store::Value::blob(row.profile), row.updated_at);
  if (done) return {};
  if (done.error().kind == Kind::conflict) return fail(Kind::conflict, "login_taken", "somebody has this login already");
  return std::unexpected(done.error());
}

Result<bool> has_other_administrator(store::Transaction& tx, const Id& than) {
  return !TRY(tx.query(other_administrator, than)).empty();
}

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
