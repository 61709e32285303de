#pragma once
// What an authorization request asks (RFC 6749 §4.1.1, OIDC Core §3.1.2.1), as far as its answer
// needs it. Kept sealed in the journey meanwhile (SignInRequest::state).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"
#include "page/page.h"

namespace kidoban::federation::oidc {

enum class ResponseMode : std::uint8_t { query, fragment, form_post };

struct AuthorizationRequest {
  std::string client_id, redirect_uri, state, nonce;
  ResponseMode response_mode = ResponseMode::query;
  std::string code_challenge;  // S256, or "" without PKCE
  std::string ui_locales;
  std::vector<std::string> userinfo_claims, id_token_claims;  // asked for by name
  bool auth_time_essential = false;
};

std::string print_request(const AuthorizationRequest& request);
Result<AuthorizationRequest> read_request(std::string_view text);

// The answer, sent to redirect_uri in the way that was asked for, with `state` and `iss` (RFC 9207).
http::Reply respond(const page::Pages& pages, const http::Request& request, const AuthorizationRequest& asked, http::Form answer);
http::Reply respond_error(const page::Pages& pages, const http::Request& request, const AuthorizationRequest& asked,
                          std::string_view error, std::string_view description);

// The page for an error that must not be redirected (RFC 6749 §4.1.2.1): it tells the
// application's developer what to do.
http::Reply application_error(const page::Pages& pages, const http::Request& request, std::string_view ui_locales,
                              std::string_view error, std::string_view description, std::string_view advice);

}  // namespace kidoban::federation::oidc
