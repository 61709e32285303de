#include "audit/sealing.h"

#include "audit/tree_store.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

using namespace std::chrono_literals;

// Records sealed in one transaction: some milliseconds of it.
constexpr std::int64_t sealed_at_once = 1024;
constexpr std::size_t keys_kept = 4096;
constexpr auto due_time = 30s;

seal::Place place_of(std::string_view kid) { return {"audit_keys", "private_key", as_bytes(kid)}; }

// What one step will change, made of what was read.
struct Batch {
  std::optional<TreeRow> before;
  std::vector<Id> records;
  std::map<TileName, TileRow> tiles;
  Head head;
};

// The ids beside a tile's hashes: what stood there, and the new ones that fell into it.
Result<std::string> ids_of(store::Transaction& tx, std::int64_t number, std::int64_t size_before, std::span<const Id> added) {
  std::string out;
  const std::int64_t first = number * tile_width;
  if (first < size_before) {
    const auto row = TRY(find_tile(tx, {0, number}));
    if (!row || row->ids.size() < static_cast<std::size_t>(size_before - first) * 16) {
      return fail(Kind::internal, "audit_tree_damaged", "a tile has not its records' ids");
    }
    out = row->ids.substr(0, static_cast<std::size_t>(size_before - first) * 16);
  }
  const std::int64_t from = std::max(first, size_before) - size_before;
  const std::int64_t until = std::min(first + tile_width - size_before, static_cast<std::int64_t>(added.size()));
  for (std::int64_t i = from; i < until; ++i) out += as_text(added[static_cast<std::size_t>(i)].span());
  return out;
}

Result<Batch> read_batch(store::Transaction& tx, Time now) {
  Batch batch{.before = TRY(find_tree(tx)), .records = {}, .tiles = {}, .head = {}};
  const TreeRow before = batch.before.value_or(TreeRow{});
  auto tree = stored_tree(tx, before.size);
  for (const StoredRecord& record : TRY(unsealed_records(tx, std::nullopt, sealed_at_once))) {
    batch.records.push_back(record.id);
    TRY(tree.append(leaf_hash(leaf_bytes(tx.tenant(), record))));
  }
  for (const auto& [name, tile] : tree.changed()) {
    batch.tiles.emplace(name, TileRow{bytes_of(tile), name.level == 0 ? TRY(ids_of(tx, name.number, before.size, batch.records)) : ""});
  }
  batch.head = {.number = before.heads + 1, .tree_size = tree.size(), .retired = before.retired, .root = TRY(tree.root(tree.size())), .at = now};
  return batch;
}

Status write_batch(store::Transaction& tx, const Batch& batch, const std::string& jws) {
  const Head& head = batch.head;
  if (!TRY(move_tree(tx, batch.before, {head.tree_size, head.retired, head.number}, head.at))) {
    return fail(Kind::conflict, "audit_sealed_elsewhere");
  }
  if (!TRY(put_positions(tx, batch.records, batch.before.value_or(TreeRow{}).size))) {
    return fail(Kind::conflict, "audit_record_gone", "a record went while it was sealed");
  }
  for (const auto& [name, row] : batch.tiles) TRY(put_tile(tx, name, row));
  return insert_head(tx, {.number = head.number, .tree_size = head.tree_size, .at = head.at, .jws = jws});
}

}  // namespace

Sealer::Sealer(store::Store& store, seal::Keyring& keyring, Audit& audit, const Clock& clock)
    : store_(store), keyring_(keyring), audit_(audit), clock_(clock), kept_(keys_kept, 5min) {}

Result<std::vector<crypto::SigningKey>> Sealer::keys(store::Transaction& tx) {
  std::vector<crypto::SigningKey> all;
  const auto rows = TRY(list_keys(tx));
  if (rows.empty()) return all;
  const auto sealer = TRY(keyring_.of(tx));
  for (const AuditKeyRow& row : rows) {
    // Of the private key, which only we can have put there; a public one beside it could be anybody's.
    const Secret der = TRY(sealer->open(place_of(row.kid), row.private_key));
    all.push_back(TRY(crypto::SigningKey::from_private_der(crypto::Algorithm::es256, der.reveal())));
  }
  return all;
}

Result<std::string> Sealer::jwks(store::Transaction& tx) {
  std::string out;
  for (const auto& key : TRY(keys(tx))) out += (out.empty() ? "" : ",") + key.public_jwk();
  return "{\"keys\":[" + out + "]}";
}

