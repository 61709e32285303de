#pragma once
// The rows behind groups. Sealed columns are opaque here. Who is in them: member_store.h.

#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "store/store.h"

namespace kidoban::directory {

struct GroupRow {
  Id id;
  std::string name;
  std::optional<std::string> detail;
  bool by_rule = false;
  std::optional<Time> created_at, updated_at;
  std::int64_t version = 1, members_version = 0;
};
struct GroupIndexes {
  crypto::Digest name;
  std::optional<crypto::Digest> external_id;
};

// conflict/"group_taken".
Status insert_group(store::Transaction& tx, const GroupRow& row, const GroupIndexes& indexes);
Result<bool> has_group(store::Transaction& tx, const Id& id);
Result<std::optional<GroupRow>> select_group(store::Transaction& tx, const Id& id);
Result<std::optional<GroupRow>> select_group_named(store::Transaction& tx, const crypto::Digest& name);
Result<std::vector<GroupRow>> select_groups_with_external_id(store::Transaction& tx, const crypto::Digest& external_id);
Result<std::vector<GroupRow>> select_groups(store::Transaction& tx, const Id& after, std::size_t limit);
Result<std::vector<GroupRow>> select_groups_by_rule(store::Transaction& tx, std::size_t limit);
// Everything but id and created_at; the version becomes one more. conflict/"group_taken".
Status update_group(store::Transaction& tx, const GroupRow& row, const GroupIndexes& indexes);
// Who is in it has changed.
Status touch_members(store::Transaction& tx, const Id& id);
// Who is in any of the groups that somebody is in is about to change.
Status touch_groups_of(store::Transaction& tx, const Id& person);
// With who is in it and what it is in.
Status delete_group_rows(store::Transaction& tx, const Id& id);

}  // namespace kidoban::directory
