#include "factors/password/password_store.h"

namespace kidoban::factors::password {

namespace {
using store::Sql;
using store::Value;

constexpr Sql find_sql{"password_find",
                       "select hash, imported from password_credentials where tenant = $1 and person = $2"};
constexpr Sql put_sql{"password_put",
                      "insert into password_credentials (tenant, person, hash, imported, changed_at) "
                      "values ($1, $2, $3, $4, $5) on conflict (tenant, person) do update set "
                      "hash = excluded.hash, imported = excluded.imported, changed_at = excluded.changed_at"};
constexpr Sql delete_sql{"password_delete", "delete from password_credentials where tenant = $1 and person = $2"};
}  // namespace

Result<std::optional<CredentialRow>> find_credential(store::Transaction& tx, const Id& person) {
  const auto rows = TRY(tx.query(find_sql, person));
  if (rows.empty()) return std::nullopt;
  return CredentialRow{std::string(rows.front().blob_text(0)), rows.front().flag(1)};
}

Status put_credential(store::Transaction& tx, const Id& person, const CredentialRow& row, Time now) {
  TRY(tx.execute(put_sql, person, Value::blob(row.sealed), row.imported, now));
  return {};
}

Status delete_credential(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(delete_sql, person));
  return {};
}

}  // namespace kidoban::factors::password
