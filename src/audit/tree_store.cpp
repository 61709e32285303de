#include "audit/tree_store.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::audit {

namespace {

using store::Sql;

#define KIDOBAN_AUDIT_STORED                                                                                                   \
  "select id, at, event, outcome, actor_kind, actor, target_kind, target, session, reason, detail, mark, position from " \
  "audit_records "
constexpr Sql unsealed{"audit_unsealed", KIDOBAN_AUDIT_STORED "where tenant = $1 and position is null and id > $2 order by id limit $3"};
constexpr Sql one{"audit_one", KIDOBAN_AUDIT_STORED "where tenant = $1 and id = $2"};
constexpr Sql placed{"audit_placed", KIDOBAN_AUDIT_STORED "where tenant = $1 and position >= $2 and position < $3 order by position"};
#undef KIDOBAN_AUDIT_STORED
constexpr Sql below{"audit_below", "select id from audit_records where tenant = $1 and position < 0 limit 1"};
constexpr Sql above{"audit_above", "select id from audit_records where tenant = $1 and position >= $2 order by position limit 1"};
constexpr Sql place{"audit_place", "update audit_records set position = $3 where tenant = $1 and id = $2 and position is null"};
constexpr Sql retire{"audit_retire", "delete from audit_records where tenant = $1 and position >= $2 and position < $3"};

constexpr Sql tree{"audit_tree", "select size, retired, heads from audit_trees where tenant = $1"};
constexpr Sql plant{"audit_plant",
                    "insert into audit_trees (tenant, size, retired, heads, retire_due_at) values ($1, $2, $3, $4, $5) "
                    "on conflict (tenant) do nothing"};
constexpr Sql grow{"audit_grow",
                   "update audit_trees set size = $2, retired = $3, heads = $4 "
                   "where tenant = $1 and size = $5 and retired = $6 and heads = $7"};
constexpr Sql retire_next{"audit_retire_next", "update audit_trees set retire_due_at = $2 where tenant = $1"};
constexpr Sql tile{"audit_tile", "select hashes, ids from audit_tiles where tenant = $1 and level = $2 and number = $3"};
constexpr Sql keep_tile{"audit_keep_tile",
                        "insert into audit_tiles (tenant, level, number, hashes, ids) values ($1, $2, $3, $4, $5) "
                        "on conflict (tenant, level, number) do update set hashes = excluded.hashes, ids = excluded.ids"};
constexpr Sql keep_head{"audit_keep_head", "insert into audit_heads (tenant, number, tree_size, at, jws) values ($1, $2, $3, $4, $5)"};
constexpr Sql heads_on{"audit_heads",
                       "select number, tree_size, at, jws from audit_heads where tenant = $1 and number > $2 order by number limit $3"};
constexpr Sql heads_back{"audit_heads_back",
                         "select number, tree_size, at, jws from audit_heads where tenant = $1 and number < $2 order by number desc limit $3"};
constexpr Sql thin{"audit_thin_heads",
                   "delete from audit_heads where tenant = $1 and at < $2 and exists (select 1 from audit_heads next where next.tenant = $1 "
                   "and next.number = (select min(number) from audit_heads later where later.tenant = $1 and later.number > audit_heads.number) "
                   "and next.at / $3 = audit_heads.at / $3)"};
constexpr Sql keys{"audit_keys", "select kid, private_key from audit_keys where tenant = $1 order by made_at desc, kid limit 1000"};
constexpr Sql keep_key{"audit_keep_key", "insert into audit_keys (tenant, kid, private_key, made_at) values ($1, $2, $3, $4)"};

constexpr Sql next{"audit_next_unsealed", "select tenant from audit_records where position is null and tenant > $1 order by tenant limit 1"};
constexpr Sql due{"audit_retire_due", "select tenant from audit_trees where retire_due_at <= $1 order by retire_due_at limit $2"};

StoredRecord record_in(const store::Row& row) {
  StoredRecord out{.id = row.id(0),
                   .at = row.integer(1),
                   .event = std::string(row.text(2)),
                   .outcome = row.integer(3),
                   .actor_kind = row.integer(4),
                   .actor = row.maybe_id(5),
                   .target_kind = std::string(row.text(6)),
                   .target = row.maybe_id(7),
                   .session = row.maybe_id(8),
                   .reason = std::string(row.text(9)),
                   .detail = std::string(row.blob_text(10)),
                   .mark = {},
                   .position = row.maybe_integer(12)};
  if (!row.is_null(11)) out.mark = std::string(row.blob_text(11));
  return out;
}

std::vector<StoredRecord> records_in(const store::Rows& rows) {
  std::vector<StoredRecord> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(record_in(rows[i]));
  return out;
}

std::vector<HeadRow> heads_in(const store::Rows& rows) {
  std::vector<HeadRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({rows[i].integer(0), rows[i].integer(1), rows[i].time(2), std::string(rows[i].text(3))});
  }
  return out;
}

