#include "directory/service_account_store.h"

#include <algorithm>

#include "base/require.h"

namespace kidoban::directory {

namespace {

using store::Sql, store::Value;

constexpr Sql insert_one{"insert_service_account",
                         "insert into service_accounts (tenant, id, name, permissions, enabled, created_at, version, access_lifetime_s) "
                         "values ($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr Sql select_one{"get_service_account",
                         "select id, name, permissions, enabled, created_at, version, access_lifetime_s from service_accounts where tenant = $1 and id = $2"};
constexpr Sql select_page{"list_service_accounts",
                          "select id, name, permissions, enabled, created_at, version, access_lifetime_s from service_accounts "
                          "where tenant = $1 and id > $2 order by id limit $3"};
constexpr Sql update_one{"change_service_account",
                         "update service_accounts set name = $3, permissions = $4, enabled = $5, version = $6, access_lifetime_s = $7 where tenant = $1 and id = $2"};
constexpr Sql delete_its_credentials{"delete_service_credentials", "delete from service_tokens where tenant = $1 and account = $2"};
constexpr Sql delete_one{"delete_service_account", "delete from service_accounts where tenant = $1 and id = $2"};
constexpr Sql insert_credential_row{"insert_service_credential",
                                    "insert into service_tokens (tenant, id, account, token_hash, label, created_at, expires_at, kind, public_key) "
                                    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing"};
constexpr Sql find_by_hash{"find_service_token",
                           "select id, account, kind, label, created_at, expires_at, last_used_at, public_key from service_tokens "
                           "where tenant = $1 and token_hash = $2 and kind = 0"};
constexpr Sql get_credential{"get_service_credential",
                             "select id, account, kind, label, created_at, expires_at, last_used_at, public_key from service_tokens "
                             "where tenant = $1 and account = $2 and id = $3"};
constexpr Sql of_account{"list_service_credentials",
                         "select id, account, kind, label, created_at, expires_at, last_used_at, public_key from service_tokens "
                         "where tenant = $1 and account = $2 and kind = $3 order by id limit $4"};
constexpr Sql proofs_of_account{"list_service_proofs",
                                "select id, kind, token_hash, public_key from service_tokens "
                                "where tenant = $1 and account = $2 and kind <> 0 and expires_at > $3 order by id limit $4"};
constexpr Sql delete_credential_row{"delete_service_credential", "delete from service_tokens where tenant = $1 and account = $2 and kind = $3 and id = $4"};
constexpr Sql used_first{"note_service_credential_first_use",
                         "update service_tokens set last_used_at = $3 where tenant = $1 and id = $2 and last_used_at is null"};
constexpr Sql used{"note_service_credential_use", "update service_tokens set last_used_at = $3 where tenant = $1 and id = $2"};

constexpr Sql ending{"find_service_credentials_ending",
                     "select tenant, account, id from service_tokens where expires_at > $1 and expires_at <= $2 and warned_at is null "
                     "and expires_at - created_at >= 86400000000 order by expires_at limit $3"};
constexpr Sql warned{"note_service_credential_warned", "update service_tokens set warned_at = $3 where tenant = $1 and id = $2 and warned_at is null"};

constexpr Sql insert_access_row{"insert_service_access",
                                "insert into service_access_tokens (tenant, token_hash, account, credential, permissions, created_at, expires_at) "
                                "values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr Sql find_access_row{"find_service_access",
                              "select account, credential, permissions, created_at, expires_at from service_access_tokens where tenant = $1 and token_hash = $2"};
constexpr Sql delete_access_row{"delete_service_access", "delete from service_access_tokens where tenant = $1 and token_hash = $2"};
constexpr Sql count_access_rows{"count_service_access",
                                "select count(*) from (select 1 from service_access_tokens where tenant = $1 and account = $2 and expires_at > $3 limit $4) alive"};
constexpr Sql delete_spent{"delete_spent_service_access",
                           "delete from service_access_tokens where (tenant, token_hash) in "
                           "(select tenant, token_hash from service_access_tokens where expires_at <= $1 order by expires_at limit $2)"};

ServiceAccountRow read(const store::Row& row) {
  return {row.id(0), std::string(row.blob_text(1)), std::string(row.text(2)), row.flag(3), row.time(4), row.integer(5), row.integer(6)};
}

CredentialKind kind_of(std::int64_t number) {
  require(number >= 0 && number <= 2, "a credential's kind is one of three");
  return static_cast<CredentialKind>(number);
}

ServiceCredentialRow read_credential(const store::Row& row) {
  return {row.id(0), row.id(1), kind_of(row.integer(2)), std::string(row.blob_text(3)), row.time(4), row.time(5), row.maybe_time(6),
          std::string(row.maybe_text(7).value_or(""))};
}

std::optional<ServiceCredentialRow> first_of(const store::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return read_credential(rows.front());
}

}  // namespace

Status insert_account(store::Transaction& tx, const ServiceAccountRow& row) {
  TRY(tx.execute(insert_one, row.id, Value::blob(row.name), row.permissions, row.enabled, row.created_at, row.version, row.access_lifetime_s));
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
  TRY(tx.execute(update_one, row.id, Value::blob(row.name), row.permissions, row.enabled, row.version, row.access_lifetime_s));
  return {};
}

Status delete_account(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(delete_its_credentials, id));
  TRY(tx.execute(delete_one, id));
  return {};
}

Result<bool> insert_credential(store::Transaction& tx, const ServiceCredentialRow& row, const crypto::Digest& hash) {
  const std::optional<std::string_view> key = row.public_key.empty() ? std::nullopt : std::optional<std::string_view>(row.public_key);
  return TRY(tx.execute(insert_credential_row, row.id, row.account, hash, Value::blob(row.label), row.created_at, row.expires_at, static_cast<int>(row.kind), key)) == 1;
}

Result<std::optional<ServiceCredentialRow>> find_token(store::Transaction& tx, const crypto::Digest& hash) {
  return first_of(TRY(tx.query(find_by_hash, hash)));
}

Result<std::optional<ServiceCredentialRow>> select_credential(store::Transaction& tx, const Id& account, const Id& id) {
  return first_of(TRY(tx.query(get_credential, account, id)));
}

Result<std::vector<ServiceCredentialRow>> select_credentials(store::Transaction& tx, const Id& account, CredentialKind kind, std::size_t limit) {
  const auto rows = TRY(tx.query(of_account, account, static_cast<int>(kind), limit));
  std::vector<ServiceCredentialRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read_credential(rows[i]));
  return all;
}