Result<crypto::SigningKey> Sealer::key_of(const TenantId& tenant, runtime::Deadline deadline) {
  if (const auto kept = kept_.get(tenant)) return *kept;
  auto found = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) { return keys(tx); }));
  if (found.empty()) {
    const auto made = TRY(crypto::SigningKey::generate(crypto::Algorithm::es256));
    const Secret der = TRY(made.private_der());
    const auto keep = [&](store::Transaction& tx) -> Status {
      if (!TRY(list_keys(tx)).empty()) return {};  // another was quicker
      const auto sealer = TRY(keyring_.of(tx));
      TRY(insert_key(tx, {made.kid(), sealer->seal(place_of(made.kid()), der)}, clock_.now()));
      Event event{.name = "audit.key_made", .actor = {ActorKind::system, std::nullopt}};
      event.target_kind = "audit_key";
      event.detail = {{"kid", made.kid()}};
      return audit_.append(tx, event);
    };
    TRY(store_.write(tenant, deadline, keep));
    found = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) { return keys(tx); }));
    if (found.empty()) return fail(Kind::internal, "audit_key_missing");
  }
  kept_.put(tenant, std::make_shared<const crypto::SigningKey>(found.front()));
  return found.front();
}

Result<std::int64_t> Sealer::seal_some(const TenantId& tenant, const crypto::SigningKey& key, runtime::Deadline deadline) {
  const auto batch = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) { return read_batch(tx, clock_.now()); }));
  if (batch.records.empty()) return 0;
  const std::string jws = TRY(sign_head(key, tenant, batch.head));
  // What it rests on is the tree's row, which it changes: two nodes at once, and one finds the tree moved.
  TRY(store_.write_snapshot(tenant, deadline, [&](store::Transaction& tx) { return write_batch(tx, batch, jws); }));
  return static_cast<std::int64_t>(batch.records.size());
}

Result<std::int64_t> Sealer::seal(const TenantId& tenant, runtime::Deadline deadline) {
  const auto pending = TRY(store_.read(tenant, deadline, [](store::Transaction& tx) { return unsealed_records(tx, std::nullopt, 1); }));
  if (pending.empty()) return 0;
  const auto key = TRY(key_of(tenant, deadline));
  for (std::int64_t total = 0;;) {
    const auto some = seal_some(tenant, key, deadline);
    if (!some && some.error().reason == "audit_sealed_elsewhere") return total;
    total += TRY(some);
    if (*some < sealed_at_once) return total;
  }
}

Status Sealer::seal_due() {
  const auto until = runtime::Deadline::after(due_time);
  Status outcome;
  for (TenantId last{}; !until.passed();) {
    const auto next = TRY(store_.system_read(until, [&](store::SystemTransaction& tx) { return next_unsealed(tx, last); }));
    if (!next) break;
    last = *next;
    // One tenant's trouble is no other's; it is told when all are done.
    if (const auto sealed = seal(last, until); !sealed) outcome = std::unexpected(sealed.error());
  }
  return outcome;
}

Result<std::vector<PublishedHead>> Sealer::heads(store::Transaction& tx, std::int64_t before, std::size_t limit) {
  std::vector<PublishedHead> out;
  const auto rows = TRY(newest_heads(tx, before, static_cast<std::int64_t>(limit)));
  if (rows.empty()) return out;
  const auto signers = TRY(keys(tx));
  for (const HeadRow& row : rows) {
    const auto head = open_head(row.jws, tx.tenant(), signers);
    // Our own row, our own key: whoever asks isn't to blame.
    if (!head) return fail(Kind::internal, "audit_tree_damaged", "head " + std::to_string(row.number) + ": " + head.error().note);
    out.push_back({*head, row.jws});
  }
  return out;
}

Result<std::optional<PublishedHead>> Sealer::latest(store::Transaction& tx) {
  auto newest = TRY(heads(tx, INT64_MAX, 1));
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

Result<RecordProof> Sealer::prove(store::Transaction& tx, const Id& id) {
  const auto record = TRY(find_record(tx, id));
  if (!record) return fail(Kind::not_found, "audit_record_unknown");
  if (!record->position) return fail(Kind::conflict, "audit_record_unsealed");
  auto head = TRY(latest(tx));
  if (!head || *record->position < 0 || *record->position >= head->head.tree_size) {
    return fail(Kind::internal, "audit_tree_damaged", "a record stands outside of its tree");
  }
  auto tree = stored_tree(tx, head->head.tree_size);
  auto path = TRY(tree.inclusion(*record->position, head->head.tree_size));
  return RecordProof{*record->position, leaf_bytes(tx.tenant(), *record), std::move(path), *std::move(head)};
}

Result<std::vector<Digest>> Sealer::consistency(store::Transaction& tx, std::int64_t first, std::int64_t second) {
  const std::int64_t size = TRY(find_tree(tx)).value_or(TreeRow{}).size;
  if (first < 1 || first > second || second > size) return fail(Kind::malformed, "audit_sizes_malformed");
  auto tree = stored_tree(tx, second);
  return tree.consistency(first, second);
}

}  // namespace kidoban::audit
