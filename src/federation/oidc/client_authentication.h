#pragma once
// Who calls the token, introspection and revocation endpoints (RFC 6749 §2.3, RFC 7523, OIDC Core
// §9). A client has one method; another is refused even with the right secret.

#include <optional>

#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

// An assertion that was good, to be marked as used in the transaction that acts on it.
struct UsedAssertion {
  crypto::Digest digest;
  Time expires_at;
};

struct Authenticated {
  ClientPointer client;
  std::optional<UsedAssertion> assertion;
};

// unauthenticated/"client_unauthenticated" (audited), rate_limited/"client_refused_for_now",
// malformed/"client_methods_mixed". Reads the store once; writes only on failure.
Result<Authenticated> authenticate_client(Provider& provider, const http::Request& request, const http::Form& form);

// First thing in the acting transaction: unauthenticated/"client_unauthenticated" for a replayed assertion.
Status take_assertion(store::Transaction& tx, const Authenticated& caller);

// What an assertion must satisfy besides its signature, at `now`.
struct AssertionRules {
  std::string_view client_id, issuer, endpoint, token_endpoint;
  Time now;
};
Result<UsedAssertion> check_assertion(std::string_view payload, const AssertionRules& rules);

// "Basic …" with both halves form-encoded (RFC 6749 §2.3.1); nothing when it can't be read.
struct BasicCredentials {
  std::string client_id;
  Secret client_secret;
};
std::optional<BasicCredentials> parse_basic(std::string_view header);

}  // namespace kidoban::federation::oidc
