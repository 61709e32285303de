#include "portal/address_store.h"

namespace kidoban::portal {

namespace {
using store::Sql;
using store::Value;

constexpr Sql put_sql{"address_change_put",
                      "insert into address_changes (tenant, person, token_hash, address, expires_at) values ($1, $2, $3, $4, $5) "
                      "on conflict (tenant, person) do update set token_hash = excluded.token_hash, address = excluded.address, "
                      "expires_at = excluded.expires_at"};
constexpr Sql find_sql{"address_change_find", "select address, expires_at from address_changes where tenant = $1 and person = $2 and expires_at > $3"};
constexpr Sql find_by_token_sql{"address_change_find_by_token",
                                "select address, expires_at from address_changes where tenant = $1 and person = $2 and expires_at > $3 and token_hash = $4"};
constexpr Sql drop_sql{"address_change_drop", "delete from address_changes where tenant = $1 and person = $2"};
constexpr Sql purge_sql{"address_change_purge",
                        "delete from address_changes where (tenant, person) in "
                        "(select tenant, person from address_changes where expires_at <= $1 limit $2)"};

seal::Place place_of(const Id& person) { return {"address_changes", "address", person.span()}; }

Result<std::optional<AddressChange>> first_of(const store::Rows& rows, const seal::TenantKey& key, const Id& person) {
  if (rows.empty()) return std::nullopt;
  return AddressChange{TRY(key.open_text(place_of(person), rows.front().blob_text(0))), rows.front().time(1)};
}
}  // namespace

Status put_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person, const crypto::Digest& token_hash, const AddressChange& change) {
  TRY(tx.execute(put_sql, person, token_hash, Value::blob(key.seal(place_of(person), change.address)), change.expires_at));
  return {};
}

Result<std::optional<AddressChange>> find_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person, Time now) {
  return first_of(TRY(tx.query(find_sql, person, now)), key, person);
}

Result<std::optional<AddressChange>> find_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person,
                                                         const crypto::Digest& token_hash, Time now) {
  return first_of(TRY(tx.query(find_by_token_sql, person, now, token_hash)), key, person);
}

Status drop_address_change(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(drop_sql, person));
  return {};
}

Result<std::int64_t> purge_address_changes(store::SystemTransaction& tx, Time now, std::int64_t limit) { return tx.execute(purge_sql, now, limit); }

}  // namespace kidoban::portal
