#pragma once
// Access tokens: JWTs as RFC 9068 has them, or opaque ones (the same content, sealed under the
// tenant's key, so that they need no row either). Each names the grant it came of, whose row tells
// whether it still stands.

#include <optional>
#include <string>
#include <vector>

#include "federation/oidc/grant.h"
#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

struct AccessToken {
  std::string jti, sub, client_id, aud;
  std::vector<std::string> scopes;
  std::optional<Id> grant;  // none for client_credentials
  std::int64_t iat = 0, exp = 0;
};

std::string new_jti(Random& random);
std::string opaque_access_token(const seal::TenantKey& sealer, const AccessToken& token);
Result<std::string> jwt_access_token(const crypto::SigningKey& key, std::string_view issuer, const AccessToken& token,
                                     const Grant* grant);

// Genuine, of this tenant and not expired; whether it was revoked is for standing() to say.
// unauthenticated/"token_invalid" otherwise.
Result<AccessToken> read_access_token(Provider& provider, const http::Request& request, std::string_view text);

// Its grant, if it has one and neither was revoked. unauthenticated/"token_invalid" otherwise.
Result<std::optional<Grant>> standing(Provider& provider, store::Transaction& tx, const AccessToken& token);

}  // namespace kidoban::federation::oidc
