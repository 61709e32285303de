// The token endpoint. Its order is the same for every grant type:
//   parameters → client → may it? → what is presented → the keys → one transaction → signatures
// Signing comes after the commit, on this request's own thread: the store's writer is shared.

#include <algorithm>

#include "base/text.h"
#include "federation/oidc/access_token.h"
#include "federation/oidc/service_access.h"
#include "federation/oidc/token_grants.h"

namespace kidoban::federation::oidc {

namespace {

struct Keys {
  std::optional<crypto::SigningKey> access_token, id_token;
};

// Before the transaction: a first key may have to be made, and a key that can't be had must not cost a code.
Result<Keys> find_keys(Provider& provider, const http::Request& request, const Client& client, bool for_people) {
  Keys keys;
  const TenantId tenant = tenant_of(request);
  if (client.access_token_format == AccessTokenFormat::jwt) {
    keys.access_token = TRY(provider.signing_keys.current(tenant, client.access_token_alg, request.deadline));
  }
  if (for_people) keys.id_token = TRY(provider.signing_keys.current(tenant, client.id_token_alg, request.deadline));
  return keys;
}

// OIDC Core §3.1.3.6: the left half of the hash that goes with the algorithm. Ed25519's is SHA-512;
// at_hash is OPTIONAL in the code flow and left out there.
std::string at_hash(crypto::Algorithm algorithm, std::string_view access_token) {
  if (algorithm == crypto::Algorithm::eddsa) return {};
  const auto digest = crypto::sha256(access_token);
  return base64url(std::span<const std::uint8_t>(digest).first(16));
}

Result<std::string> make_id_token(const http::Request& request, const Client& client, const Given& given,
                                  const crypto::SigningKey& key, std::string_view access_token, std::int64_t now) {
  const Grant& grant = *given.grant;
  JsonObject payload;
  payload.text("iss", request.site.base_url).text("sub", grant.person.text()).text("aud", client.client_id)
      .number("exp", now + client.id_token_lifetime_s).number("iat", now).number("auth_time", to_s(grant.signed_in_at));
  if (given.first) payload.text_if_any("nonce", grant.details.nonce);  // §12.2: not in a refreshed one
  payload.text_if_any("acr", grant.acr);
  if (!grant.amr.empty()) payload.texts("amr", grant.amr);
  payload.text("sid", grant.session.text()).text_if_any("at_hash", at_hash(key.algorithm(), access_token));
  const ClaimNames wanted = client.id_token_has_scope_claims ? wanted_claims(given.scopes, grant.details.id_token_claims)
                                                             : wanted_claims(grant.details.id_token_claims);
  add_claims(payload, *given.subject, wanted);
  return crypto::jws_sign(key, "JWT", payload.str());
}

Result<http::Reply> give(Provider& provider, const http::Request& request, const Client& client, const Given& given, const Keys& keys) {
  const std::int64_t now = to_s(provider.clock.now());
  AccessToken access;
  access.jti = new_jti(provider.random);
  access.sub = given.grant ? given.grant->person.text() : client.client_id;  // RFC 9068 §2.2
  access.client_id = client.client_id;
  access.aud = client.access_token_audience.empty() ? request.site.base_url : client.access_token_audience;
  access.scopes = given.scopes;
  if (given.grant) access.grant = given.grant->id;
  access.iat = now;
  access.exp = now + client.access_token_lifetime_s;
  const Grant* grant = given.grant ? &*given.grant : nullptr;
  const std::string text = keys.access_token ? TRY(jwt_access_token(*keys.access_token, request.site.base_url, access, grant))
                                             : opaque_access_token(*given.sealer, access);
  JsonObject body;
  body.text("access_token", text).text("token_type", "Bearer").number("expires_in", client.access_token_lifetime_s);
  if (!given.scopes.empty()) body.text("scope", join(given.scopes, " "));
  body.text_if_any("refresh_token", given.refresh_token);
  const bool openid = std::ranges::find(given.scopes, "openid") != given.scopes.end();
  if (grant != nullptr && openid && keys.id_token) {
    body.text("id_token", TRY(make_id_token(request, client, given, *keys.id_token, text, now)));
  }
  auto reply = http::Reply::json(200, body.str());  // no-store
  reply.with("Pragma", "no-cache");
  return reply;
}

}  // namespace

Result<http::Reply> token(Provider& provider, http::Request& request) {
  const http::Form form = TRY(request.body_form());
  if (form.repeated()) return fail(Kind::malformed, "parameter_repeated");
  if (form.get_or("grant_type").empty()) return fail(Kind::malformed, "parameter_missing");
  const TokenGrant* grant = find_token_grant(form.get_or("grant_type"));
  if (grant == nullptr) return fail(Kind::malformed, "grant_type_unsupported");
  const Authenticated caller = TRY(authenticate_client(provider, request, form));
  if (caller.service) return service_token(provider, request, form, caller);
  const Client& client = *caller.client;
  if (!client.may_use(grant->grant_type)) return fail(Kind::malformed, "grant_type_not_allowed");
  const Presented presented = TRY(grant->read(form, client));
  const bool for_people = !std::holds_alternative<PresentedClient>(presented);
  const Keys keys = TRY(find_keys(provider, request, client, for_people));
  Redeeming redeeming{provider, request, client, provider.clock.now()};
  const auto redeem = [&](store::Transaction& tx) -> Result<Outcome> {
    TRY(take_assertion(tx, caller));
    return grant->redeem(redeeming, tx, presented);
  };
  const Outcome outcome = TRY(with_replays_recorded(provider, request, caller, provider.store.write_snapshot(tenant_of(request), request.deadline, redeem)));
  if (outcome.refused) return std::unexpected(*outcome.refused);
  return give(provider, request, client, outcome.given, keys);
}

}  // namespace kidoban::federation::oidc
