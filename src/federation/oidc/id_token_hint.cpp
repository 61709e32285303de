#include "federation/oidc/id_token_hint.h"

#include "federation/oidc/jwt_claims.h"

namespace kidoban::federation::oidc {

namespace {
Failure invalid(std::string why) { return fail(Kind::malformed, "id_token_hint_invalid", std::move(why)); }
}  // namespace

Result<IdTokenHint> check_id_token_hint(std::string_view payload, std::string_view issuer) {
  const auto claims = parse_jwt_claims(payload);
  if (!claims) return invalid("not a JWT");
  if (claims->iss != issuer) return invalid("of another issuer");
  if (claims->aud.size() != 1) return invalid("our ID tokens have one audience");
  const auto person = Id::parse(claims->sub);
  if (!person) return invalid("sub");
  IdTokenHint hint{*person, std::nullopt, claims->aud.front()};
  if (const auto session = Id::parse(claims->sid)) hint.session = *session;
  return hint;
}

Result<IdTokenHint> read_id_token_hint(Provider& provider, const http::Request& request, std::string_view text) {
  const auto jws = crypto::jws_parse(text);
  // An access token or a logout token must not pass for an ID token (RFC 8725 §3.11).
  if (!jws || (jws->typ != "JWT" && !jws->typ.empty())) return invalid("not an ID token");
  const Status genuine = provider.signing_keys.verify(tenant_of(request), *jws, request.deadline);
  if (!genuine && genuine.error().kind == Kind::unauthenticated) return invalid("the signature isn't ours");
  if (!genuine) return std::unexpected(genuine.error());
  return check_id_token_hint(jws->payload, request.site.base_url);
}

}  // namespace kidoban::federation::oidc
