// What this issuer can do (OIDC Discovery §3, RFC 8414 §2), and its public keys. Says what is so:
// nothing is listed that isn't carried out.

#include "federation/oidc/claims_request.h"
#include "federation/oidc/json_object.h"
#include "federation/oidc/oidc.h"
#include "federation/oidc/person_claims.h"
#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

namespace {

using Texts = std::vector<std::string>;

std::string describe(const std::string& issuer) {
  const auto at = [&](std::string_view path) { return issuer + std::string(path); };
  const Texts signing = {"ES256", "RS256", "PS256", "EdDSA"};
  const Texts assertion = {"ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519", "HS256"};
  const Texts methods = {"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"};
  const Texts confidential(methods.begin(), methods.end() - 1);
  Texts claims = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"};
  claims.insert(claims.end(), std::begin(person_claims), std::end(person_claims));
  return JsonObject()
      .text("issuer", issuer)
      .text("authorization_endpoint", at(paths::authorize))
      .text("token_endpoint", at(paths::token))
      .text("userinfo_endpoint", at(paths::userinfo))
      .text("jwks_uri", at(paths::jwks))
      .text("introspection_endpoint", at(paths::introspect))
      .text("revocation_endpoint", at(paths::revoke))
      .text("end_session_endpoint", at(paths::logout))
      .texts("scopes_supported", Texts(std::begin(known_scopes), std::end(known_scopes)))
      .texts("response_types_supported", Texts{"code"})
      .texts("response_modes_supported", Texts{"query", "fragment", "form_post"})
      .texts("grant_types_supported", Texts{"authorization_code", "refresh_token", "client_credentials"})
      .texts("subject_types_supported", Texts{"public"})
      .texts("id_token_signing_alg_values_supported", signing)
      .texts("userinfo_signing_alg_values_supported", signing)
      .texts("token_endpoint_auth_methods_supported", methods)
      .texts("token_endpoint_auth_signing_alg_values_supported", assertion)
      .texts("introspection_endpoint_auth_methods_supported", confidential)
      .texts("introspection_endpoint_auth_signing_alg_values_supported", assertion)
      .texts("revocation_endpoint_auth_methods_supported", methods)
      .texts("revocation_endpoint_auth_signing_alg_values_supported", assertion)
      .texts("code_challenge_methods_supported", Texts{"S256"})
      .texts("prompt_values_supported", Texts{"none", "login", "consent", "select_account"})
      .texts("claim_types_supported", Texts{"normal"})
      .texts("claims_supported", claims)
      .flag("claims_parameter_supported", true)
      .flag("request_parameter_supported", false)
      .flag("request_uri_parameter_supported", false)  // absent would mean true
      .flag("authorization_response_iss_parameter_supported", true)
      .texts("ui_locales_supported", Texts{"en", "ja"})
      .str();
}

http::Reply publish(std::string json) {
  http::Reply reply;
  reply.body = std::move(json);
  reply.with("Content-Type", "application/json").with("Cache-Control", "public, max-age=3600");
  return reply;
}

}  // namespace

http::Reply issuer_metadata(const std::string& issuer) { return publish(describe(issuer)); }

Result<http::Reply> discovery(Provider& provider, http::Request& request) {
  const TenantId tenant = tenant_of(request);
  auto document = provider.discovery.get(tenant);
  if (!document || document->base_url != request.site.base_url) {
    document = std::make_shared<const Document>(Document{request.site.base_url, describe(request.site.base_url)});
    provider.discovery.put(tenant, document);
  }
  return publish(document->json);
}

Result<http::Reply> jwks(Provider& provider, http::Request& request) {
  const auto keys = TRY(provider.signing_keys.published(tenant_of(request), request.deadline));
  http::Reply reply;
  reply.body = keys->jwks;
  // A next key is published long before it signs: an hour's copy is never too old.
  reply.with("Content-Type", "application/jwk-set+json").with("Cache-Control", "public, max-age=3600");
  return reply;
}

}  // namespace kidoban::federation::oidc
