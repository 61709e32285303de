#include "console/kept_answers_store.h"

#include <algorithm>

namespace kidoban::console {

namespace {

using store::Sql;

constexpr Sql drop{"kept_answer_drop", "delete from kept_answers where tenant = $1 and key_hash = $2"};
constexpr Sql claim{"kept_answer_claim",
                    "insert into kept_answers (tenant, key_hash, fingerprint, expires_at) values ($1, $2, $3, $4) "
                    "on conflict (tenant, key_hash) do nothing"};
constexpr Sql keep{"kept_answer_keep", "update kept_answers set answer = $3, made = $4, secret_until = $5 where tenant = $1 and key_hash = $2"};
constexpr Sql find{"kept_answer_find", "select fingerprint, answer, secret_until, expires_at from kept_answers where tenant = $1 and key_hash = $2"};
constexpr Sql forget{"kept_answers_forget", "delete from kept_answers where tenant = $1 and made = $2"};
constexpr Sql purge_rows{"kept_answers_purge",
                         "delete from kept_answers where (tenant, key_hash) in "
                         "(select tenant, key_hash from kept_answers where expires_at <= $1 limit $2)"};
constexpr Sql purge_secrets{"kept_answers_purge_secrets",
                            "update kept_answers set answer = null, secret_until = null where (tenant, key_hash) in "
                            "(select tenant, key_hash from kept_answers where secret_until <= $1 limit $2)"};

}  // namespace

Result<bool> claim_key(store::Transaction& tx, const crypto::Digest& key_hash, const crypto::Digest& fingerprint, Time expires_at) {
  return TRY(tx.execute(claim, key_hash, fingerprint, expires_at)) == 1;
}

Status keep_answer(store::Transaction& tx, const crypto::Digest& key_hash, std::string_view sealed, const std::optional<Id>& made, std::optional<Time> secret_until) {
  TRY(tx.execute(keep, key_hash, store::Value::blob(sealed), made, secret_until));
  return {};
}

Result<KeptRow> select_kept(store::Transaction& tx, const crypto::Digest& key_hash) {
  const auto rows = TRY(tx.query(find, key_hash));
  if (rows.empty()) return fail(Kind::internal, "kept_answer_missing");
  KeptRow out;
  std::ranges::copy(rows.front().blob(0), out.fingerprint.begin());
  if (!rows.front().is_null(1)) out.answer = std::string(rows.front().blob_text(1));
  out.secret_until = rows.front().maybe_time(2);
  out.expires_at = rows.front().time(3);
  return out;
}

Status drop_kept(store::Transaction& tx, const crypto::Digest& key_hash) {
  TRY(tx.execute(drop, key_hash));
  return {};
}

Status delete_kept_about(store::Transaction& tx, const Id& made) {
  TRY(tx.execute(forget, made));
  return {};
}

Result<std::int64_t> purge_kept(store::SystemTransaction& tx, Time now, std::int64_t limit) {
  return std::max(TRY(tx.execute(purge_rows, now, limit)), TRY(tx.execute(purge_secrets, now, limit)));
}

}  // namespace kidoban::console