void add_number(std::string& out, std::int64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((static_cast<std::uint64_t>(number) >> shift) & 0xff);
}
// Length before each value: no two records have the same spelling.
void add_value(std::string& out, std::string_view value) {
  add_number(out, static_cast<std::int64_t>(value.size()));
  out += value;
}
void add_id(std::string& out, const std::optional<Id>& id) { add_value(out, id ? as_text(id->span()) : std::string_view()); }

}  // namespace

std::string marked_bytes(TenantId tenant, const StoredRecord& r) {
  std::string out = "kidoban audit record 1";
  add_value(out, as_text(tenant.id.span()));
  add_id(out, r.id);
  add_number(out, r.at);
  add_value(out, r.event);
  add_number(out, r.outcome);
  add_number(out, r.actor_kind);
  add_id(out, r.actor);
  add_value(out, r.target_kind);
  add_id(out, r.target);
  add_id(out, r.session);
  add_value(out, r.reason);
  add_value(out, r.detail);
  return out;
}

std::string leaf_bytes(TenantId tenant, const StoredRecord& record) {
  std::string out = marked_bytes(tenant, record);
  add_value(out, record.mark.value_or(""));
  return out;
}

Result<std::vector<StoredRecord>> unsealed_records(store::Transaction& tx, const std::optional<Id>& after, std::int64_t limit) {
  return records_in(TRY(tx.query(unsealed, after.value_or(Id{}), limit)));
}

Result<std::optional<StoredRecord>> find_record(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(one, id));
  if (rows.empty()) return std::nullopt;
  return record_in(rows.front());
}

Result<std::vector<StoredRecord>> records_at(store::Transaction& tx, std::int64_t first, std::int64_t end) {
  return records_in(TRY(tx.query(placed, first, end)));
}

Result<std::optional<Id>> record_outside(store::Transaction& tx, std::int64_t size) {
  const auto low = TRY(tx.query(below));
  if (!low.empty()) return low.front().id(0);
  const auto high = TRY(tx.query(above, size));
  if (!high.empty()) return high.front().id(0);
  return std::nullopt;
}

Result<bool> put_positions(store::Transaction& tx, std::span<const Id> ids, std::int64_t first) {
  store::Batch batch;
  for (const Id& id : ids) batch.add(id, first++);
  const auto changed = TRY(tx.execute_each(place, batch));
  return std::ranges::all_of(changed, [](std::int64_t rows) { return rows == 1; });
}

Result<std::int64_t> delete_records_at(store::Transaction& tx, std::int64_t first, std::int64_t end) {
  return tx.execute(retire, first, end);
}

Result<std::optional<TreeRow>> find_tree(store::Transaction& tx) {
  const auto rows = TRY(tx.query(tree));
  if (rows.empty()) return std::nullopt;
  return TreeRow{rows.front().integer(0), rows.front().integer(1), rows.front().integer(2)};
}

