#include "federation/oidc/grant.h"

#include <algorithm>

#include "base/text.h"
#include "http/request.h"

namespace kidoban::federation::oidc {

namespace {

using store::Sql;
using store::Value;

constexpr Sql insert{"oidc_insert_grant",
    "insert into oidc_grants (tenant, id, application, person, session, scope, signed_in_at, acr, amr, redirect_uri_hash, "
    "code_challenge, code_hash, code_expires_at, refresh_generation, expires_at, details) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15)"};
constexpr Sql find{"oidc_find_grant",
    "select application, person, session, scope, signed_in_at, acr, amr, redirect_uri_hash, code_challenge, code_hash, "
    "code_expires_at, redeemed_at, refresh_secret, refresh_generation, refresh_expires_at, refresh_until, revoked_at, "
    "expires_at, details from oidc_grants where tenant = $1 and id = $2"};
constexpr Sql redeem{"oidc_redeem_grant",
    "update oidc_grants set redeemed_at = $3, refresh_secret = $4, refresh_generation = $5, refresh_expires_at = $6, "
    "refresh_until = $7, expires_at = $8 where tenant = $1 and id = $2 and redeemed_at is null and revoked_at is null"};
constexpr Sql advance{"oidc_advance_grant",
    "update oidc_grants set refresh_generation = $3, refresh_expires_at = $4, expires_at = $5 "
    "where tenant = $1 and id = $2 and refresh_generation = $3 - 1 and revoked_at is null"};
constexpr Sql revoke{"oidc_revoke_grant",
    "update oidc_grants set revoked_at = $3 where tenant = $1 and id = $2 and revoked_at is null"};
constexpr Sql take_assertion{"oidc_use_assertion",
    "insert into oidc_used_assertions (tenant, digest, expires_at) values ($1, $2, $3) on conflict do nothing"};
constexpr Sql revoke_one{"oidc_revoke_token",
    "insert into oidc_revoked_tokens (tenant, digest, expires_at) values ($1, $2, $3) on conflict do nothing"};
constexpr Sql find_revoked{"oidc_find_revoked_token", "select 1 from oidc_revoked_tokens where tenant = $1 and digest = $2"};

constexpr Sql purge_statements[] = {
    {"oidc_purge_grants",
     "delete from oidc_grants where (tenant, id) in (select tenant, id from oidc_grants where expires_at < $1 limit $2)"},
    {"oidc_purge_assertions",
     "delete from oidc_used_assertions where (tenant, digest) in "
     "(select tenant, digest from oidc_used_assertions where expires_at < $1 limit $2)"},
    {"oidc_purge_revoked_tokens",
     "delete from oidc_revoked_tokens where (tenant, digest) in "
     "(select tenant, digest from oidc_revoked_tokens where expires_at < $1 limit $2)"},
};

seal::Place details_place(const Id& id) { return {"oidc_grants", "details", id.span()}; }
seal::Place secret_place(const Id& id) { return {"oidc_grants", "refresh_secret", id.span()}; }

std::string print_details(const GrantDetails& details) {
  http::Form form;
  if (!details.nonce.empty()) form.add("nonce", details.nonce);
  if (!details.userinfo_claims.empty()) form.add("userinfo", join(details.userinfo_claims, " "));
  if (!details.id_token_claims.empty()) form.add("id_token", join(details.id_token_claims, " "));
  if (details.auth_time_essential) form.add("auth_time", "1");
  return form.encode();
}

Result<GrantDetails> read_details(std::string_view text) {
  if (text.empty()) return GrantDetails{};
  const auto form = TRY(http::Form::parse(text));
  return GrantDetails{std::string(form.get_or("nonce")), words_of(form.get_or("userinfo")), words_of(form.get_or("id_token")),
                      form.has("auth_time")};
}

Result<crypto::Digest> digest_of(std::span<const std::uint8_t> bytes) {
  crypto::Digest digest;
  if (bytes.size() != digest.size()) return fail(Kind::internal, "store_failed", "a digest of another length");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

}  // namespace

bool Grant::has_scope(std::string_view scope) const { return std::ranges::find(scopes, scope) != scopes.end(); }

Status insert_grant(store::Transaction& tx, const seal::TenantKey& sealer, const Grant& grant) {
  const std::string details = sealer.seal(details_place(grant.id), print_details(grant.details));
  const std::string scope = join(grant.scopes, " ");
  const std::string amr = join(grant.amr, " ");
  TRY(tx.execute(insert, grant.id, grant.application, grant.person, grant.session, scope, grant.signed_in_at, grant.acr, amr,
                 grant.redirect_uri_hash, grant.code_challenge, grant.code_hash, grant.code_expires_at, grant.expires_at,
                 Value::blob(details)));
  return {};
}

Result<std::optional<Grant>> find_grant(store::Transaction& tx, seal::Keyring& keyring, const Id& id) {
  const auto rows = TRY(tx.query(find, id));
  if (rows.empty()) return std::optional<Grant>();
  const auto row = rows.front();
  const auto sealer = TRY(keyring.of(tx));
  Grant grant;
  grant.id = id;
  grant.application = row.id(0);
  grant.person = row.id(1);
  grant.session = row.id(2);
  grant.scopes = words_of(row.text(3));
  grant.signed_in_at = row.time(4);
  grant.acr = row.text(5);
  grant.amr = words_of(row.text(6));
  grant.redirect_uri_hash = TRY(digest_of(row.blob(7)));
  grant.code_challenge = row.text(8);
  grant.code_hash = TRY(digest_of(row.blob(9)));
  grant.code_expires_at = row.time(10);
  grant.redeemed_at = row.maybe_time(11);
  if (!row.is_null(12)) grant.refresh_secret = TRY(sealer->open(secret_place(id), row.blob_text(12)));
  grant.refresh_generation = static_cast<std::uint32_t>(row.integer(13));
  grant.refresh_expires_at = row.maybe_time(14);
  grant.refresh_until = row.maybe_time(15);
  grant.revoked_at = row.maybe_time(16);
  grant.expires_at = row.time(17);
  const std::string details = TRY(sealer->open_text(details_place(id), row.blob_text(18)));
  grant.details = TRY(read_details(details));
  return std::optional<Grant>(std::move(grant));
}

Result<bool> redeem_grant(store::Transaction& tx, const seal::TenantKey& sealer, const Grant& grant) {
  std::string sealed;
  Value secret;
  if (grant.refresh_secret) {
    sealed = sealer.seal(secret_place(grant.id), *grant.refresh_secret);
    secret = Value::blob(sealed);
  }
  return TRY(tx.execute(redeem, grant.id, grant.redeemed_at, secret, grant.refresh_generation, grant.refresh_expires_at,
                        grant.refresh_until, grant.expires_at)) == 1;
}

Result<bool> advance_grant(store::Transaction& tx, const Grant& grant) {
  return TRY(tx.execute(advance, grant.id, grant.refresh_generation, grant.refresh_expires_at, grant.expires_at)) == 1;
}

Status revoke_grant(store::Transaction& tx, const Id& id, Time now) {
  TRY(tx.execute(revoke, id, now));
  return {};
}

Result<bool> use_assertion(store::Transaction& tx, const crypto::Digest& digest, Time expires_at) {
  return TRY(tx.execute(take_assertion, digest, expires_at)) == 1;
}

Status revoke_token(store::Transaction& tx, const crypto::Digest& digest, Time expires_at) {
  TRY(tx.execute(revoke_one, digest, expires_at));
  return {};
}

Result<bool> is_token_revoked(store::Transaction& tx, const crypto::Digest& digest) {
  return !TRY(tx.query(find_revoked, digest)).empty();
}

Result<std::int64_t> purge_expired(store::SystemTransaction& tx, Time now, std::int64_t limit) {
  std::int64_t gone = 0;
  for (const Sql& statement : purge_statements) gone += TRY(tx.execute(statement, now, limit));
  return gone;
}

}  // namespace kidoban::federation::oidc
