#pragma once
// The payload of a JWT (RFC 7519 §4.1) as far as this folder reads any: client assertions, our own
// access tokens, id_token_hint. Nothing is trusted by being parsed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::federation::oidc {

struct JwtClaims {
  std::string iss, sub, jti, scope, client_id, sid, grant_id;
  std::vector<std::string> aud;
  std::optional<std::int64_t> exp, iat, nbf;

  bool is_for(std::string_view audience) const;
};

// malformed/"jwt_malformed": not a JSON object, or a member of another type.
Result<JwtClaims> parse_jwt_claims(std::string_view payload);

}  // namespace kidoban::federation::oidc
