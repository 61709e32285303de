// The UserInfo endpoint (OIDC Core §5.3), with RFC 6750's ways to bring a token: the header, or a
// form body. A token in the query would end in logs and histories (RFC 9700 §4.3.2) and is not taken.

#include <algorithm>

#include "base/text.h"
#include "federation/oidc/access_token.h"
#include "federation/oidc/person_claims.h"

namespace kidoban::federation::oidc {

namespace {

Result<std::string> bearer_token(const http::Request& request) {
  const std::string_view header = request.header("authorization");
  const bool has_header = header.size() >= 7 && ascii_iequals(header.substr(0, 7), "bearer ");
  std::string in_body;
  if (request.method == http::Method::post && request.content_type() == "application/x-www-form-urlencoded") {
    const auto form = TRY(request.body_form());
    if (form.repeated()) return fail(Kind::malformed, "parameter_repeated");
    in_body = form.get_or("access_token");
  }
  if (has_header && !in_body.empty()) return fail(Kind::malformed, "parameter_repeated");  // RFC 6750 §2
  if (has_header) return std::string(trim(header.substr(7)));
  if (!in_body.empty()) return in_body;
  return fail(Kind::unauthenticated, "token_missing");
}

struct Told {
  ClientPointer client;
  std::optional<Subject> subject;
  ClaimNames wanted;
};

Failure invalid(const char* why) { return fail(Kind::unauthenticated, "token_invalid", why); }

Result<Told> read_told(Provider& provider, store::Transaction& tx, const AccessToken& token) {
  const auto grant = TRY(standing(provider, tx, token));
  if (!grant) return fail(Kind::forbidden, "scope_insufficient");
  Told told;
  told.client = TRY(provider.clients.get(tx, grant->application));
  if (!told.client) return invalid("its client is gone or disabled");
  told.wanted = wanted_claims(token.scopes, grant->details.userinfo_claims);
  const bool with_groups = std::ranges::find(told.wanted, "groups") != told.wanted.end();
  told.subject = TRY(read_subject(tx, provider.directory, grant->person, with_groups, provider.clock.now()));
  if (!told.subject) return invalid("its person is gone or disabled");
  return told;
}

}  // namespace

Result<http::Reply> userinfo(Provider& provider, http::Request& request) {
  const std::string text = TRY(bearer_token(request));
  const AccessToken token = TRY(read_access_token(provider, request, text));
  if (std::ranges::find(token.scopes, "openid") == token.scopes.end()) return fail(Kind::forbidden, "scope_insufficient");
  const auto read = [&](store::Transaction& tx) { return read_told(provider, tx, token); };
  const Told told = TRY(provider.store.read(tenant_of(request), request.deadline, read));
  JsonObject claims;
  claims.text("sub", told.subject->person.id.text());
  add_claims(claims, *told.subject, told.wanted);
  if (!told.client->userinfo_alg) return http::Reply::json(200, claims.str());
  claims.text("iss", request.site.base_url).text("aud", told.client->client_id);
  const auto key = TRY(provider.signing_keys.current(tenant_of(request), *told.client->userinfo_alg, request.deadline));
  http::Reply reply;
  reply.body = TRY(crypto::jws_sign(key, "JWT", claims.str()));
  reply.with("Content-Type", "application/jwt").with("Cache-Control", "no-store");
  return reply;
}

}  // namespace kidoban::federation::oidc
