#include "seal/keys_store.h"

namespace kidoban::seal {

namespace {

constexpr store::Sql find_key{"find_tenant_key",
                              "select root_key_id, wrapped from tenant_keys where tenant = $1 "
                              "order by epoch desc limit 1"};
constexpr store::Sql insert_key{"insert_tenant_key",
                                "insert into tenant_keys (tenant, epoch, root_key_id, wrapped, created_at) "
                                "values ($1, $2, $3, $4, $5)"};
constexpr store::Sql find_check{"find_root_key_check", "select key_id, wrapped from root_key_check where one = 1"};
constexpr store::Sql insert_check{"insert_root_key_check",
                                  "insert into root_key_check (one, key_id, wrapped) values (1, $1, $2) "
                                  "on conflict (one) do nothing"};

std::optional<WrappedKey> first(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return WrappedKey{std::string(rows.front().text(0)), std::string(rows.front().blob_text(1))};
}

}  // namespace

Result<std::optional<WrappedKey>> find_tenant_key(store::Transaction& tx) { return first(TRY(tx.query(find_key))); }

Status insert_tenant_key(store::Transaction& tx, std::int64_t epoch, const WrappedKey& key, Time at) {
  TRY(tx.execute(insert_key, epoch, key.root_key_id, store::Value::blob(key.wrapped), at));
  return {};
}

Result<std::optional<WrappedKey>> find_root_key_check(store::SystemTransaction& tx) {
  return first(TRY(tx.query(find_check)));
}

Status insert_root_key_check(store::SystemTransaction& tx, const WrappedKey& key) {
  TRY(tx.execute(insert_check, key.root_key_id, store::Value::blob(key.wrapped)));
  return {};
}

}  // namespace kidoban::seal
