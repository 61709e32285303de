#pragma once
// The rows behind roles. Names are opaque here.

#include "directory/roles.h"

namespace kidoban::directory {

struct RoleRow {
  Id id;
  std::string name;  // sealed
  std::string permissions;
  std::int64_t version = 1;
};
Status insert_role(store::Transaction& tx, const RoleRow& row);
Result<std::optional<RoleRow>> select_role(store::Transaction& tx, const Id& id);
Result<std::vector<RoleRow>> select_roles(store::Transaction& tx, std::size_t limit);
Status update_role(store::Transaction& tx, const RoleRow& row);
Status delete_role(store::Transaction& tx, const Id& id);

Result<bool> insert_assignment(store::Transaction& tx, const Id& person, const Assignment& one);  // false: was there
Result<bool> delete_assignment(store::Transaction& tx, const Id& person, const Assignment& one);
Status delete_assignments(store::Transaction& tx, const Id& person);
Result<std::vector<Assignment>> select_assignments(store::Transaction& tx, const Id& person, std::size_t limit);
Result<std::vector<Id>> select_holders(store::Transaction& tx, std::string_view role, std::size_t limit);  // everywhere
Result<bool> is_assigned(store::Transaction& tx, std::string_view role);

}  // namespace kidoban::directory
