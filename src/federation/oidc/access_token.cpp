#include "federation/oidc/access_token.h"

#include "base/text.h"
#include "federation/oidc/json_object.h"
#include "federation/oidc/jwt_claims.h"

namespace kidoban::federation::oidc {

namespace {

constexpr std::string_view opaque_prefix = "kat_";

// Opaque tokens have no row: their place is the format itself.
seal::Place opaque_place() { return {"oidc_access_tokens", "token", {}}; }

Failure invalid(std::string why) { return fail(Kind::unauthenticated, "token_invalid", std::move(why)); }

Result<AccessToken> from_form(const http::Form& form) {
  AccessToken token;
  token.jti = form.get_or("jti");
  token.sub = form.get_or("sub");
  token.client_id = form.get_or("client_id");
  token.aud = form.get_or("aud");
  token.scopes = words_of(form.get_or("scope"));
  if (form.has("grant")) token.grant = TRY(Id::parse(form.get_or("grant")));
  token.iat = to_integer(form.get_or("iat")).value_or(0);
  token.exp = to_integer(form.get_or("exp")).value_or(0);
  return token;
}

Result<AccessToken> read_opaque(Provider& provider, const http::Request& request, std::string_view text) {
  const auto raw = unbase64url(text.substr(opaque_prefix.size()));
  if (!raw) return invalid("not base64url");
  const auto find_key = [&](store::Transaction& tx) { return provider.keyring.of(tx); };
  const auto sealer = TRY(provider.store.read(tenant_of(request), request.deadline, find_key));
  const auto opened = sealer->open_text(opaque_place(), as_text(*raw));
  if (!opened) return invalid("not sealed by this tenant's key");
  const auto form = TRY(http::Form::parse(*opened));
  return from_form(form);
}

Result<AccessToken> read_jwt(Provider& provider, const http::Request& request, std::string_view text) {
  const auto jws = crypto::jws_parse(text);
  if (!jws || jws->typ != "at+jwt") return invalid("not an access token (RFC 9068 §4)");
  const Status genuine = provider.signing_keys.verify(tenant_of(request), *jws, request.deadline);
  if (!genuine) {
    if (genuine.error().kind == Kind::unauthenticated) return invalid("signature");
    return std::unexpected(genuine.error());
  }
  const auto claims = TRY(parse_jwt_claims(jws->payload));
  if (claims.iss != request.site.base_url || claims.aud.size() != 1) return invalid("of another issuer");
  AccessToken token;
  token.jti = claims.jti;
  token.sub = claims.sub;
  token.client_id = claims.client_id;
  token.aud = claims.aud.front();
  token.scopes = words_of(claims.scope);
  if (!claims.grant_id.empty()) token.grant = TRY(Id::parse(claims.grant_id));
  token.iat = claims.iat.value_or(0);
  token.exp = claims.exp.value_or(0);
  return token;
}

}  // namespace

std::string new_jti(Random& random) { return base64url(std::span<const std::uint8_t>(random.bytes<16>())); }

std::string opaque_access_token(const seal::TenantKey& sealer, const AccessToken& token) {
  http::Form form;
  form.add("jti", token.jti);
  form.add("sub", token.sub);
  form.add("client_id", token.client_id);
  form.add("aud", token.aud);
  form.add("scope", join(token.scopes, " "));
  if (token.grant) form.add("grant", token.grant->text());
  form.add("iat", std::to_string(token.iat));
  form.add("exp", std::to_string(token.exp));
  return std::string(opaque_prefix) + base64url(sealer.seal(opaque_place(), form.encode()));
}

Result<std::string> jwt_access_token(const crypto::SigningKey& key, std::string_view issuer, const AccessToken& token,
                                     const Grant* grant) {
  JsonObject payload;  // RFC 9068 §2.2
  payload.text("iss", issuer).text("sub", token.sub).text("aud", token.aud).text("client_id", token.client_id)
      .number("iat", token.iat).number("exp", token.exp).text("jti", token.jti);
  if (!token.scopes.empty()) payload.text("scope", join(token.scopes, " "));
  if (grant != nullptr) {
    payload.number("auth_time", to_s(grant->signed_in_at)).text_if_any("acr", grant->acr);
    if (!grant->amr.empty()) payload.texts("amr", grant->amr);
    payload.text("grant_id", grant->id.text());
  }
  return crypto::jws_sign(key, "at+jwt", payload.str());
}

Result<AccessToken> read_access_token(Provider& provider, const http::Request& request, std::string_view text) {
  auto token = text.starts_with(opaque_prefix) ? read_opaque(provider, request, text) : read_jwt(provider, request, text);
  if (!token) {
    if (token.error().kind == Kind::malformed) return invalid(token.error().note);
    return token;
  }
  if (token->exp <= to_s(provider.clock.now())) return invalid("expired");
  return token;
}

Result<std::optional<Grant>> standing(Provider& provider, store::Transaction& tx, const AccessToken& token) {
  if (!token.grant) {
    if (TRY(is_token_revoked(tx, crypto::sha256(token.jti)))) return invalid("revoked");
    return std::optional<Grant>();
  }
  auto grant = TRY(find_grant(tx, provider.keyring, *token.grant));
  if (!grant || grant->revoked_at) return invalid("its grant was revoked");
  return grant;
}

}  // namespace kidoban::federation::oidc
