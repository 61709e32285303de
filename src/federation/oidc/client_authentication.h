#pragma once
// Who calls the token, introspection and revocation endpoints (RFC 6749 §2.3, RFC 7523, OIDC Core
// §9). An application's client has one method; another is refused even with the right secret. A service account, whose client_id is its
// id, has those that it has credentials for.

#include <optional>

#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

// An assertion that was good, to be marked as used in the transaction that acts on it.
struct UsedAssertion {
  crypto::Digest digest;
  Time expires_at;
};

// A service account (directory/service_accounts.h), and which of its secrets or keys it showed.
struct ServiceCaller {
  Id account, credential;
};

// One of the two called: an application's client, or a service account.
struct Authenticated {
  ClientPointer client;
  std::optional<ServiceCaller> service;
  std::optional<UsedAssertion> assertion;
};

// unauthenticated/"client_unauthenticated" (audited), rate_limited/"client_refused_for_now",
// malformed/"client_methods_mixed". Reads the store once; writes only on failure.
Result<Authenticated> authenticate_client(Provider& provider, const http::Request& request, const http::Form& form);

// First thing in the acting transaction: unauthenticated/"client_unauthenticated" for a replayed assertion.
Status take_assertion(store::Transaction& tx, const Authenticated& caller);
// What came of that transaction. A replay is a failed authentication like others: counted and audited, once it is known.
void record_replay(Provider& provider, const http::Request& request, const Authenticated& caller, const Error& error);
template <class Answer>
Answer with_replays_recorded(Provider& provider, const http::Request& request, const Authenticated& caller, Answer answer) {
  if (!answer && answer.error().reason == "client_unauthenticated") record_replay(provider, request, caller, answer.error());
  return answer;
}

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
