#include "recovery/reset_store.h"

namespace kidoban::recovery {

namespace {
constexpr store::Sql put{"reset_put", "insert into password_resets (tenant, token_hash, person, expires_at) values ($1, $2, $3, $4)"};
constexpr store::Sql find{"reset_find", "select person from password_resets where tenant = $1 and token_hash = $2 and expires_at > $3"};
constexpr store::Sql take{"reset_take", "delete from password_resets where tenant = $1 and token_hash = $2 and expires_at > $3"};
constexpr store::Sql drop{"reset_drop", "delete from password_resets where tenant = $1 and person = $2"};
constexpr store::Sql purge{"reset_purge",
                           "delete from password_resets where (tenant, token_hash) in "
                           "(select tenant, token_hash from password_resets where expires_at <= $1 limit $2)"};
}  // namespace

Status put_reset(store::Transaction& tx, const crypto::Digest& token_hash, const Id& person, Time expires_at) {
  TRY(tx.execute(put, token_hash, person, expires_at));
  return {};
}

Result<std::optional<Id>> find_reset(store::Transaction& tx, const crypto::Digest& token_hash, Time now) {
  const auto rows = TRY(tx.query(find, token_hash, now));
  return rows.empty() ? std::nullopt : std::optional(rows.front().id(0));
}

Result<bool> take_reset(store::Transaction& tx, const crypto::Digest& token_hash, Time now) { return TRY(tx.execute(take, token_hash, now)) == 1; }

Status drop_resets_of(store::Transaction& tx, const Id& person) {
  TRY(tx.execute(drop, person));
  return {};
}

Result<std::int64_t> purge_resets(store::SystemTransaction& tx, Time now, std::int64_t limit) { return tx.execute(purge, now, limit); }

}  // namespace kidoban::recovery
