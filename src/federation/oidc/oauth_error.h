#pragma once
// Our reasons in OAuth's words: the one translator of this folder (RFC 6749 §5.2, RFC 6750 §3.1).

#include <string_view>

#include "base/error.h"
#include "http/reply.h"
#include "http/request.h"

namespace kidoban::federation::oidc {

struct OAuthWords {
  std::string_view error;        // "invalid_grant"
  std::string_view description;  // for the application's developer; a literal
};
OAuthWords oauth_words(const Error& error);

// {"error","error_description"}; 401 brings WWW-Authenticate: Basic (RFC 6749 §5.2).
http::Reply oauth_error(const http::Request& request, const Error& error);
// WWW-Authenticate: Bearer, with the error where the request had a token (RFC 6750 §3).
http::Reply bearer_error(const http::Request& request, const Error& error);

}  // namespace kidoban::federation::oidc
