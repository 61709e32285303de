#pragma once
// The token endpoint, introspection and revocation for service accounts (docs/decisions/0016): their access tokens open the tenant's
// own APIs and nothing else, and no application's token opens those. The directory makes them and knows them; here is OAuth's part.

#include "federation/oidc/client_authentication.h"

namespace kidoban::federation::oidc {

// RFC 6749 §4.4. malformed/"grant_type_not_allowed", "scope_not_granted".
Result<http::Reply> service_token(Provider& provider, const http::Request& request, const http::Form& form, const Authenticated& caller);
// RFC 7662. An account learns of its own access tokens; to it, and to every application, anything else isn't active.
Result<http::Reply> service_introspect(Provider& provider, const http::Request& request, const Authenticated& caller, std::string_view token);
// RFC 7009.
Result<http::Reply> service_revoke(Provider& provider, const http::Request& request, const Authenticated& caller, std::string_view token);

}  // namespace kidoban::federation::oidc
