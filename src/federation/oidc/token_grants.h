#pragma once
// The grant types of the token endpoint. Each fills two hooks; the endpoint calls them in its own
// fixed order, so that none can forget authenticating the client, the audit record, or signing.

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "federation/oidc/client_authentication.h"
#include "federation/oidc/grant.h"
#include "federation/oidc/person_claims.h"
#include "federation/oidc/token_values.h"

namespace kidoban::federation::oidc {

struct PresentedCode {
  Code code;
  std::string redirect_uri, code_verifier;
};
struct PresentedRefresh {
  RefreshToken token;
  std::vector<std::string> scopes;  // narrower than granted, or empty for the same
};
struct PresentedClient {
  std::vector<std::string> scopes;
};
using Presented = std::variant<PresentedCode, PresentedRefresh, PresentedClient>;

// What a grant gave.
struct Given {
  std::vector<std::string> scopes;
  std::optional<Grant> grant;      // none for client_credentials
  std::optional<Subject> subject;
  std::string refresh_token;       // "" for none
  bool first = false;              // of a code: the ID token carries the nonce
  seal::TenantKeyPointer sealer;
};
// A refusal that must be committed (what it revoked stays revoked), or what was given.
struct Outcome {
  std::optional<Error> refused;
  Given given;
};

struct Redeeming {
  Provider& provider;
  const http::Request& request;
  const Client& client;
  Time now;
};

struct TokenGrant {
  std::string_view grant_type;
  Result<Presented> (*read)(const http::Form&, const Client&);
  Result<Outcome> (*redeem)(Redeeming&, store::Transaction&, const Presented&);
};
const TokenGrant* find_token_grant(std::string_view grant_type);

}  // namespace kidoban::federation::oidc
