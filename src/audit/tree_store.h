#pragma once
// The rows behind the tree: records as they stand, tiles, heads, keys.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "base/clock.h"
#include "base/id.h"
#include "store/system.h"

namespace kidoban::audit {

// A record as the store has it, every value unread: what is proven.
struct StoredRecord {
  Id id;
  std::int64_t at = 0;
  std::string event;
  std::int64_t outcome = 0, actor_kind = 0;
  std::optional<Id> actor;
  std::string target_kind;
  std::optional<Id> target, session;
  std::string reason, detail;
  std::optional<std::string> mark;
  std::optional<std::int64_t> position;
};
// What a record's mark is made of, and (with the mark) what its leaf is made of: docs/protocols/audit.md.
std::string marked_bytes(TenantId tenant, const StoredRecord& record);
// seal::TenantKey::mac's purpose for it.
constexpr std::string_view mark_purpose = "audit record";
std::string leaf_bytes(TenantId tenant, const StoredRecord& record);

struct TreeRow {
  std::int64_t size = 0, retired = 0, heads = 0;
  friend bool operator==(const TreeRow&, const TreeRow&) = default;
};
struct TileRow {
  std::string hashes, ids;  // 32 and 16 bytes each; ids at level 0 alone
};
struct HeadRow {
  std::int64_t number = 0, tree_size = 0;
  Time at;
  std::string jws;
};
struct AuditKeyRow {
  std::string kid, private_key;  // sealed
};

Result<std::vector<StoredRecord>> unsealed_records(store::Transaction& tx, const std::optional<Id>& after, std::int64_t limit);
Result<std::optional<StoredRecord>> find_record(store::Transaction& tx, const Id& id);
// By position, `first` and before `end`.
Result<std::vector<StoredRecord>> records_at(store::Transaction& tx, std::int64_t first, std::int64_t end);
// Some record whose position is none of the tree's.
Result<std::optional<Id>> record_outside(store::Transaction& tx, std::int64_t size);
// One after another. False where one of the records isn't there, or is sealed.
Result<bool> put_positions(store::Transaction& tx, std::span<const Id> ids, std::int64_t first);
// How many went.
Result<std::int64_t> delete_records_at(store::Transaction& tx, std::int64_t first, std::int64_t end);

Result<std::optional<TreeRow>> find_tree(store::Transaction& tx);
// False where the tree isn't `before` any more.
Result<bool> move_tree(store::Transaction& tx, const std::optional<TreeRow>& before, const TreeRow& after, Time now);
Status put_retire_due(store::Transaction& tx, Time at);
Result<std::optional<TileRow>> find_tile(store::Transaction& tx, const TileName& name);
Status put_tile(store::Transaction& tx, const TileName& name, const TileRow& row);
Status insert_head(store::Transaction& tx, const HeadRow& head);
Result<std::optional<HeadRow>> latest_head(store::Transaction& tx);
// By number, after `after`.
Result<std::vector<HeadRow>> list_heads(store::Transaction& tx, std::int64_t after, std::int64_t limit);
// Newest first, before `before`.
Result<std::vector<HeadRow>> newest_heads(store::Transaction& tx, std::int64_t before, std::int64_t limit);
// Of heads before `at` the last of each stretch of time stays.
Status thin_heads(store::Transaction& tx, Time at, Duration stretch);
// Newest first.
Result<std::vector<AuditKeyRow>> list_keys(store::Transaction& tx);
Status insert_key(store::Transaction& tx, const AuditKeyRow& row, Time now);

// The next tenant, after `after`, that has something to seal.
Result<std::optional<TenantId>> next_unsealed(store::SystemTransaction& tx, const TenantId& after);
Result<std::vector<TenantId>> due_to_retire(store::SystemTransaction& tx, Time now, std::int64_t limit);

// The tree as the store has it, for as long as `tx` lives.
Tree stored_tree(store::Transaction& tx, std::int64_t size);
std::optional<Tile> hashes_of(std::string_view row);  // nothing where it isn't a number of hashes
std::string bytes_of(const Tile& tile);

}  // namespace kidoban::audit
