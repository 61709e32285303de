#pragma once
// The rows behind groups. Sealed columns are opaque here.

#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "store/store.h"

namespace kidoban::directory {

struct GroupRow {
  Id id;
  std::string name;
};
// conflict/"group_taken".
Status insert_group(store::Transaction& tx, const GroupRow& row, const crypto::Digest& name_index);
Result<bool> has_group(store::Transaction& tx, const Id& id);
Result<std::optional<GroupRow>> select_group(store::Transaction& tx, const Id& id);
Result<std::vector<GroupRow>> select_groups(store::Transaction& tx, const Id& after, std::size_t limit);
// conflict/"group_taken".
Status update_group(store::Transaction& tx, const GroupRow& row, const crypto::Digest& name_index);
Status delete_group_rows(store::Transaction& tx, const Id& id);
// False where the person was no member.
Result<bool> delete_member(store::Transaction& tx, const Id& group, const Id& person);
Result<std::vector<Id>> select_members(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit);
// False where the person is a member already.
Result<bool> insert_member(store::Transaction& tx, const Id& group, const Id& person);
Result<std::vector<GroupRow>> select_groups_of(store::Transaction& tx, const Id& person);

}  // namespace kidoban::directory
