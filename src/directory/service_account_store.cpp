#include "directory/service_account_store.h"

namespace kidoban::directory {

namespace {

using store::Sql, store::Value;

constexpr Sql insert_one{"insert_service_account",
                         "insert into service_accounts (tenant, id, name, permissions, enabled, created_at, version) values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr Sql select_one{"get_service_account",
                         "select id, name, permissions, enabled, created_at, version from service_accounts where tenant = $1 and id = $2"};
constexpr Sql select_page{"list_service_accounts",
                          "select id, name, permissions, enabled, created_at, version from service_accounts where tenant = $1 and id > $2 order by id limit $3"};
constexpr Sql update_one{"change_service_account",
                         "update service_accounts set name = $3, permissions = $4, enabled = $5, version = $6 where tenant = $1 and id = $2"};
constexpr Sql delete_its_tokens{"delete_service_tokens", "delete from service_tokens where tenant = $1 and account = $2"};
constexpr Sql delete_one{"delete_service_account", "delete from service_accounts where tenant = $1 and id = $2"};
constexpr Sql insert_token_row{"insert_service_token",
                               "insert into service_tokens (tenant, id, account, token_hash, label, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr Sql find_by_hash{"find_service_token",
                           "select id, account, label, created_at, expires_at, last_used_at from service_tokens where tenant = $1 and token_hash = $2"};
constexpr Sql of_account{"list_service_tokens",
                         "select id, account, label, created_at, expires_at, last_used_at from service_tokens "
                         "where tenant = $1 and account = $2 order by id limit $3"};
constexpr Sql delete_token_row{"delete_service_token", "delete from service_tokens where tenant = $1 and account = $2 and id = $3"};
constexpr Sql used{"note_service_token_use", "update service_tokens set last_used_at = $3 where tenant = $1 and id = $2"};

constexpr Sql ending{"find_service_tokens_ending",
                     "select tenant, account, id from service_tokens where expires_at > $1 and expires_at <= $2 and warned_at is null "
                     "and expires_at - created_at >= 86400000000 order by expires_at limit $3"};
constexpr Sql warned{"note_service_token_warned", "update service_tokens set warned_at = $3 where tenant = $1 and id = $2 and warned_at is null"};

ServiceAccountRow read(const store::Row& row) {
  return {row.id(0), std::string(row.blob_text(1)), std::string(row.text(2)), row.flag(3), row.time(4), row.integer(5)};
}

ServiceTokenRow read_token(const store::Row& row) {
  return {row.id(0), row.id(1), std::string(row.blob_text(2)), row.time(3), row.time(4), row.maybe_time(5)};
}

}  // namespace

Status insert_account(store::Transaction& tx, const ServiceAccountRow& row) {
  TRY(tx.execute(insert_one, row.id, Value::blob(row.name), row.permissions, row.enabled, row.created_at, row.version));
  return {};
}

Result<std::optional<ServiceAccountRow>> select_account(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(select_one, id));
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Result<std::vector<ServiceAccountRow>> select_accounts(store::Transaction& tx, const Id& after, std::size_t limit) {
  const auto rows = TRY(tx.query(select_page, after, limit));
  std::vector<ServiceAccountRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Status update_account(store::Transaction& tx, const ServiceAccountRow& row) {
  TRY(tx.execute(update_one, row.id, Value::blob(row.name), row.permissions, row.enabled, row.version));
  return {};
}

Status delete_account(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(delete_its_tokens, id));
  TRY(tx.execute(delete_one, id));
  return {};
}

Status insert_token(store::Transaction& tx, const ServiceTokenRow& row, const crypto::Digest& hash) {
  TRY(tx.execute(insert_token_row, row.id, row.account, hash, Value::blob(row.label), row.created_at, row.expires_at));
  return {};
}

Result<std::optional<ServiceTokenRow>> find_token(store::Transaction& tx, const crypto::Digest& hash) {
  const auto rows = TRY(tx.query(find_by_hash, hash));
  if (rows.empty()) return std::nullopt;
  return read_token(rows.front());
}

Result<std::vector<ServiceTokenRow>> select_tokens(store::Transaction& tx, const Id& account, std::size_t limit) {
  const auto rows = TRY(tx.query(of_account, account, limit));
  std::vector<ServiceTokenRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read_token(rows[i]));
  return all;
}

Result<bool> delete_token(store::Transaction& tx, const Id& account, const Id& id) {
  return TRY(tx.execute(delete_token_row, account, id)) == 1;
}

Result<std::vector<TokenOfTenant>> select_ending(store::SystemTransaction& tx, Time now, Time until, std::size_t limit) {
  const auto rows = TRY(tx.query(ending, now, until, limit));
  std::vector<TokenOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(0)}, rows[i].id(1), rows[i].id(2)});
  return all;
}

Result<bool> note_warned(store::Transaction& tx, const Id& id, Time at) { return TRY(tx.execute(warned, id, at)) == 1; }

Status update_last_used(store::Transaction& tx, const Id& id, Time at) {
  TRY(tx.execute(used, id, at));
  return {};
}

}  // namespace kidoban::directory