Result<bool> move_tree(store::Transaction& tx, const std::optional<TreeRow>& before, const TreeRow& after, Time now) {
  const auto changed = before ? TRY(tx.execute(grow, after.size, after.retired, after.heads, before->size, before->retired, before->heads))
                              : TRY(tx.execute(plant, after.size, after.retired, after.heads, now));
  return changed == 1;
}

Status put_retire_due(store::Transaction& tx, Time at) {
  TRY(tx.execute(retire_next, at));
  return {};
}

Result<std::optional<TileRow>> find_tile(store::Transaction& tx, const TileName& name) {
  const auto rows = TRY(tx.query(tile, name.level, name.number));
  if (rows.empty()) return std::nullopt;
  return TileRow{std::string(rows.front().blob_text(0)), std::string(rows.front().blob_text(1))};
}

Status put_tile(store::Transaction& tx, const TileName& name, const TileRow& row) {
  TRY(tx.execute(keep_tile, name.level, name.number, store::Value::blob(row.hashes), store::Value::blob(row.ids)));
  return {};
}

Status insert_head(store::Transaction& tx, const HeadRow& head) {
  TRY(tx.execute(keep_head, head.number, head.tree_size, head.at, head.jws));
  return {};
}

Result<std::vector<HeadRow>> list_heads(store::Transaction& tx, std::int64_t after, std::int64_t limit) {
  return heads_in(TRY(tx.query(heads_on, after, limit)));
}

Result<std::vector<HeadRow>> newest_heads(store::Transaction& tx, std::int64_t before, std::int64_t limit) {
  return heads_in(TRY(tx.query(heads_back, before, limit)));
}

Result<std::optional<HeadRow>> latest_head(store::Transaction& tx) {
  auto heads = TRY(newest_heads(tx, INT64_MAX, 1));
  if (heads.empty()) return std::nullopt;
  return std::move(heads.front());
}

Status thin_heads(store::Transaction& tx, Time at, Duration stretch) {
  TRY(tx.execute(thin, at, stretch.count()));
  return {};
}

Result<std::vector<AuditKeyRow>> list_keys(store::Transaction& tx) {
  const auto rows = TRY(tx.query(keys));
  std::vector<AuditKeyRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({std::string(rows[i].text(0)), std::string(rows[i].blob_text(1))});
  return out;
}

Status insert_key(store::Transaction& tx, const AuditKeyRow& row, Time now) {
  TRY(tx.execute(keep_key, row.kid, store::Value::blob(row.private_key), now));
  return {};
}

Result<std::optional<TenantId>> next_unsealed(store::SystemTransaction& tx, const TenantId& after) {
  const auto rows = TRY(tx.query(next, after));
  if (rows.empty()) return std::nullopt;
  return TenantId{rows.front().id(0)};
}

Result<std::vector<TenantId>> due_to_retire(store::SystemTransaction& tx, Time now, std::int64_t limit) {
  const auto rows = TRY(tx.query(due, now, limit));
  std::vector<TenantId> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(TenantId{rows[i].id(0)});
  return out;
}

std::optional<Tile> hashes_of(std::string_view row) {
  if (row.size() % sizeof(Digest) != 0) return std::nullopt;
  Tile out(row.size() / sizeof(Digest));
  for (std::size_t i = 0; i < out.size(); ++i) std::ranges::copy(as_bytes(row.substr(i * sizeof(Digest), sizeof(Digest))), out[i].begin());
  return out;
}

std::string bytes_of(const Tile& hashes) {
  std::string out;
  for (const Digest& hash : hashes) out += as_text(hash);
  return out;
}

Tree stored_tree(store::Transaction& tx, std::int64_t size) {
  return {size, [&tx](const TileName& name) -> Result<Tile> {
            const auto row = TRY(find_tile(tx, name));
            auto hashes = row ? hashes_of(row->hashes) : Tile();
            if (!hashes) return fail(Kind::internal, "audit_tree_damaged", "a tile is no list of hashes");
            return *std::move(hashes);
          }};
}

}  // namespace kidoban::audit
