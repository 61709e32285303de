#include "directory/role_store.h"

namespace kidoban::directory {

namespace {

using store::Sql, store::Value;

constexpr Sql insert_one{"insert_role", "insert into roles (tenant, id, name, permissions, version) values ($1, $2, $3, $4, $5)"};
constexpr Sql select_one{"get_role", "select id, name, permissions, version from roles where tenant = $1 and id = $2"};
constexpr Sql select_all{"list_roles", "select id, name, permissions, version from roles where tenant = $1 order by id limit $2"};
constexpr Sql update_one{"change_role", "update roles set name = $3, permissions = $4, version = $5 where tenant = $1 and id = $2"};
constexpr Sql delete_one{"delete_role", "delete from roles where tenant = $1 and id = $2"};
constexpr Sql assign{"assign_role",
                     "insert into role_assignments (tenant, person, role, scope_kind, scope) values ($1, $2, $3, $4, $5) on conflict do nothing"};
constexpr Sql withdraw{"withdraw_role",
                       "delete from role_assignments where tenant = $1 and person = $2 and role = $3 and scope_kind = $4 and scope = $5"};
constexpr Sql withdraw_all{"withdraw_all_roles", "delete from role_assignments where tenant = $1 and person = $2"};
constexpr Sql of_person{"roles_of_person",
                        "select role, scope_kind, scope from role_assignments where tenant = $1 and person = $2 "
                        "order by role, scope_kind, scope limit $3"};
constexpr Sql holders{"holders_of_role",
                      "select person from role_assignments where tenant = $1 and role = $2 and scope_kind = 0 order by person limit $3"};
constexpr Sql assigned{"is_role_assigned", "select 1 from role_assignments where tenant = $1 and role = $2 limit 1"};

RoleRow read(const store::Row& row) { return {row.id(0), std::string(row.blob_text(1)), std::string(row.text(2)), row.integer(3)}; }

}  // namespace

Status insert_role(store::Transaction& tx, const RoleRow& row) {
  TRY(tx.execute(insert_one, row.id, Value::blob(row.name), row.permissions, row.version));
  return {};
}

Result<std::optional<RoleRow>> select_role(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(select_one, id));
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Result<std::vector<RoleRow>> select_roles(store::Transaction& tx, std::size_t limit) {
  const auto rows = TRY(tx.query(select_all, limit));
  std::vector<RoleRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Status update_role(store::Transaction& tx, const RoleRow& row) {
  TRY(tx.execute(update_one, row.id, Value::blob(row.name), row.permissions, row.version));
  return {};
}

Status delete_role(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(delete_one, id));
  return {};
}

Result<bool> insert_assignment(store::Transaction& tx, const Id& person, const Assignment& one) {
  return TRY(tx.execute(assign, person, one.role, static_cast<int>(one.scope.kind), one.scope.what)) == 1;
}

Result<bool> delete_assignment(store::Transaction& tx, const Id& person, const Assignment& one) {
  return TRY(tx.execute(withdraw, person, one.role, static_cast<int>(one.scope.kind), one.scope.what)) == 1;
}

Status delete_assignments(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(withdraw_all, person));
  return {};
}

Result<std::vector<Assignment>> select_assignments(store::Transaction& tx, const Id& person, std::size_t limit) {
  const auto rows = TRY(tx.query(of_person, person, limit));
  std::vector<Assignment> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    all.push_back({std::string(rows[i].text(0)), {static_cast<Scope::Kind>(rows[i].integer(1)), std::string(rows[i].text(2))}});
  }
  return all;
}

Result<std::vector<Id>> select_holders(store::Transaction& tx, std::string_view role, std::size_t limit) {
  const auto rows = TRY(tx.query(holders, role, limit));
  std::vector<Id> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(rows[i].id(0));
  return all;
}

Result<bool> is_assigned(store::Transaction& tx, std::string_view role) { return !TRY(tx.query(assigned, role)).empty(); }

}  // namespace kidoban::directory
