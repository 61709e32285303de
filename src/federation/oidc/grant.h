#pragma once
// One authorization, one row (docs/decisions/0003): the code, and the refresh tokens that come of it.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "seal/seal.h"
#include "store/system.h"

namespace kidoban::federation::oidc {

// What of the request must be remembered until tokens are made; sealed.
struct GrantDetails {
  std::string nonce;
  std::vector<std::string> userinfo_claims, id_token_claims;  // asked for by name (OIDC Core §5.5)
  bool auth_time_essential = false;
};

struct Grant {
  Id id, application, person, session;
  std::vector<std::string> scopes;
  Time signed_in_at;
  std::string acr;
  std::vector<std::string> amr;
  crypto::Digest redirect_uri_hash{};
  std::string code_challenge;  // S256; "" where PKCE was not asked for
  crypto::Digest code_hash{};
  Time code_expires_at;
  std::optional<Time> redeemed_at;
  std::optional<Secret> refresh_secret;  // there when refresh tokens were given
  std::uint32_t refresh_generation = 0;  // of the refresh token that is good now
  std::optional<Time> refresh_expires_at, refresh_until;
  std::optional<Time> revoked_at;
  Time expires_at;             // nothing it gave is good after this
  GrantDetails details;

  bool has_scope(std::string_view scope) const;
};

Status insert_grant(store::Transaction& tx, const seal::TenantKey& sealer, const Grant& grant);
Result<std::optional<Grant>> find_grant(store::Transaction& tx, seal::Keyring& keyring, const Id& id);
// What redemption changes: redeemed_at, refresh_*, expires_at. False when another redeemed or revoked it first.
Result<bool> redeem_grant(store::Transaction& tx, const seal::TenantKey& sealer, const Grant& grant);
// From grant.refresh_generation - 1 to grant.refresh_generation. False when the row has moved on.
Result<bool> advance_grant(store::Transaction& tx, const Grant& grant);
Status revoke_grant(store::Transaction& tx, const Id& id, Time now);

// False when it was used before (or revoked before, for tokens).
Result<bool> use_assertion(store::Transaction& tx, const crypto::Digest& digest, Time expires_at);
Status revoke_token(store::Transaction& tx, const crypto::Digest& digest, Time expires_at);
Result<bool> is_token_revoked(store::Transaction& tx, const crypto::Digest& digest);

// Deletes rows that expired before `now`, at most `limit` of each table; how many went.
Result<std::int64_t> purge_expired(store::SystemTransaction& tx, Time now, std::int64_t limit);

}  // namespace kidoban::federation::oidc
