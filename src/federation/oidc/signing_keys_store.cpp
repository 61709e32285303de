#include "federation/oidc/signing_keys_store.h"

namespace kidoban::federation::oidc {

namespace {

using store::Sql;

constexpr Sql insert{"oidc_insert_key",
    "insert into signing_keys (tenant, kid, algorithm, state, private_key, public_jwk, made_at, state_since) "
    "values ($1, $2, $3, $4, $5, $6, $7, $7)"};
constexpr Sql list{"oidc_list_keys",
    "select kid, algorithm, state, private_key, public_jwk from signing_keys where tenant = $1 order by algorithm, state"};
constexpr Sql find{"oidc_find_key",
    "select kid, algorithm, state, private_key, public_jwk from signing_keys "
    "where tenant = $1 and algorithm = $2 and state = $3"};
constexpr Sql move{"oidc_move_key",
    "update signing_keys set state = $4, state_since = $5 where tenant = $1 and algorithm = $2 and state = $3"};
constexpr Sql remove{"oidc_delete_key", "delete from signing_keys where tenant = $1 and algorithm = $2 and state = $3"};
constexpr Sql due{"oidc_due_keys",
    "select tenant, kid, algorithm, state from signing_keys "
    "where (state = 1 and state_since < $1) or (state = 2 and state_since < $2) order by state_since limit $3"};

KeyRow row_of(const store::Row& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), static_cast<KeyState>(row.integer(2)),
          std::string(row.blob_text(3)), std::string(row.text(4))};
}

}  // namespace

Status insert_key(store::Transaction& tx, const KeyRow& row, Time now) {
  TRY(tx.execute(insert, row.kid, row.algorithm, static_cast<std::int64_t>(row.state), store::Value::blob(row.private_key),
                 row.public_jwk, now));
  return {};
}

Result<std::vector<KeyRow>> list_keys(store::Transaction& tx) {
  const auto rows = TRY(tx.query(list));
  std::vector<KeyRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(row_of(rows[i]));
  return out;
}

Result<std::optional<KeyRow>> find_key(store::Transaction& tx, std::string_view algorithm, KeyState state) {
  const auto rows = TRY(tx.query(find, algorithm, static_cast<std::int64_t>(state)));
  if (rows.empty()) return std::optional<KeyRow>();
  return std::optional<KeyRow>(row_of(rows.front()));
}

Result<std::int64_t> move_key(store::Transaction& tx, std::string_view algorithm, KeyState from, KeyState to, Time now) {
  return tx.execute(move, algorithm, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to), now);
}

Status delete_key(store::Transaction& tx, std::string_view algorithm, KeyState state) {
  TRY(tx.execute(remove, algorithm, static_cast<std::int64_t>(state)));
  return {};
}

Result<std::vector<DueKey>> due_keys(store::SystemTransaction& tx, Time current_before, Time previous_before, std::int64_t limit) {
  const auto rows = TRY(tx.query(due, current_before, previous_before, limit));
  std::vector<DueKey> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    out.push_back({TenantId{row.id(0)}, std::string(row.text(1)), std::string(row.text(2)), static_cast<KeyState>(row.integer(3))});
  }
  return out;
}

}  // namespace kidoban::federation::oidc
