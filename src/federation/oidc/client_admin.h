#pragma once
// Connecting an application: for the command line, the demonstration and the console. The rest of
// this folder is not needed for it.

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "base/random.h"
#include "base/result.h"
#include "federation/applications.h"
#include "store/store.h"

namespace kidoban::federation::oidc {

// Names and meaning are RFC 7591's where it has them. Empty strings and lists take the default.
struct ClientWanted {
  std::string client_id;       // "": made (a UUID)
  std::string client_secret;   // "": made where the method needs one; 32 characters at least
  std::string name;            // as people see it; required
  std::string launch_url;      // where My Applications leads; "" for nowhere
  std::string application_type;             // "web" (default), "native"
  std::string token_endpoint_auth_method;   // client_secret_basic (default), _post, _jwt, private_key_jwt, none
  std::vector<std::string> redirect_uris, post_logout_redirect_uris;
  std::vector<std::string> grant_types;     // default: authorization_code, refresh_token
  std::string scope;                        // it may ask for; default "openid profile email offline_access"
  std::string jwks;                         // a JWK Set, for private_key_jwt
  std::string id_token_signed_response_alg;      // ES256 (default), RS256, PS256, EdDSA
  std::string userinfo_signed_response_alg;      // "": plain JSON
  std::string access_token_signed_response_alg;  // ES256 (default) …
  std::string access_token_format;          // "jwt" (default, RFC 9068), "opaque"
  std::string access_token_audience;        // "": the issuer
  std::string consent;                      // "not_needed" (default), "if_not_given"
  bool require_pkce = true;                 // false: for old confidential clients
  bool id_token_has_scope_claims = false;
  bool refresh_without_offline_access = false;
  std::optional<std::int64_t> access_token_lifetime_s, id_token_lifetime_s, refresh_idle_lifetime_s, refresh_lifetime_s;
  std::optional<std::int64_t> default_max_age_s;
};

struct NewClient {
  Id application;
  std::string client_id;
  std::string client_secret;  // "" where the method has none; it is shown now and never again
};

// malformed/"client_metadata_invalid" or "redirect_uri_malformed", the note says what is wrong;
// conflict/"application_taken". `by` is the event that Applications records.
Result<NewClient> create_client(store::Transaction& tx, Applications& applications, const ClientWanted& wanted,
                                const audit::Event& by, Random& random);

}  // namespace kidoban::federation::oidc
