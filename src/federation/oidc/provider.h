#pragma once
// What the endpoints of this folder share. One for the process; any thread.

#include <string>

#include "audit/audit.h"
#include "directory/directory.h"
#include "federation/oidc/client.h"
#include "federation/oidc/failures.h"
#include "federation/oidc/signing_keys.h"
#include "federation/protocol.h"
#include "http/routes.h"
#include "page/page.h"

namespace kidoban::federation::oidc {

struct Document {
  std::string base_url, json;
};

struct Provider {
  store::Store& store;
  seal::Keyring& keyring;
  directory::Directory& directory;
  audit::Audit& audit;
  Gate& gate;
  const page::Pages& pages;
  const Clock& clock;
  Random& random;
  Clients clients;
  SigningKeys signing_keys;
  Failures failures;
  runtime::Cache<TenantId, Document> discovery;
};

// The tenant a request is for. Routes of Scope::tenant always have one.
TenantId tenant_of(const http::Request& request);

namespace paths {
inline constexpr std::string_view openid_configuration = "/.well-known/openid-configuration";
inline constexpr std::string_view authorization_server = "/.well-known/oauth-authorization-server";
inline constexpr std::string_view authorize = "/oauth2/authorize";
inline constexpr std::string_view token = "/oauth2/token";
inline constexpr std::string_view userinfo = "/oauth2/userinfo";
inline constexpr std::string_view jwks = "/oauth2/jwks";
inline constexpr std::string_view introspect = "/oauth2/introspect";
inline constexpr std::string_view revoke = "/oauth2/revoke";
inline constexpr std::string_view logout = "/oauth2/logout";
}  // namespace paths

// The endpoints, one file each.
Result<http::Reply> authorize(Provider& provider, http::Request& request);
Result<http::Reply> token(Provider& provider, http::Request& request);
Result<http::Reply> userinfo(Provider& provider, http::Request& request);
Result<http::Reply> introspect(Provider& provider, http::Request& request);
Result<http::Reply> revoke(Provider& provider, http::Request& request);
Result<http::Reply> logout(Provider& provider, http::Request& request);
Result<http::Reply> jwks(Provider& provider, http::Request& request);
Result<http::Reply> discovery(Provider& provider, http::Request& request);

// The two halves of an authorization's answer (Protocol's).
Result<http::Reply> admit(Provider& provider, store::Transaction& tx, const http::Request& request,
                          const SignInRequest& asked, const SignIn& sign_in);
Result<http::Reply> refuse(Provider& provider, const http::Request& request, const SignInRequest& asked, Refusal refusal);

}  // namespace kidoban::federation::oidc
