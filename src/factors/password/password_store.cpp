#include "factors/password/password_store.h"

namespace kidoban::factors::password {

namespace {
using store::Sql;
using store::Value;

constexpr Sql find_sql{"password_find",
                       "select hash, imported, changed_at, temporary_until from password_credentials where tenant = $1 and person = $2"};
constexpr Sql put_sql{"password_put",
                      "insert into password_credentials (tenant, person, hash, imported, changed_at, temporary_until) "
                      "values ($1, $2, $3, $4, $5, $6) on conflict (tenant, person) do update set "
                      "hash = excluded.hash, imported = excluded.imported, changed_at = excluded.changed_at, "
                      "temporary_until = excluded.temporary_until"};
constexpr Sql rehash_sql{"password_rehash",
                         "update password_credentials set hash = $3, imported = 0 where tenant = $1 and person = $2 and changed_at = $4"};
constexpr Sql history_sql{"password_history_find",
                          "select id, hash from password_history where tenant = $1 and person = $2 order by id desc limit $3"};
constexpr Sql add_history_sql{"password_history_add",
                              "insert into password_history (tenant, person, id, hash) values ($1, $2, $3, $4)"};
constexpr Sql prune_sql{"password_history_prune",
                        "delete from password_history where tenant = $1 and person = $2 and id not in "
                        "(select id from password_history where tenant = $1 and person = $2 order by id desc limit $3)"};
constexpr Sql erase_sql{"password_erase", "delete from password_credentials where tenant = $1 and person = $2"};
constexpr Sql erase_history_sql{"password_history_erase", "delete from password_history where tenant = $1 and person = $2"};
}  // namespace

Result<std::optional<CredentialRow>> find_credential(store::Transaction& tx, const Id& person) {
  const auto rows = TRY(tx.query(find_sql, person));
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return CredentialRow{std::string(row.blob_text(0)), row.flag(1), row.time(2), row.maybe_time(3)};
}

Status put_credential(store::Transaction& tx, const Id& person, const CredentialRow& row) {
  TRY(tx.execute(put_sql, person, Value::blob(row.sealed), row.imported, row.changed_at, row.temporary_until));
  return {};
}

Status rehash_credential(store::Transaction& tx, const Id& person, std::string_view sealed, Time changed_at) {
  TRY(tx.execute(rehash_sql, person, Value::blob(sealed), changed_at));
  return {};
}

Result<std::vector<FormerRow>> find_history(store::Transaction& tx, const Id& person, std::int64_t limit) {
  const auto rows = TRY(tx.query(history_sql, person, limit));
  std::vector<FormerRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), std::string(rows[i].blob_text(1))});
  return all;
}

Status add_history(store::Transaction& tx, const Id& person, const FormerRow& row) {
  TRY(tx.execute(add_history_sql, person, row.id, Value::blob(row.sealed)));
  return {};
}

Status prune_history(store::Transaction& tx, const Id& person, std::int64_t keep) {
  TRY(tx.execute(prune_sql, person, keep));
  return {};
}

Status erase_passwords(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(erase_sql, person));
  TRY(tx.execute(erase_history_sql, person));
  return {};
}

}  // namespace kidoban::factors::password