Result<std::vector<ServiceClient::Proof>> select_proofs(store::Transaction& tx, const Id& account, Time now, std::size_t limit) {
  const auto rows = TRY(tx.query(proofs_of_account, account, now, limit));
  std::vector<ServiceClient::Proof> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    ServiceClient::Proof proof{row.id(0), kind_of(row.integer(1)), {}, std::string(row.maybe_text(3).value_or(""))};
    const auto hash = row.blob(2);
    require(hash.size() == proof.hash.size(), "a hash is 32 bytes");
    std::ranges::copy(hash, proof.hash.begin());
    all.push_back(std::move(proof));
  }
  return all;
}

Result<bool> delete_credential(store::Transaction& tx, const Id& account, CredentialKind kind, const Id& id) {
  return TRY(tx.execute(delete_credential_row, account, static_cast<int>(kind), id)) == 1;
}

Result<std::vector<CredentialOfTenant>> select_ending(store::SystemTransaction& tx, Time now, Time until, std::size_t limit) {
  const auto rows = TRY(tx.query(ending, now, until, limit));
  std::vector<CredentialOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(0)}, rows[i].id(1), rows[i].id(2)});
  return all;
}

Result<bool> note_warned(store::Transaction& tx, const Id& id, Time at) { return TRY(tx.execute(warned, id, at)) == 1; }

Result<bool> note_first_use(store::Transaction& tx, const Id& id, Time at) { return TRY(tx.execute(used_first, id, at)) == 1; }

Status update_last_used(store::Transaction& tx, const Id& id, Time at) {
  TRY(tx.execute(used, id, at));
  return {};
}

Status insert_access(store::Transaction& tx, const ServiceAccessRow& row, const crypto::Digest& hash) {
  TRY(tx.execute(insert_access_row, hash, row.account, row.credential, row.permissions, row.created_at, row.expires_at));
  return {};
}

Result<std::optional<ServiceAccessRow>> find_access(store::Transaction& tx, const crypto::Digest& hash) {
  const auto rows = TRY(tx.query(find_access_row, hash));
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return ServiceAccessRow{row.id(0), row.id(1), std::string(row.text(2)), row.time(3), row.time(4)};
}

Status delete_access(store::Transaction& tx, const crypto::Digest& hash) {
  TRY(tx.execute(delete_access_row, hash));
  return {};
}

Result<std::int64_t> count_access(store::Transaction& tx, const Id& account, Time now, std::int64_t most) {
  return TRY(tx.query(count_access_rows, account, now, most)).front().integer(0);
}

Result<std::int64_t> delete_spent_access(store::SystemTransaction& tx, Time now, std::int64_t limit) { return tx.execute(delete_spent, now, limit); }

}  // namespace kidoban::directory
