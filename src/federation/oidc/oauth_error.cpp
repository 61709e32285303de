#include "federation/oidc/oauth_error.h"

#include "federation/oidc/json_object.h"
#include "http/routes.h"

namespace kidoban::federation::oidc {

namespace {

struct Row {
  std::string_view reason;
  OAuthWords words;
};

// What can be said to a stranger. A wrong client secret and an unknown client read alike.
constexpr Row rows[] = {
    {"form_malformed", {"invalid_request", "The parameters can't be read."}},
    {"content_type_unsupported", {"invalid_request", "The body must be application/x-www-form-urlencoded."}},
    {"parameter_missing", {"invalid_request", "A required parameter is missing."}},
    {"parameter_repeated", {"invalid_request", "A parameter is sent more than once."}},
    {"client_methods_mixed", {"invalid_request", "More than one way of client authentication is used."}},
    {"client_unauthenticated", {"invalid_client", "Client authentication failed."}},
    {"credential_invalid", {"invalid_client", "Client authentication failed."}},
    {"client_refused_for_now", {"invalid_client", "Too many failed client authentications. Try again later."}},
    {"grant_type_unsupported", {"unsupported_grant_type", "This grant_type is not supported."}},
    {"grant_type_not_allowed", {"unauthorized_client", "This client may not use this grant_type."}},
    {"code_invalid", {"invalid_grant", "The code is unknown, or belongs to another client."}},
    {"code_expired", {"invalid_grant", "The code has expired."}},
    {"code_used", {"invalid_grant", "The code was used before. What it gave is revoked."}},
    {"redirect_uri_differs", {"invalid_grant", "redirect_uri differs from that of the authorization request."}},
    {"code_verifier_wrong", {"invalid_grant", "code_verifier doesn't fit the code_challenge."}},
    {"refresh_token_invalid", {"invalid_grant", "The refresh token is unknown, or belongs to another client."}},
    {"refresh_token_expired", {"invalid_grant", "The refresh token has expired or was revoked."}},
    {"refresh_token_reused", {"invalid_grant", "The refresh token was used before. Its family is revoked."}},
    {"session_ended", {"invalid_grant", "The session has ended."}},
    {"person_gone", {"invalid_grant", "The person may not sign in any more."}},
    {"scope_not_granted", {"invalid_scope", "The scope asks for more than was granted."}},
    {"token_missing", {"", ""}},
    {"token_invalid", {"invalid_token", "The access token is unknown, expired or revoked."}},
    {"scope_insufficient", {"insufficient_scope", "The access token has no openid scope."}},
};

OAuthWords words_of_kind(Kind kind) {
  switch (kind) {
    case Kind::malformed: return {"invalid_request", "The request can't be used."};
    case Kind::unauthenticated: return {"invalid_client", "Client authentication failed."};
    case Kind::forbidden: return {"access_denied", "This is not allowed."};
    case Kind::rate_limited:
    case Kind::sealed:
    case Kind::unavailable:
    case Kind::conflict: return {"temporarily_unavailable", "Try again later."};
    default: return {"server_error", "Something went wrong on our side."};
  }
}

int status_for(const Error& error) {
  // RFC 6749 §5.2: everything a client does wrong is 400, but for failed authentication.
  switch (error.kind) {
    case Kind::malformed:
    case Kind::expired:
    case Kind::not_found: return 400;
    case Kind::conflict: return 503;
    default: return http::status_of(error.kind);
  }
}

void add_retry_after(http::Reply& reply, const Error& error) {
  if (error.retry_after_s > 0) reply.with("Retry-After", std::to_string(error.retry_after_s));
}

std::string body_of(const OAuthWords& words) {
  return JsonObject().text("error", words.error).text("error_description", words.description).str();
}

}  // namespace

OAuthWords oauth_words(const Error& error) {
  for (const Row& row : rows) {
    if (error.reason == row.reason) return row.words;
  }
  return words_of_kind(error.kind);
}

http::Reply oauth_error(const http::Request& request, const Error& error) {
  auto reply = http::Reply::json(status_for(error), body_of(oauth_words(error)));
  if (reply.status == 401) reply.with("WWW-Authenticate", "Basic realm=\"" + request.site.base_url + "\", charset=\"UTF-8\"");
  add_retry_after(reply, error);
  return reply;
}

http::Reply bearer_error(const http::Request& request, const Error& error) {
  const OAuthWords words = oauth_words(error);
  const std::string realm = "Bearer realm=\"" + request.site.base_url + "\"";
  // RFC 6750 §3.1: a request without any token is told no error, only where to find out.
  if (words.error.empty()) {
    http::Reply reply = http::Reply::empty(401);
    reply.with("WWW-Authenticate", realm).with("Cache-Control", "no-store");
    return reply;
  }
  auto reply = http::Reply::json(status_for(error), body_of(words));
  if (reply.status >= 400 && reply.status <= 403) {
    std::string challenge = realm + ", error=\"" + std::string(words.error) + "\", error_description=\"" + std::string(words.description) + "\"";
    if (words.error == "insufficient_scope") challenge += ", scope=\"openid\"";
    reply.with("WWW-Authenticate", std::move(challenge));
  }
  add_retry_after(reply, error);
  return reply;
}

}  // namespace kidoban::federation::oidc
